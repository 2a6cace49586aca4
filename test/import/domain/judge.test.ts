import { describe, expect, test } from 'vitest';
import type { ReviewAnswer, ReviewRequest } from '../../../functions/contracts/review.ts';
import { reviewCase } from '../../../functions/quarantine/review-case.lambda.ts';
import { createJudge } from '../../../scripts/import/judge.ts';
import { createFakeCaseBook } from '../../support/fake-case-book.ts';
import { createFakeQuarantineReader } from '../../support/fake-quarantine-reader.ts';
import { anItem } from '../../support/finding-builder.ts';

const CASE = `case_${'f1'.repeat(16)}`;
const review = { action: 'confirmed' as const, reviewer: 'ada', reason: 'real' };
const clock = { now: () => Date.parse('2026-11-21T12:00:00Z') };

function desk() {
  const book = createFakeCaseBook();
  const logger = { info: () => undefined };
  const dependencies = { ...book, reader: createFakeQuarantineReader(new Map(), clock), logger };
  return { book, ask: (request: ReviewRequest): Promise<ReviewAnswer> => reviewCase(request, dependencies) };
}

describe('a judgement of the older system', () => {
  test('is brought to the case as soon as it is counted, once', async () => {
    const { book, ask } = desk();
    let paused = 0;
    const judge = createJudge(ask, async () => {
      paused += 1;
      if (paused === 2) await book.counter.count([anItem({ position: 1 })]);
    });
    expect(await judge(CASE, review)).toBe('judged');
    expect(paused).toBe(2);
    expect(book.cases.get(CASE)).toMatchObject({
      status: 'confirmed',
      reviewer: 'ada (older system)',
      reason: 'real',
    });
    expect(await judge(CASE, { ...review, action: 'false_positive' })).toBe('judged_before');
    expect(book.cases.get(CASE)?.status).toBe('confirmed');
  });

  test('waits for another run where the case is not counted in time', async () => {
    const judge = createJudge(desk().ask, async () => undefined);
    expect(await judge(CASE, review)).toBe('not_counted_yet');
  });
});
