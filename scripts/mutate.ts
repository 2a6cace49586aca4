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
import { readerOf, shortened, unmarked, type Reader } from './mutate/bounds.ts';
import { mutantsOf, type Mutant } from './mutate/mutants.ts';
import { BOUNDS, isNoticed, readBounds } from './mutate/notice.ts';
import { parseRegex, type RegexNode } from './mutate/regex-tree.ts';
import { sampleOf } from './mutate/samples.ts';

/** Texts looked at in a row that tell no survivor apart before the rest is taken for equivalent. */
const ROUNDS = 40;
const TEXTS_A_ROUND = 25;

interface Survivor {
  readonly mutant: Mutant;
  readonly read: Reader;
  readonly tree: RegexNode;
}

/** Texts that tell mutants from the rule, as the rule reads them; few, each telling as many as it can. */
function boundsFor(rule: NamedRule, survivors: Survivor[]): readonly string[] {
  const { regex, secretGroup } = rule.source;
  const read = readerOf(regex, secretGroup);
  const own = parseRegex(regex);
  const random = createRandom(regex.length);
  const found: string[] = [];
  let left = survivors;
  for (let idle = 0; idle < ROUNDS && left.length > 0;) {
    let best: { text: string; told: Set<Survivor> } | undefined;
    for (let index = 0; index < TEXTS_A_ROUND; index += 1) {
      const from = random.int(2) === 0 ? own : (left[random.int(left.length)]?.tree ?? own);
      const text = sampleOf(from, random);
      const expected = read(text);
      const told = new Set(left.filter((survivor) => survivor.read(text) !== expected));
      if (told.size > 0 && (best === undefined || told.size > best.told.size)) best = { text, told };
    }
    if (best === undefined) idle += 1;
    else {
      const { text, told } = best;
      found.push(read(text));
      left = left.filter((survivor) => !told.has(survivor));
      idle = 0;
    }
  }
  return found;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { write: { type: 'boolean' }, rule: { type: 'string' } } });
  const files = await readPatternFiles();
  const { rules } = readPatterns(files);
  const bounds = await readBounds();
  const texts = new Map<string, Map<string, readonly string[]>>();
  const tally = { rules: 0, mutants: 0, byExamples: 0, byBounds: 0, equivalent: 0, survived: 0 };
  const unnamed: string[] = [];
  for (const rule of rules) {
    const { regex, secretGroup, examples } = rule.source;
    const kept = bounds.texts.get(rule.name) ?? [];
    if (values.rule !== undefined && values.rule !== rule.name) continue;
    const mutants = mutantsOf(regex).flatMap((mutant): Survivor[] => {
      try {
        return [{ mutant, read: readerOf(mutant.regex, secretGroup), tree: parseRegex(mutant.regex) }];
      } catch {
        // What does not compile is noticed by the build.
        return [];
      }
    });
    tally.rules += 1;
    tally.mutants += mutants.length;
    const byExamples = mutants.filter(({ read }) => isNoticed(read, examples.match, []));
    tally.byExamples += byExamples.length;
    const rest = mutants.filter((mutant) => !byExamples.includes(mutant));
    const own = readerOf(regex, secretGroup);
    const wanted = values.write === true ? kept.filter((text) => own(unmarked(text)) === text) : kept;
    let left = rest.filter(({ read }) => !isNoticed(read, [], wanted));
    const more = values.write === true && left.length > 0 ? boundsFor(rule, left) : [];
    left = left.filter(({ read }) => !isNoticed(read, [], more));
    tally.byBounds += rest.length - left.length;
    const file = path.basename(rule.file);
    const known = texts.get(file) ?? new Map<string, readonly string[]>();
    texts.set(file, known.set(rule.name, [...wanted, ...more]));
    for (const { mutant } of left) {
      if (bounds.equivalent.get(rule.name)?.has(mutant.slip) === true) tally.equivalent += 1;
      else {
        tally.survived += 1;
        unnamed.push(`${rule.name}: ${mutant.slip}`);
      }
    }
  }
  if (values.write === true && values.rule === undefined) {
    await mkdir(BOUNDS, { recursive: true });
    for (const [file, known] of texts)
      await writeFile(
        path.join(BOUNDS, file),
        `# Written by npm run mutate -- --write: the bounds of each rule's language. See scripts/mutate/bounds.ts.\n${stringify(
          Object.fromEntries(
            [...known]
              .filter(([, found]) => found.length > 0)
              .map(([name, found]) => [name, found.map(shortened)]),
          ),
          { lineWidth: 0 },
        )}`,
      );
  }
  for (const line of unnamed) console.error(line);
  console.log(JSON.stringify(tally));
  return unnamed.length === 0 ? 0 : 1;
}

process.exitCode = await main();
