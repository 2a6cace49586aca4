import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finding } from '../../../functions/contracts/finding.ts';
import { secretQuarantined, toQuarantineItem } from '../../../functions/contracts/quarantine.ts';
import { err, ok } from '../../../functions/kernel/result.ts';
import { firstFailure } from '../../../functions/quarantine/domain/publish.ts';
import {
  publishFindings,
  toSecretQuarantined,
  type FindingRecord,
} from '../../../functions/quarantine/domain/publish-findings.ts';
import { createFakeCaseBook } from '../../support/fake-case-book.ts';
import { createFakeEventPublisher } from '../../support/fake-event-publisher.ts';
import { eventPublisherContract } from '../../support/event-publisher-contract.ts';
import { anItem, findings } from '../../support/finding-builder.ts';

const record = (position: number, readable = true): FindingRecord => {
  const item = anItem({ position });
  return {
    sequenceNumber: String(1000 + position),
    findingId: item.findingId,
    change: 'inserted',
    at: 0,
    item: readable ? ok(item) : err('unreadable item (severity: invalid_value)'),
  };
};

describe('the event of a quarantined item', () => {
  test('holds the contract for any finding', () => {
    fc.assert(
      fc.property(findings, (found) => {
        const event = toSecretQuarantined(toQuarantineItem(found, 31));
        expect(secretQuarantined.parse(event)).toEqual(event);
        expect({ ...event, agent: found.agent, messageId: found.messageId }).toMatchObject({
          findingId: found.findingId,
          position: found.position,
          severity: found.severity,
          fingerprint: found.fingerprint,
        });
      }),
    );
  });

  test('replaces characters that a queue would refuse, so that no agent can name itself out of its alert', () => {
    const event = toSecretQuarantined(
      anItem({ agent: 'a\uFFFE\uFFFFb\uD800', redactedContent: 'ok \u{1F511}' }),
    );
    expect(event.agent).toBe('a\uFFFD\uFFFDb\uFFFD');
    expect(event.redactedContent).toBe('ok \u{1F511}');
  });

  test('carries the fields of the finding and nothing else that rests in the item', () => {
    const planted = ['unexpected', 'secret'].join('-');
    const item = { ...anItem({ reviewer: planted, reviewAction: 'confirmed' }), rawContent: planted };
    const event = toSecretQuarantined(item);
    expect(JSON.stringify(event)).not.toContain(planted);
    const allowed = [...Object.keys(finding.shape), 'version'];
    expect(Object.keys(event).filter((key) => !allowed.includes(key))).toEqual([]);
  });
});

describe('publishFindings', () => {
  test('announces findings in the order of the stream', async () => {
    const publisher = createFakeEventPublisher();
    await publishFindings([record(1), record(2), record(3)], { ...createFakeCaseBook(), publisher });
    expect(publisher.accepted.map(({ position }) => position)).toEqual([1, 2, 3]);
  });

  test('announces what stands behind an unreadable record, and still names that record', async () => {
    const publisher = createFakeEventPublisher();
    const outcomes = await publishFindings([record(1), record(2, false), record(3)], {
      ...createFakeCaseBook(),
      publisher,
    });
    expect(publisher.accepted.map(({ position }) => position)).toEqual([1, 3]);
    expect(firstFailure(outcomes)).toBe('1002');
  });

  test('gives each record its own outcome, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('accepted', 'refused', 'unreadable'), { maxLength: 40 }),
        async (fates) => {
          const publisher = createFakeEventPublisher(({ position }) => fates[position] === 'refused');
          const records = fates.map((fate, position) => record(position, fate !== 'unreadable'));
          const outcomes = await publishFindings(records, { ...createFakeCaseBook(), publisher });
          expect(outcomes.map(({ published }) => published.ok)).toEqual(
            fates.map((fate) => fate === 'accepted'),
          );
          expect(outcomes.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
            records.map(({ sequenceNumber }) => sequenceNumber),
          );
          const first = fates.findIndex((fate) => fate !== 'accepted');
          expect(firstFailure(outcomes)).toBe(first < 0 ? undefined : String(1000 + first));
        },
      ),
    );
  });

  test('does not take a bus that answers too little for success', async () => {
    const outcomes = await publishFindings([record(1), record(2)], {
      ...createFakeCaseBook(),
      publisher: { publish: async () => [ok(undefined)] },
    });
    expect(firstFailure(outcomes)).toBe('1002');
  });
});

describe('a finding that could not be counted', () => {
  test('is not announced and does not hold up those of other cases', async () => {
    const publisher = createFakeEventPublisher();
    const { counter } = createFakeCaseBook();
    const failing = {
      count: async (items: Parameters<typeof counter.count>[0]) => {
        if (items[0]?.fingerprint.startsWith('f1')) throw new Error('throttled');
        return counter.count(items);
      },
    };
    const other = anItem({ position: 2, fingerprint: 'ab'.repeat(32) });
    const outcomes = await publishFindings([record(1), { ...record(2), item: ok(other) }], {
      counter: failing,
      publisher,
    });
    expect(publisher.accepted.map(({ position }) => position)).toEqual([2]);
    expect(outcomes[0]?.published).toEqual(err('not counted: Error'));
  });
});

describe('the bus in memory', () => {
  eventPublisherContract(async () => {
    const publisher = createFakeEventPublisher();
    return { publisher, received: async () => publisher.accepted };
  });
});
