/**
 * `npm run -s scan -- [FILE…|-] [--jsonl] [--sarif]`: finds credentials in files or standard input.
 * One JSON object per finding, or one SARIF 2.1.0 document. With `--jsonl` each line is an object with a `text`, and
 * findings say the line's `index` in place of a file. Offsets are bytes. Exit code: 0 none, 1 found, 2 error.
 */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { redactedKey } from '../functions/detection/domain/redact.ts';
import type { Detector } from '../functions/detection/domain/detector.ts';
import type { Match } from '../functions/detection/domain/scanner.ts';
import { createProjectScanner } from './support/project-scanner.ts';

interface Source {
  readonly label: { readonly file: string } | { readonly index: number };
  readonly bytes: Buffer;
}

const USAGE = 'Usage: npm run -s scan -- [FILE…|-] [--jsonl] [--sarif]';
const jsonLine = z.object({ text: z.string() });
const SARIF_LEVELS = { LOW: 'note', MEDIUM: 'warning', HIGH: 'error', CRITICAL: 'error' } as const;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { jsonl: { type: 'boolean' }, sarif: { type: 'boolean' } },
  });
  const sources = await readSources(positionals.length === 0 ? ['-'] : positionals, values.jsonl === true);
  const scanner = await createProjectScanner();
  const found = scanAll(scanner, sources);
  if (values.sarif === true) console.log(JSON.stringify(toSarif(found, scanner), null, 2));
  else for (const finding of found) console.log(JSON.stringify(describe(finding)));
  return found.length === 0 ? 0 : 1;
}

async function readSources(files: readonly string[], jsonl: boolean): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (const file of files) {
    const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file);
    if (!jsonl) sources.push({ label: { file }, bytes });
    else
      for (const [index, line] of bytes.toString('utf8').split('\n').entries())
        if (line.trim() !== '') sources.push({ label: { index }, bytes: Buffer.from(textOf(line, index)) });
  }
  return sources;
}

function textOf(line: string, index: number): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    // The parser's message would quote the line.
    parsed = undefined;
  }
  const read = jsonLine.safeParse(parsed);
  if (!read.success) throw new Error(`Line ${index + 1} is no JSON object with a text.`);
  return read.data.text;
}

interface Found {
  readonly source: Source;
  readonly match: Match;
  readonly line: number;
}

function scanAll(scanner: Detector, sources: readonly Source[]): readonly Found[] {
  const found: Found[] = [];
  let line = 1;
  let counted = { entry: -1, offset: 0 };
  for (const match of scanner.scan(sources.map((source) => source.bytes))) {
    const source = sources[match.entry];
    if (source === undefined) continue;
    if (counted.entry !== match.entry) [line, counted] = [1, { entry: match.entry, offset: 0 }];
    for (let at = counted.offset; at < match.offset; at += 1) if (source.bytes[at] === 0x0a) line += 1;
    counted.offset = match.offset;
    found.push({ source, match, line });
  }
  return found;
}

const describe = ({ source, match, line }: Found): unknown => ({
  ...source.label,
  line,
  start: match.offset,
  end: match.offset + match.length,
  rule: match.rule,
  provider: match.provider,
  secretType: match.secretType,
  severity: match.severity,
  confidence: match.confidence,
  redacted: redactedKey(match.secret.reveal()),
  checks: match.checks,
});

function toSarif(found: readonly Found[], scanner: Detector): unknown {
  const rules = [...new Map(found.map(({ match }) => [match.rule, match])).values()];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'SHHH',
            version: scanner.pack,
            rules: rules.map((match) => ({
              id: match.rule,
              name: match.secretType,
              shortDescription: { text: `${match.provider}: ${match.secretType}` },
              help: { text: match.recommendedAction },
              defaultConfiguration: { level: SARIF_LEVELS[match.severity] },
            })),
          },
        },
        results: found.map(({ source, match, line }) => ({
          ruleId: match.rule,
          level: SARIF_LEVELS[match.severity],
          message: { text: `${match.secretType} ${redactedKey(match.secret.reveal())}` },
          rank: Math.round(match.confidence * 100),
          locations: [
            {
              physicalLocation: {
                artifactLocation: {
                  uri: 'file' in source.label ? source.label.file : `line-${source.label.index}`,
                },
                region: { startLine: line, byteOffset: match.offset, byteLength: match.length },
              },
            },
          ],
        })),
      },
    ],
  };
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : 'The scan failed.');
  console.error(USAGE);
  process.exitCode = 2;
}
