import type { PutEventsRequestEntry, PutEventsResponse } from '@aws-sdk/client-eventbridge';
import { QUARANTINE_EVENT_SOURCE } from '../../contracts/quarantine.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { packBatches, type BatchLimits } from '../domain/pack-batches.ts';
import type { EventPublisher, QuarantineEvent } from '../domain/publish.ts';

/**
 * Of one PutEvents request. AWS counts 1 MiB since 2026, 256 KiB before and in some partitions; a finding weighs
 * about 6 KiB at most, so the lower one costs nothing.
 */
export const PUT_EVENTS_LIMITS: BatchLimits = { maxItems: 10, maxBytes: 256 * 1024 };

/** Milliseconds to wait before each further attempt for events that the bus refused in an otherwise good answer. */
const RETRY_DELAYS_MS = [100, 400] as const;

export interface EventBridgePublisherOptions {
  readonly busName: string;
  putEvents(entries: PutEventsRequestEntry[]): Promise<Pick<PutEventsResponse, 'Entries'>>;
  wait(milliseconds: number): Promise<void>;
}

interface Pending {
  readonly index: number;
  readonly entry: PutEventsRequestEntry;
}

interface Attempt {
  readonly answers: readonly Result<void, string>[];
  /** Whether what was refused may be tried again. */
  readonly again: boolean;
}

const NO_ANSWER = err('PutEvents gave no answer for it');

/** What EventBridge counts an entry for: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html */
export function entryBytes(entry: PutEventsRequestEntry): number {
  return [entry.Source, entry.DetailType, entry.Detail].reduce(
    (bytes, text) => bytes + Buffer.byteLength(text ?? '', 'utf8'),
    0,
  );
}

/**
 * Announces on an EventBridge bus, in requests within its limits. PutEvents answers per entry: those that
 * were refused (throttling, an internal failure) are tried again twice, by themselves. A request that fails as a
 * whole was already retried by the SDK.
 */
export function createEventBridgePublisher(options: EventBridgePublisherOptions): EventPublisher {
  const toPending = ({ type, detail }: QuarantineEvent, index: number): Pending => ({
    index,
    entry: {
      EventBusName: options.busName,
      Source: QUARANTINE_EVENT_SOURCE,
      DetailType: type,
      Detail: JSON.stringify(detail),
    },
  });

  async function attempt(batch: readonly Pending[]): Promise<Attempt> {
    try {
      const { Entries = [] } = await options.putEvents(batch.map(({ entry }) => entry));
      const answers = batch.map((_, i): Result<void, string> => {
        const answer = Entries[i];
        if (!answer) return NO_ANSWER;
        return answer.ErrorCode ? err(`PutEvents: ${answer.ErrorCode}`) : ok(undefined);
      });
      return { answers, again: true };
    } catch (error) {
      const reason = `PutEvents: ${error instanceof Error ? error.name : 'unknown error'}`;
      return { answers: batch.map(() => err(reason)), again: false };
    }
  }

  /** Sends one batch and, of it, what the bus refuses, until all is accepted or the attempts are used up. */
  async function deliver(
    batch: readonly Pending[],
    answers: Map<number, Result<void, string>>,
  ): Promise<void> {
    let open = batch;
    for (const delay of [0, ...RETRY_DELAYS_MS]) {
      if (delay > 0) await options.wait(delay);
      const outcome = await attempt(open);
      open.forEach(({ index }, i) => answers.set(index, outcome.answers[i] ?? NO_ANSWER));
      open = open.filter(({ index }) => answers.get(index)?.ok === false);
      if (open.length === 0 || !outcome.again) return;
    }
  }

  return {
    async publish(events) {
      const { batches, oversized } = packBatches(
        events.map(toPending),
        ({ entry }) => entryBytes(entry),
        PUT_EVENTS_LIMITS,
      );
      const answers = new Map<number, Result<void, string>>();
      for (const { index } of oversized) {
        answers.set(index, err(`the event is larger than ${PUT_EVENTS_LIMITS.maxBytes} bytes`));
      }
      await Promise.all(batches.map((batch) => deliver(batch, answers)));
      return events.map((_, index) => answers.get(index) ?? NO_ANSWER);
    },
  };
}
