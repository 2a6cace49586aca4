/**
 * `npm run -s eval -- FILE.jsonl`: how many labelled secrets the rules find and how many innocent texts they flag.
 * Each line is `{source, rule, label: "pos" | "neg", text, secret?, span?}`. A positive is found when a finding of
 * confidence 0.5 or more overlaps its secret, or lies anywhere in the text where none is given; a negative is flagged
 * when there is any such finding in it. `--misses` and `--flags` list the texts of either kind.
 *
 * A file made of several scanners' cases contradicts itself: what one rule must not match is another rule's secret. So
 * beside the plain share of negatives it counts `labelledElsewhere`: those whose text holds a value that the same file
 * labels as a secret in another row, and `flaggedAmongThem`. `flagged` counts them all the same.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { REPORT_FROM } from '../functions/detection/domain/confidence.ts';
import type { Match } from '../functions/detection/domain/scanner.ts';
import { createProjectScanner } from './support/project-scanner.ts';

const row = z.object({
  source: z.string(),
  rule: z.string(),
  label: z.enum(['pos', 'neg']),
  text: z.string(),
  secret: z.string().optional(),
});
type Row = z.infer<typeof row>;

/** A finding is what its rule matched: a label may name the user of a credential, where ours is the password beside it. */
const overlapsSecret = ({ text, secret }: Row, { context: { offset, length } }: Match): boolean => {
  if (secret === undefined || secret === '') return true;
  const bytes = Buffer.from(text);
  const wanted = Buffer.from(secret);
  let at = bytes.indexOf(wanted);
  // A secret that the text does not hold as it stands counts as anywhere in it.
  if (at < 0) return true;
  for (; at >= 0; at = bytes.indexOf(wanted, at + 1))
    if (offset < at + wanted.length && at < offset + length) return true;
  return false;
};

interface Tally {
  positives: number;
  found: number;
  negatives: number;
  flagged: number;
}
const none = (): Tally => ({ positives: 0, found: 0, negatives: 0, flagged: 0 });

function count(tally: Tally, label: Row['label'], hit: boolean): void {
  if (label === 'pos') {
    tally.positives += 1;
    tally.found += hit ? 1 : 0;
  } else {
    tally.negatives += 1;
    tally.flagged += hit ? 1 : 0;
  }
}

/** Shorter values are names of users and the like, which stand in many texts. */
const CHARACTERS_OF_A_LABEL = 12;

/** Tells which texts hold a value that some row labels as a secret. */
function labelledIn(rows: readonly Row[]): (text: string) => boolean {
  const positives = rows.filter(({ label }) => label === 'pos');
  const whole = new Set(positives.map(({ text }) => text));
  const values = positives
    .filter(({ text, secret }) => secret !== undefined && text.includes(secret))
    .flatMap(({ secret }) => (secret === undefined ? [] : [secret]))
    .filter((secret) => secret.length >= CHARACTERS_OF_A_LABEL);
  return (text) => whole.has(text) || values.some((value) => text.includes(value));
}

const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
const line = (name: string, { positives, found, negatives, flagged }: Tally): string =>
  `${name.padEnd(46)} ${String(found).padStart(5)}/${String(positives).padEnd(5)} ${percent(found, positives).padStart(8)}   ` +
  `${String(flagged).padStart(4)}/${String(negatives).padEnd(4)} ${percent(flagged, negatives).padStart(8)}`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { misses: { type: 'boolean' }, flags: { type: 'boolean' } },
  });
  const [file] = positionals;
  if (file === undefined) {
    console.error('Usage: npm run -s eval -- FILE.jsonl [--misses] [--flags]');
    return 2;
  }
  const rows = (await readFile(file, 'utf8'))
    .split('\n')
    .filter((text) => text.trim() !== '')
    .map((text) => row.parse(JSON.parse(text)));
  const scanner = await createProjectScanner();
  const byPlace = new Map<string, Tally>();
  const byRule = new Map<string, { right: number; wrong: number }>();
  const total = none();
  const holdsLabel = labelledIn(rows);
  let labelledElsewhere = 0;
  let flaggedAmongThem = 0;
  for (const one of rows) {
    const findings = scanner.scan([one.text]).filter((match) => match.confidence >= REPORT_FROM);
    const hits = one.label === 'pos' ? findings.filter((match) => overlapsSecret(one, match)) : findings;
    const hit = hits.length > 0;
    for (const place of [one.source, `  ${one.source} ${one.rule}`]) {
      const tally = byPlace.get(place) ?? none();
      byPlace.set(place, tally);
      count(tally, one.label, hit);
    }
    count(total, one.label, hit);
    if (one.label === 'neg' && holdsLabel(one.text)) {
      labelledElsewhere += 1;
      flaggedAmongThem += hit ? 1 : 0;
    }
    for (const match of hits) {
      const tally = byRule.get(match.rule) ?? { right: 0, wrong: 0 };
      byRule.set(match.rule, tally);
      tally[one.label === 'pos' ? 'right' : 'wrong'] += 1;
    }
    if (values.misses === true && one.label === 'pos' && !hit) console.log(JSON.stringify(one));
    if (values.flags === true && one.label === 'neg' && hit)
      console.log(JSON.stringify({ ...one, by: hits.map((match) => match.rule) }));
  }
  if (values.misses !== true && values.flags !== true) {
    console.log(`${'source and rule'.padEnd(46)} ${'found'.padStart(20)}   ${'flagged'.padStart(18)}`);
    for (const [place, tally] of [...byPlace].toSorted(([a], [b]) => (a.trim() < b.trim() ? -1 : 1)))
      console.log(line(place, tally));
    console.log(`\n${'our rule'.padEnd(46)} in positives, in negatives`);
    for (const [name, { right, wrong }] of [...byRule].toSorted(([, a], [, b]) => b.right - a.right))
      console.log(`${name.padEnd(46)} ${String(right).padStart(6)} ${String(wrong).padStart(6)}`);
    console.log(line('\nall', total));
    console.log(
      `${labelledElsewhere} of the negatives hold a value that another row labels as a secret: ${flaggedAmongThem} of them are flagged, ` +
        `and ${total.flagged - flaggedAmongThem} of the other ${total.negatives - labelledElsewhere} (${percent(total.flagged - flaggedAmongThem, total.negatives - labelledElsewhere)})`,
    );
  }
  console.log(JSON.stringify({ ...total, labelledElsewhere, flaggedAmongThem }));
  return 0;
}

process.exitCode = await main();
