import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../../functions/ingest/domain/backoff.ts';
import { decideResume, type Checkpoint } from '../../../functions/ingest/domain/checkpoint.ts';

const shipped: Checkpoint = { fork: 2, length: 100, treeHash: 'aa' };

describe('resuming a log', () => {
  test('begins a log that was never shipped at its start', () => {
    expect(decideResume(undefined, { fork: 0, length: 500 }, undefined)).toEqual({ why: 'first', from: 0 });
  });

  test('goes on where it stopped when what was shipped is unchanged', () => {
    expect(decideResume(shipped, { fork: 2, length: 150 }, 'aa')).toEqual({ why: 'unchanged', from: 100 });
    expect(decideResume(shipped, { fork: 2, length: 100 }, 'aa')).toEqual({ why: 'unchanged', from: 100 });
  });

  test('goes on where it stopped when the log was cut back behind that point only', () => {
    expect(decideResume(shipped, { fork: 3, length: 120 }, 'aa')).toEqual({ why: 'unchanged', from: 100 });
  });

  test('ships a log again that was cut back before that point and has grown since', () => {
    expect(decideResume(shipped, { fork: 3, length: 150 }, 'bb')).toEqual({ why: 'truncated', from: 0 });
  });

  test('ships a log again that was cut back and is shorter now', () => {
    expect(decideResume(shipped, { fork: 3, length: 60 }, undefined)).toEqual({ why: 'truncated', from: 0 });
  });

  test('ships a log again whose entries differ under the same fork', () => {
    expect(decideResume(shipped, { fork: 2, length: 150 }, 'bb')).toEqual({ why: 'diverged', from: 0 });
  });

  test('waits for a peer that shows less, and no newer fork', () => {
    expect(decideResume(shipped, { fork: 2, length: 99 }, undefined)).toEqual({ why: 'behind' });
    expect(decideResume(shipped, { fork: 0, length: 0 }, undefined)).toEqual({ why: 'behind' });
  });

  test('needs no hash of an empty beginning', () => {
    const empty = { ...shipped, length: 0 };
    expect(decideResume(empty, { fork: 5, length: 9 }, undefined)).toEqual({ why: 'unchanged', from: 0 });
  });
});

describe('backing off', () => {
  const limits = { baseMs: 100, maxMs: 5_000 };

  test('doubles up to the limit and jitters below it', () => {
    expect([1, 2, 3, 4].map((failures) => backoffMs(failures, 1, limits))).toEqual([100, 200, 400, 800]);
    expect(backoffMs(60, 1, limits)).toBe(5_000);
    expect(backoffMs(60, 0.5, limits)).toBe(2_750);
  });

  test('never comes back at once', () => {
    expect(backoffMs(1, 0, limits)).toBe(10);
  });
});
