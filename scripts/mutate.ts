/**
 * `npm run mutate [-- --write] [--rule NAME]`: changes every rule's regex by one slip of the hand at a time and asks whether
 * the rule's own examples and its texts in `patterns/bounds` notice. With `--write` it looks for texts that tell the
 * survivors from the rule and writes them down; whoever changed a rule on purpose reads what changed there.
 * Ends with one line of JSON; exit code 1 where a mutant survives that `patterns/bounds/equivalent.yaml` does not name.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { readPatterns, type NamedRule } from '../functions/detection/domain/compile.ts';
import { createRandom } from '../test/support/fleet/random.ts';
import { readPatternFiles } from './build-patterns.ts';
import { isSame, marked, readerOf, shortened, type Reader } from './mutate/bounds.ts';
import { mutantsOf, type Mutant } from './mutate/mutants.ts';
import { BOUNDS, isNoticed, readBounds, type Bound } from './mutate/notice.ts';
import { parseRegex, type RegexNode } from './mutate/regex-tree.ts';
import { sampleOf } from './mutate/samples.ts';

/** Rounds in a row in which no text tells a survivor apart, before the rest is left as it is: more where few are left. */
const roundsFor = (left: number): number => 15 + Math.round(600 / left);
const TEXTS_A_ROUND = 12;
/** Time for one rule, ms: a regex of hundreds of repeats takes long to try, and is tried again the next time. */
const SEARCH_MS = 60_000;

interface Survivor {
  readonly mutant: Mutant;
  readonly read: Reader;
  readonly tree: RegexNode;
}

/** Texts that tell mutants from the rule, as the rule reads them; few, each telling as many as it can. */
function boundsFor({ source: { regex, secretGroup } }: NamedRule, survivors: Survivor[]): readonly Bound[] {
  const read = readerOf(regex, secretGroup);
  const own = parseRegex(regex);
  const random = createRandom(regex.length);
  const found: Bound[] = [];
  const until = performance.now() + SEARCH_MS;
  let left = survivors;
  for (let idle = 0; left.length > 0 && idle < roundsFor(left.length); idle += 1) {
    if (performance.now() > until) break;
    const aim = left[random.int(left.length)];
    if (aim === undefined) break;
    let best: { bound: Bound; left: Survivor[] } | undefined;
    for (let index = 0; index < TEXTS_A_ROUND; index += 1) {
      const from = random.int(2) === 0 ? own : aim.tree;
      const bytes = Buffer.from(sampleOf(from, random, aim.mutant));
      const bound = { bytes, reading: read(bytes) };
      // One mutant is soon asked; all of them only where it notices.
      if (isSame(aim.read(bytes), bound.reading)) continue;
      const untold = left.filter((survivor) => isSame(survivor.read(bytes), bound.reading));
      if (untold.length < (best?.left ?? left).length) best = { bound, left: untold };
    }
    if (best === undefined) continue;
    found.push(best.bound);
    left = best.left;
    idle = -1;
  }
  return found;
}

interface Outcome {
  readonly bounds: readonly Bound[];
  readonly mutants: number;
  readonly byExamples: number;
  readonly byBounds: number;
  readonly survivors: readonly Mutant[];
}

/** @param search whether to look for texts that tell the survivors from the rule, and to drop those that hold no more */
function tryRule(rule: NamedRule, known: readonly Bound[], search: boolean): Outcome {
  const { regex, secretGroup, examples } = rule.source;
  const mutants = mutantsOf(regex).flatMap((mutant): Survivor[] => {
    try {
      return [{ mutant, read: readerOf(mutant.regex, secretGroup), tree: parseRegex(mutant.regex) }];
    } catch {
      // What does not compile is noticed by the build.
      return [];
    }
  });
  const unnoticed = mutants.filter(({ read }) => !isNoticed(read, examples.match, []));
  const own = readerOf(regex, secretGroup);
  const kept = search ? known.filter(({ bytes, reading }) => isSame(own(bytes), reading)) : known;
  let left = unnoticed.filter(({ read }) => !isNoticed(read, [], kept));
  const more = search && left.length > 0 ? boundsFor(rule, left) : [];
  left = left.filter(({ read }) => !isNoticed(read, [], more));
  return {
    bounds: [...kept, ...more],
    mutants: mutants.length,
    byExamples: mutants.length - unnoticed.length,
    byBounds: unnoticed.length - left.length,
    survivors: left.map(({ mutant }) => mutant),
  };
}

const HEADER = '# Written by npm run mutate -- --write: see scripts/mutate/bounds.ts for how to read it.\n';

async function writeBounds(file: string, bounds: ReadonlyMap<string, readonly Bound[]>): Promise<void> {
  const texts = [...bounds]
    .filter(([, found]) => found.length > 0)
    .map(([name, found]) => [name, found.map(({ bytes, reading }) => shortened(marked(bytes, reading)))]);
  await mkdir(BOUNDS, { recursive: true });
  const target = path.join(BOUNDS, path.basename(file));
  // As YAML writes it: whitespace counts, so no formatter may touch it.
  await writeFile(target, HEADER + stringify(Object.fromEntries(texts), { lineWidth: 0, blockQuote: false }));
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { write: { type: 'boolean' }, rule: { type: 'string' } } });
  const { rules } = readPatterns(await readPatternFiles());
  const { texts, equivalent } = await readBounds();
  const tally = { rules: 0, mutants: 0, byExamples: 0, byBounds: 0, equivalent: 0, survived: 0 };
  const byFile = [...Map.groupBy(rules, (rule) => rule.file)];
  for (const [file, ofFile] of byFile.toSorted(([, a], [, b]) => b.length - a.length)) {
    const bounds = new Map<string, readonly Bound[]>();
    for (const rule of ofFile) {
      const known = texts.get(rule.name) ?? [];
      bounds.set(rule.name, known);
      if (values.rule !== undefined && values.rule !== rule.name) continue;
      const outcome = tryRule(rule, known, values.write === true);
      bounds.set(rule.name, outcome.bounds);
      const named = equivalent.get(rule.name);
      const survived = outcome.survivors.filter(({ slip }) => named?.has(slip) !== true);
      for (const { slip } of survived) console.error(`${rule.name}: ${slip}`);
      tally.rules += 1;
      tally.mutants += outcome.mutants;
      tally.byExamples += outcome.byExamples;
      tally.byBounds += outcome.byBounds;
      tally.survived += survived.length;
      tally.equivalent += outcome.survivors.length - survived.length;
    }
    if (values.write === true) await writeBounds(file, bounds);
  }
  console.log(JSON.stringify(tally));
  return tally.survived === 0 ? 0 : 1;
}

process.exitCode = await main();
