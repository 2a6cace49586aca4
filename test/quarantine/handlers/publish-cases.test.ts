import { describe, expect, test, vi } from 'vitest';
import { caseChanged } from '../../../functions/contracts/quarantine.ts';
import { countInto, decide, type Case } from '../../../functions/quarantine/domain/case.ts';
import type { CaseProjector } from '../../../functions/quarantine/domain/case-book.ts';
import { handleCases } from '../../../functions/quarantine/publish-cases.lambda.ts';
import { createFakeCaseBook } from '../../support/fake-case-book.ts';
import { createFakeEventPublisher } from '../../support/fake-event-publisher.ts';
import { anItem } from '../../support/finding-builder.ts';
import { moved, type StreamRecord } from '../../support/quarantine-stream-event.ts';

const NOW = Date.parse('2026-11-21T09:00:00.000Z');
const open = countInto(undefined, [anItem({ position: 1 })], NOW);

function judged(known: Case): Case {
  const decision = { caseId: known.pk, reviewer: 'ada', reason: 'a\uFFFFtest key', seen: known.decisions };
  const result = decide(known, { ...decision, do: 'false_positive' }, NOW, 400);
  if (!result.ok) throw new Error(result.error.why);
  return result.value;
}

async function run(records: readonly StreamRecord[], overrides: { projector?: CaseProjector } = {}) {
  const publisher = createFakeEventPublisher();
  const { projector, shown } = createFakeCaseBook();
  const logger = { info: vi.fn(), error: vi.fn() };
  const answer = await handleCases({ Records: records }, { projector, publisher, logger, ...overrides });
  return { answer, publisher, shown, logger };
}

describe('publish-cases', () => {
  test('shows a decision on the findings and announces it, in text that a queue takes', async () => {
    const { answer, publisher, shown } = await run([moved(open, judged(open), '1')]);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(shown).toMatchObject([{ status: 'false_positive' }]);
    expect(publisher.changes.map((one) => caseChanged.parse(one))).toMatchObject([
      { status: 'false_positive', previousStatus: 'pending', reviewer: 'ada', reason: 'a\uFFFDtest key' },
    ]);
  });

  test('says nothing of a case that only counted one more finding', async () => {
    const counted = countInto(open, [anItem({ position: 2 })], NOW);
    const { answer, publisher, shown } = await run([moved(open, counted, '1')]);
    expect([answer.batchItemFailures, publisher.events, shown]).toEqual([[], [], []]);
  });

  test('announces the end of a case', async () => {
    const { publisher } = await run([moved(judged(open), undefined, '1')]);
    expect(publisher.changes).toMatchObject([{ status: 'expired', previousStatus: 'false_positive' }]);
  });

  test('announces nothing that its findings do not show yet, and has the stream come again', async () => {
    const { answer, publisher, logger } = await run([moved(open, judged(open), '7')], {
      projector: {
        project: async () => {
          throw new Error('throttled');
        },
      },
    });
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '7' }] });
    expect(publisher.events).toEqual([]);
    expect(logger.error.mock.calls).toMatchObject([
      ['case_not_published', { case_id: open.pk, reason: 'not shown on its findings: Error' }],
    ]);
  });

  test('names an unreadable case without its content, and goes on with the others', async () => {
    const planted = ['planted', 'secret'].join('-');
    const { answer, publisher, logger } = await run([
      moved({ ...open, severity: planted }, judged(open), '1'),
      moved(open, judged(open), '2'),
    ]);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
    expect(publisher.changes).toHaveLength(1);
    expect(JSON.stringify(logger.error.mock.calls)).not.toContain(planted);
  });
});
