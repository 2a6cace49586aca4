import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createEventBridgePublisher,
  entryBytes,
  PUT_EVENTS_LIMITS,
} from '../../../functions/quarantine/adapters/eventbridge-publisher.ts';
import { SECRET_QUARANTINED, secretQuarantined } from '../../../functions/contracts/quarantine.ts';
import { toSecretQuarantined } from '../../../functions/quarantine/domain/publish-findings.ts';
import { anItem } from '../../support/finding-builder.ts';

const positionOf = (entry: PutEventsRequestEntry) =>
  secretQuarantined.parse(JSON.parse(entry.Detail ?? '')).position;

type Answer = { ErrorCode?: string };

/** A bus that answers each entry as told: by how often it has seen that entry. */
function publisherOver(answer: (position: number, seen: number) => Answer | Error) {
  const requests: PutEventsRequestEntry[][] = [];
  const seen = new Map<number, number>();
  const waits: number[] = [];
  const publisher = createEventBridgePublisher({
    busName: 'bus',
    wait: async (milliseconds) => void waits.push(milliseconds),
    putEvents: async (entries) => {
      requests.push(entries);
      return {
        Entries: entries.map((entry) => {
          const position = positionOf(entry);
          const times = (seen.get(position) ?? 0) + 1;
          seen.set(position, times);
          const given = answer(position, times);
          if (given instanceof Error) throw given;
          return given;
        }),
      };
    },
  });
  return { publisher, requests, waits };
}

const announce = (position: number, redactedContent: string) =>
  ({
    type: SECRET_QUARANTINED,
    detail: toSecretQuarantined(anItem({ position, redactedContent })),
  }) as const;

const events = (count: number, contentBytes = 100) =>
  Array.from({ length: count }, (_, position) => announce(position, 'é'.repeat(contentBytes / 2)));

describe('createEventBridgePublisher', () => {
  test('holds the limits of PutEvents in every request and sends every finding once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(100, 30_000, 128_000, 255_000), { maxLength: 25 }),
        async (contents) => {
          const { publisher, requests } = publisherOver(() => ({}));
          const answers = await publisher.publish(
            contents.map((bytes, position) => announce(position, 'x'.repeat(bytes))),
          );
          expect(answers.every((answer) => answer.ok)).toBe(true);
          for (const request of requests) {
            expect(request.length).toBeLessThanOrEqual(PUT_EVENTS_LIMITS.maxItems);
            expect(request.reduce((sum, entry) => sum + entryBytes(entry), 0)).toBeLessThanOrEqual(
              PUT_EVENTS_LIMITS.maxBytes,
            );
          }
          expect(
            requests
              .flat()
              .map(positionOf)
              .sort((a, b) => a - b),
          ).toEqual(contents.map((_, position) => position));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('counts bytes of UTF-8, not characters', () => {
    expect(entryBytes({ Source: 'a', DetailType: 'b', Detail: 'é' })).toBe(4);
  });

  test('tries again only what was throttled, after a wait', async () => {
    const { publisher, requests, waits } = publisherOver((position, seen) =>
      position === 3 && seen < 3 ? { ErrorCode: 'ThrottlingException' } : {},
    );
    const answers = await publisher.publish(events(5));
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(requests.map((request) => request.length)).toEqual([5, 1, 1]);
    expect(waits).toEqual([100, 400]);
  });

  test('gives up on an entry after three attempts and says which and why', async () => {
    const { publisher } = publisherOver((position) =>
      position === 2 ? { ErrorCode: 'InternalFailure' } : {},
    );
    const answers = await publisher.publish(events(4));
    expect(answers.map((answer) => (answer.ok ? 'ok' : answer.error))).toEqual([
      'ok',
      'ok',
      'PutEvents: InternalFailure',
      'ok',
    ]);
  });

  test('fails one request alone when the call itself fails, and leaves its retries to the SDK', async () => {
    const { publisher, requests } = publisherOver((position) =>
      position === 12 ? Object.assign(new Error('connection lost'), { name: 'TimeoutError' }) : {},
    );
    const answers = await publisher.publish(events(25));
    expect(answers.map((answer) => answer.ok)).toEqual(
      Array.from({ length: 25 }, (_, i) => i < 10 || i >= 20),
    );
    expect(answers[12]).toEqual({ ok: false, error: 'PutEvents: TimeoutError' });
    expect(requests).toHaveLength(3);
  });

  test('refuses an event larger than a request instead of sending it', async () => {
    const { publisher, requests } = publisherOver(() => ({}));
    const [answer] = await publisher.publish(events(1, 300_000));
    expect(answer).toEqual({ ok: false, error: 'the event is larger than 262144 bytes' });
    expect(requests).toEqual([]);
  });

  test('calls nothing for nothing', async () => {
    const { publisher, requests } = publisherOver(() => ({}));
    expect(await publisher.publish([])).toEqual([]);
    expect(requests).toEqual([]);
  });
});
