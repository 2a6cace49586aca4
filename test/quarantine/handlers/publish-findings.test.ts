import { describe, expect, test, vi } from 'vitest';
import {
  findingExpired,
  secretQuarantined,
  type SecretQuarantined,
} from '../../../functions/contracts/quarantine.ts';
import { handleFindings } from '../../../functions/quarantine/publish-findings.lambda.ts';
import { createFakeCaseBook } from '../../support/fake-case-book.ts';
import { createFakeEventPublisher } from '../../support/fake-event-publisher.ts';
import { anItem } from '../../support/finding-builder.ts';
import { CHANGED_AT, changed, inserted, type StreamRecord } from '../../support/quarantine-stream-event.ts';

async function run(records: readonly StreamRecord[], refusing?: (event: SecretQuarantined) => boolean) {
  const publisher = createFakeEventPublisher(refusing);
  const { counter } = createFakeCaseBook();
  const logger = { info: vi.fn(), error: vi.fn() };
  const answer = await handleFindings({ Records: records }, { counter, publisher, logger });
  return { answer, publisher, logger };
}

describe('publish-findings', () => {
  test('announces an inserted item and logs one line that follows the entry', async () => {
    const item = anItem();
    const { answer, publisher, logger } = await run([inserted(item, '1')]);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(publisher.accepted).toMatchObject([{ findingId: item.findingId, version: 1 }]);
    expect(logger.info.mock.calls).toEqual([
      [
        'finding_published',
        {
          correlation_id: item.correlationId,
          finding_id: item.findingId,
          secret_type: 'aws_access_key_id',
          severity: 'CRITICAL',
          hypercore_position: 41,
          bzzz_message_id: 'msg-41',
          redacted_content: item.redactedContent,
        },
      ],
    ]);
  });

  test('says nothing of changed items', async () => {
    const { answer, publisher } = await run([changed('MODIFY', anItem(), '1')]);
    expect(publisher.events).toEqual([]);
    expect(answer.batchItemFailures).toEqual([]);
  });

  test('leaves a tombstone of a deleted item, without any of its content', async () => {
    const planted = ['planted', 'content'].join('-');
    const item = anItem({
      redactedContent: planted,
      redactedKey: planted,
      agent: planted,
      messageId: planted,
      status: 'confirmed',
      reviewer: 'ada',
      caseId: 'case-1',
    });
    const due = { ...item, expiresAt: CHANGED_AT - 1 };
    const { publisher, logger } = await run([changed('REMOVE', due, '1'), changed('REMOVE', item, '2')]);
    const tombstones = publisher.tombstones.map((one) => findingExpired.parse(one));
    expect(tombstones).toMatchObject([
      { findingId: item.findingId, cause: 'expired', status: 'confirmed', reviewer: 'ada', caseId: 'case-1' },
      { findingId: item.findingId, cause: 'deleted' },
    ]);
    expect(JSON.stringify(publisher.events)).not.toContain(planted);
    expect(JSON.stringify(logger.info.mock.calls)).not.toContain(`"redacted_content":"${planted}`);
  });

  test('tells with each finding which case it belongs to, and counts a repetition once', async () => {
    const first = inserted(anItem({ position: 1 }), '1');
    const { publisher } = await run([first, inserted(anItem({ position: 2 }), '2'), first]);
    expect(publisher.accepted.map((one) => secretQuarantined.parse(one).case)).toMatchObject([
      { status: 'pending', occurrences: 2, pages: true, reappeared: false },
      { occurrences: 2 },
      { occurrences: 2 },
    ]);
  });

  test('names the first record that the bus refused', async () => {
    const items = [1, 2, 3, 4].map((position) => anItem({ position }));
    const { answer, logger } = await run(
      items.map((item, i) => inserted(item, `10${i}`)),
      ({ position }) => position >= 3,
    );
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '102' }] });
    expect(logger.error).toHaveBeenCalledTimes(2);
  });

  test('announces a repeated record again: the reader of the bus deduplicates by finding', async () => {
    const record = inserted(anItem(), '1');
    const { publisher } = await run([record, record]);
    expect(new Set(publisher.accepted.map(({ findingId }) => findingId)).size).toBe(1);
  });

  test('does not stop at an item that is none, and logs its id and the reason without its content', async () => {
    const planted = ['some', 'secret', 'text'].join('-');
    const poison = { ...anItem({ position: 1 }), severity: planted, redactedContent: 17, extra: planted };
    const { answer, publisher, logger } = await run([
      inserted(poison, '1'),
      inserted(anItem({ position: 2 }), '2'),
    ]);
    expect(publisher.accepted.map(({ position }) => position)).toEqual([2]);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
    expect(logger.error.mock.calls).toEqual([
      [
        'finding_not_published',
        {
          finding_id: poison.findingId,
          sequence_number: '1',
          reason: 'unreadable item (severity: invalid_value; redactedContent: invalid_type)',
        },
      ],
    ]);
    expect(JSON.stringify([logger.error.mock.calls, publisher.accepted])).not.toContain(planted);
  });

  test('takes an image that is missing for an unreadable item, not for nothing', async () => {
    const { answer } = await run([
      {
        eventName: 'INSERT',
        dynamodb: {
          SequenceNumber: '7',
          ApproximateCreationDateTime: CHANGED_AT,
          Keys: { pk: { S: 'fnd_x' } },
        },
      },
    ]);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '7' }] });
  });

  test('tolerates attributes of a newer writer and does not publish them', async () => {
    const { answer, publisher } = await run([
      inserted({ ...anItem(), occurrences: { list: [] }, newer: 'x' }, '1'),
    ]);
    expect(answer.batchItemFailures).toEqual([]);
    expect(publisher.accepted[0]).not.toHaveProperty('newer');
  });

  test('throws on an event that is no stream event, so that Lambda retries it whole', async () => {
    await expect(
      handleFindings(
        { Records: [{ eventName: 'INSERT' }] },
        {
          ...createFakeCaseBook(),
          publisher: createFakeEventPublisher(),
          logger: { info: vi.fn(), error: vi.fn() },
        },
      ),
    ).rejects.toThrow('Not a DynamoDB stream event: Records.0.dynamodb: invalid_type');
  });
});
