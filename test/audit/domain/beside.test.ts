import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { besidePath } from '../../../functions/audit/domain/beside-path.ts';
import { commitmentOf, sealContent } from '../../../functions/audit/domain/commitment.ts';
import { formatProof, openProof } from '../../../functions/audit/domain/proof-files.ts';
import { createProver } from '../../../functions/kernel/tlog/prove.ts';
import { sweep, type ExpiredBeside } from '../../../functions/audit/domain/sweep.ts';
import { verifyLog } from '../../../functions/audit/domain/verify-log.ts';
import { toIso } from '../../../functions/kernel/clock.ts';
import { anEvent } from '../support/event-builder.ts';
import { buildLog, sourceOf } from '../support/log-builder.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 21, 12);

/** A log whose entry `n` commits to a text that expires after `days[n]` days. */
function createCommitted(days: readonly number[]) {
  const beside = new Map<string, Uint8Array>();
  const paths: string[] = [];
  const commitments = days.map((lifetime, at) => {
    const [salt, content] = [createHash('sha256').update(`${at}`).digest(), Buffer.from(`content ${at}`)];
    const sha256 = commitmentOf(salt, content);
    const expires_at = toIso(START + lifetime * DAY);
    paths.push(besidePath(sha256, expires_at));
    beside.set(besidePath(sha256, expires_at), sealContent(salt, content));
    return { output: { sha256, bytes: content.length, expires_at } };
  });
  const log = buildLog([days.length], {
    event: (at) => ({ ...anEvent({ id: `act-${at}` }), commitments: commitments[at] }),
  });
  const verify = (now: number) =>
    verifyLog({
      source: sourceOf(log.files),
      keys: log.keys.keys,
      beside: { source: sourceOf(beside), now },
    });
  return { log, beside, paths, verify };
}

/** What is swept is what lies in a map. */
const besideOf = (beside: Map<string, Uint8Array>): ExpiredBeside => ({
  page: async (before, most) =>
    [...beside.keys()]
      .toSorted()
      .filter((path) => path.slice(7, 17) < before)
      .slice(0, most),
  delete: async (paths) => {
    for (const path of paths) beside.delete(path);
  },
});

describe('what lies beside the log', () => {
  test('expires without a trace in the log: whatever was kept how long, whenever it is swept and verified', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 45 }),
        async (days, later) => {
          const { log, beside, verify } = createCommitted(days);
          const now = START + later * DAY;
          const before = new Map(log.files);
          await sweep(besideOf(beside), { now: () => now }, () => true);
          const found = await verify(now);
          expect(found.problems).toEqual([]);
          const expired = days.filter((each) => each < later).length;
          expect(found.beside).toEqual({ held: days.length - expired, expired, overdue: 0 });
          // Every proof that was given before still holds: the log has not changed by a byte.
          expect(log.files).toEqual(before);
          const { checkpoint } = found;
          if (checkpoint === undefined) throw new Error('there is no checkpoint');
          const proven = await createProver(sourceOf(log.files), checkpoint.checkpoint).entry(0);
          if (!proven.ok) throw new Error(proven.error);
          const note = log.files.get('checkpoint') ?? Buffer.alloc(0);
          expect(openProof(formatProof(proven.value, note), proven.value.bytes, log.keys.keys).ok).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is missing, not expired, where it was deleted before its time', async () => {
    const { beside, paths, verify } = createCommitted([30, 30, 5]);
    for (const path of [paths[1], paths[2]]) beside.delete(path ?? '');
    const found = await verify(START + 6 * DAY);
    expect(found.problems).toEqual([
      {
        where: 'output of entry 1',
        what: `lies beside the log until ${toIso(START + 30 * DAY)}, and is missing: it was deleted before its time`,
      },
    ]);
    expect(found.beside).toEqual({ held: 1, expired: 1, overdue: 0 });
  });

  test('is found changed by any byte of its salt or its content, also one more or one less', async () => {
    const { beside, paths, verify } = createCommitted([30]);
    const [path = ''] = paths;
    const honest = Buffer.from(beside.get(path) ?? []);
    for (let at = 0; at <= honest.length; at += 1) {
      const changed = at < honest.length ? Buffer.from(honest) : Buffer.concat([honest, Buffer.of(0)]);
      if (at < honest.length) changed[at] = (changed[at] ?? 0) ^ 1;
      beside.set(path, changed);
      expect((await verify(START)).problems).toEqual([
        { where: 'output of entry 0', what: 'is not what was committed to' },
      ]);
    }
    beside.set(path, honest.subarray(0, 10));
    expect((await verify(START)).problemCount).toBe(1);
  });

  test('is told of where it should be gone and is not', async () => {
    const { verify } = createCommitted([1, 30]);
    const found = await verify(START + 4 * DAY);
    expect(found.problems).toEqual([]);
    expect(found.beside).toEqual({ held: 1, expired: 0, overdue: 1 });
  });

  test('is swept page by page for as long as there is time', async () => {
    const { beside } = createCommitted([1, 1, 1, 9]);
    const onePage: ExpiredBeside = {
      ...besideOf(beside),
      page: async (before) => besideOf(beside).page(before, 1),
    };
    let left = 2;
    const clock = { now: () => START + 3 * DAY };
    expect(await sweep(onePage, clock, () => (left -= 1) >= 0)).toEqual({ deleted: 2, finished: false });
    expect(await sweep(onePage, clock, () => true)).toEqual({ deleted: 1, finished: true });
    expect(beside.size).toBe(1);
  });
});
