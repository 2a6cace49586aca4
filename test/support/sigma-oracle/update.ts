/**
 * `node test/support/sigma-oracle/update.ts` (needs cargo): asks rsigma what it makes of every case, and writes that
 * down for the tests, which then need no Rust.
 */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { oracleCases, type OracleCase } from './cases.ts';

const cases = await oracleCases();

/** rsigma 0.12 takes a temporal rule without a condition for `gte: 1`; the specification wants every rule to match. */
function inItsWords({ rules, events }: OracleCase): OracleCase {
  const documents = rules
    .split('\n---\n')
    .map((text) => JSON.parse(text) as { correlation?: Record<string, unknown> });
  for (const { correlation } of documents)
    if (correlation?.['type'] === 'temporal' && Array.isArray(correlation['rules']))
      correlation['condition'] = { gte: correlation['rules'].length };
  return { rules: documents.map((document) => JSON.stringify(document)).join('\n---\n'), events };
}

const { stdout, stderr, status } = spawnSync(
  'cargo',
  ['run', '--quiet', '--manifest-path', path.join(import.meta.dirname, 'Cargo.toml')],
  {
    input: cases.map((each) => JSON.stringify(inItsWords(each))).join('\n'),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  },
);
if (status !== 0) throw new Error(`The oracle failed:\n${stderr}`);
const answers = stdout
  .trim()
  .split('\n')
  .map((line): unknown => JSON.parse(line));
if (answers.length !== cases.length) throw new Error(`${answers.length} answers to ${cases.length} cases.`);
const file = path.join(import.meta.dirname, 'expected.json');
await writeFile(file, `[\n${answers.map((answer) => JSON.stringify(answer)).join(',\n')}\n]\n`);
console.log(`${answers.length} cases written`);
