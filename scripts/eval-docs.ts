/**
 * `npm run eval:docs -- [FILE.jsonl] [--write]`: how many false alarms there are in ordinary text, by rule, and with FILE
 * how reliable the confidences are, on its labelled examples. With `--write` it puts what it counted into
 * `docs/detection.md`. Ends with one line of JSON; exit code 1 where a rule raises alarms that nobody defends in
 * `scripts/eval/defences.ts`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { REPORT_FROM } from '../functions/detection/domain/confidence.ts';
import type { Detector } from '../functions/detection/domain/detector.ts';
import { DEFENCES } from './eval/defences.ts';
import { ordinaryText, type TextBody } from './eval/ordinary-text.ts';
import { withGeneratedParts } from './support/documents.ts';
import { createProjectScanner } from './support/project-scanner.ts';
import { PROJECT_ROOT } from './support/project.ts';

const DOCUMENT = path.join(PROJECT_ROOT, 'docs/detection.md');
const row = z.object({ label: z.enum(['pos', 'neg']), text: z.string() });
const BUCKETS = [0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 1] as const;
/** Files scanned at once: enough to be quick, few enough to hold. */
const AT_ONCE = 64;

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const share = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;

/** What was said and what was true: a finding in a negative counts as wrong, although it may be another's secret. */
function reliability(scanner: Detector, rows: readonly z.infer<typeof row>[]): string {
  const counts = BUCKETS.slice(0, -1).map(() => ({ pos: 0, neg: 0 }));
  for (const { label, text } of rows)
    for (const { confidence } of scanner.scan([text])) {
      const bucket = counts[BUCKETS.findLastIndex((from) => from <= confidence)];
      if (bucket !== undefined) bucket[label] += 1;
    }
  return table(
    ['confidence', 'in positives', 'in negatives', 'true at least'],
    counts.map(({ pos, neg }, index) => {
      const to = (BUCKETS[index + 1] ?? 1) - 0.01;
      return [`${(BUCKETS[index] ?? 0).toFixed(2)}–${to.toFixed(2)}`, pos, neg, share(pos, pos + neg)];
    }),
  );
}

async function rowsOf(file: string): Promise<readonly z.infer<typeof row>[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => row.parse(JSON.parse(line)));
}

interface Alarms {
  readonly name: string;
  readonly files: number;
  readonly megabytes: number;
  readonly byRule: ReadonlyMap<string, number>;
}

function alarmsIn(scanner: Detector, { name, files }: TextBody): Alarms {
  const byRule = new Map<string, number>();
  for (let first = 0; first < files.length; first += AT_ONCE)
    for (const { rule, confidence } of scanner.scan(files.slice(first, first + AT_ONCE)))
      if (confidence >= REPORT_FROM) byRule.set(rule, (byRule.get(rule) ?? 0) + 1);
  const megabytes = files.reduce((sum, bytes) => sum + bytes.length, 0) / 1e6;
  return { name, files: files.length, megabytes, byRule };
}

const total = ({ byRule }: Alarms): number => [...byRule.values()].reduce((sum, count) => sum + count, 0);

function alarmTables(bodies: readonly Alarms[]): string {
  const rules = [...new Set(bodies.flatMap(({ byRule }) => [...byRule.keys()]))].toSorted();
  return [
    table(
      ['text', 'files', 'MB', 'findings', 'per MB'],
      bodies.map((body) => [
        body.name,
        body.files,
        body.megabytes.toFixed(1),
        total(body),
        (total(body) / body.megabytes).toFixed(2),
      ]),
    ),
    table(
      ['rule', ...bodies.map(({ name }) => name), 'why it may say so'],
      rules.map((rule) => [
        `\`${rule}\``,
        ...bodies.map(({ byRule }) => byRule.get(rule) ?? 0),
        DEFENCES[rule] ?? '**nobody defends it**',
      ]),
    ),
  ].join('\n\n');
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { write: { type: 'boolean' } },
  });
  const [file] = positionals;
  const scanner = await createProjectScanner();
  const bodies = (await ordinaryText()).map((body) => alarmsIn(scanner, body));
  const parts = {
    ...(file !== undefined && { 'detection-reliability': reliability(scanner, await rowsOf(file)) }),
    'detection-alarms': alarmTables(bodies),
  };
  console.log(Object.values(parts).join('\n\n'));
  if (values.write === true) {
    const { format, resolveConfig } = await import('prettier');
    const document = withGeneratedParts(await readFile(DOCUMENT, 'utf8'), parts);
    await writeFile(
      DOCUMENT,
      await format(document, { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT }),
    );
  }
  const found = bodies.reduce((sum, body) => sum + total(body), 0);
  const megabytes = bodies.reduce((sum, body) => sum + body.megabytes, 0);
  const undefended = new Set(
    bodies.flatMap(({ byRule }) => [...byRule.keys()].filter((rule) => DEFENCES[rule] === undefined)),
  );
  console.log(
    JSON.stringify({
      findings: found,
      megabytes: Math.round(megabytes),
      perMb: Number((found / megabytes).toFixed(2)),
      undefended: [...undefended],
    }),
  );
  return undefended.size === 0 ? 0 : 1;
}

process.exitCode = await main();
