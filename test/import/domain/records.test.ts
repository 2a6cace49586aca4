import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quarantineItem } from '../../../functions/contracts/quarantine.ts';
import { importRecords } from '../../../scripts/import/import-records.ts';
import { readJsonRecord, readRecord } from '../../../scripts/import/records.ts';
import { renderImport } from '../../../scripts/import/render.ts';
import { openSource } from '../../../scripts/import/sources.ts';
import { importInto, NOW, oldRecord, secretOf } from '../support.ts';

describe('an old record', () => {
  test.each([
    ['2024-05-01T10:00:00Z', '2024-05-01T10:00:00.000Z'],
    ['2024-05-01 12:00:00.5+02', '2024-05-01T10:00:00.500Z'],
    ['2024-05-01 10:00:00', '2024-05-01T10:00:00.000Z'],
    [1_714_557_600.25, '2024-05-01T10:00:00.250Z'],
    ['1714557600', '2024-05-01T10:00:00.000Z'],
  ])('has the time %s', (timestamp, expected) => {
    expect(readRecord(oldRecord(1, { timestamp }))).toMatchObject({
      ok: true,
      value: { timestamp: expected },
    });
  });

  test('is refused with a reason that quotes nothing of it', () => {
    const planted = ['planted', 'secret'].join('-');
    for (const raw of [
      oldRecord(1, { timestamp: planted }),
      oldRecord(1, { timestamp: undefined }),
      oldRecord(1, { log_line: [planted] }),
      planted,
      null,
    ]) {
      const read = readRecord(raw);
      expect(read.ok).toBe(false);
      expect(JSON.stringify(read)).not.toContain(planted);
    }
    expect(readJsonRecord(`{"a": ${planted}`)).toEqual({ ok: false, error: 'no JSON' });
  });
});

describe('a file', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'shhh-import-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));
  const file = async (name: string, text: string) => {
    await writeFile(path.join(directory, name), text);
    return openSource(path.join(directory, name));
  };
  const run = async (name: string, text: string) => {
    const { quarantine, judged, dependencies } = importInto();
    const source = await file(name, text);
    const report = await importRecords(source, { remove: true, onProgress: () => undefined }, dependencies);
    return { report, items: [...quarantine.items.values()], judged: [...judged.values()] };
  };

  test('brings what was judged along with the case: who, what and why, without a secret in the why', async () => {
    const row = (seed: number, action: string, reviewer: string, why: string) =>
      `2024-05-01 10:00:00+00,GITLAB,"with ${secretOf(seed)} in it",${action},${reviewer},${why}`;
    const { report, judged } = await run(
      'judged.csv',
      [
        'timestamp,reason,log_line,review_action,reviewer,review_reason',
        row(1, 'false_positive', 'ada', 'an example'),
        row(2, '', '', ''),
        row(3, 'confirmed', '', `it is ${secretOf(3)}`),
        row(4, 'confirmed', 'ada', 'real'),
        row(4, 'false_positive', 'bob', 'not real'),
        row(5, 'perhaps', 'ada', ''),
        '',
      ].join('\n'),
    );
    expect(report).toMatchObject({ records: 6, rejected: 1, judged: 3, unjudged: [] });
    expect(report.rejections).toEqual([
      { place: 7, reason: expect.stringContaining('review_action') as string },
    ]);
    expect(judged).toEqual([
      { action: 'false_positive', reviewer: 'ada', reason: 'an example' },
      { action: 'confirmed', reviewer: 'unknown', reason: 'the reason held a secret and was left out' },
      {
        action: 'uncertain',
        reviewer: 'bob',
        reason: 'it was judged confirmed and false_positive in the older system',
      },
    ]);
    expect(renderImport('judged.csv', report, false)).toContain('3 cases brought their judgement along');
  });

  test('of PostgreSQL as CSV is read with quotes, line breaks and any order of columns', async () => {
    const { report, items } = await run(
      'quarantine.csv',
      [
        'id,Log_Line,reason,timestamp',
        `1,"a ""quoted"" line,\nwith ${secretOf(1)} in it",GITLAB,2024-05-01 10:00:00+00`,
        '2,nothing in here,GITLAB,2024-05-01 10:00:00+00',
        '3,short',
        '',
      ].join('\n'),
    );
    expect(report).toMatchObject({ records: 3, imported: 1, rejected: 2, removed: 0 });
    expect(report.rejections).toEqual([
      { place: 3, reason: 'no rule finds a secret in it' },
      { place: 4, reason: expect.stringContaining('timestamp') as string },
    ]);
    expect(items[0]).toMatchObject({ secretType: 'gitlab-pat', detectedAt: '2024-05-01T10:00:00.000Z' });
  });

  test('becomes items that hold the contract, kept from now on and not from their own date', async () => {
    const { items } = await run(
      'old.jsonl',
      `${JSON.stringify(oldRecord(1))}\n\n${JSON.stringify(oldRecord(2))}`,
    );
    expect(items).toHaveLength(2);
    for (const item of items) {
      expect(quarantineItem.parse(item)).toEqual(item);
      expect(item.expiresAt).toBe(NOW / 1000 + 31 * 86_400);
      expect(item.core).toMatch(/^import:[0-9a-f]{16}$/);
    }
    expect(JSON.stringify(items)).not.toContain(secretOf(1).slice(8));
  });

  test('that is not there is named, with what to give instead', async () => {
    await expect(openSource(path.join(directory, 'none.csv'))).rejects.toThrow('cannot be read: give a file');
  });

  test('is reported with how many were rejected, why and where', async () => {
    const { report } = await run('bad.jsonl', ['x', JSON.stringify(oldRecord(3)), 'y'].join('\n'));
    const text = renderImport('bad.jsonl', report, false);
    expect(text).toContain('3 records, 1 findings. 1 records imported, 0 were there already, 2 rejected.');
    expect(text).toMatch(/2 +no JSON +1, 3/);
  });
});
