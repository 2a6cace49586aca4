import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const password = ['Tr0ub', '4dor&3x'].join('');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shhh-eval-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('counts what is found and flagged, and which negatives hold what another row calls a secret', async () => {
  const rows = [
    { label: 'pos', text: `password = "${password}"`, secret: password },
    { label: 'pos', text: 'nothing to see', secret: 'see' },
    { label: 'neg', text: `db_password: '${password}'` },
    { label: 'neg', text: "db_password: 'q8#rT2mXw9'" },
    { label: 'neg', text: 'an ordinary sentence' },
  ].map((row) => JSON.stringify({ source: 'test', rule: 'password', ...row }));
  const file = join(folder, 'cases.jsonl');
  await writeFile(file, rows.join('\n'));
  const { stdout } = await run(process.execPath, ['scripts/eval.ts', file]);
  const lastLine: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(lastLine).toEqual({
    positives: 2,
    found: 1,
    negatives: 3,
    flagged: 2,
    labelledElsewhere: 1,
    flaggedAmongThem: 1,
  });
});
