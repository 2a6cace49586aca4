/** Tells the cloud of stopped messages, from memory and in the background: no verdict ever waits for it. */
import { setTimeout as wait } from 'node:timers/promises';
import { MOST_REPORTED, type BlockedReport } from '../domain/guard-api.ts';
import type { StoppedMessage } from './guard.ts';
import { trustedUrl } from './pack-source.ts';

export interface RecorderOptions {
  /** Address of the cloud endpoint's `POST /v1/blocked`: `https:`, or `http:` to this machine. */
  readonly url: string;
  readonly apiKey: string;
  /** Reports that wait at most; when more come, the oldest are given up and counted. Default 1,000. */
  readonly capacity?: number;
  /** First and longest wait after a failure, in milliseconds; it doubles in between. Default 500 and 60,000. */
  readonly backoffMs?: readonly [first: number, longest: number];
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

export interface RecorderCounts {
  readonly recorded: number;
  readonly waiting: number;
  /** Given up because too many waited. */
  readonly dropped: number;
  /** Given up because the cloud will never take them. */
  readonly refused: number;
}

export interface Recorder {
  /** Returns at once. */
  record(stopped: StoppedMessage): void;
  counts(): RecorderCounts;
  /** Waits until nothing waits any more, or the time is up. @returns whether all is told */
  drain(withinMs: number): Promise<boolean>;
  /** Gives up what waits. */
  stop(): void;
}

type Told = 'recorded' | 'refused' | 'later';

/** @throws Error when the address is none that a key may travel to */
export function createRecorder(options: RecorderOptions): Recorder {
  const { apiKey, capacity = 1000, timeoutMs = 10_000, random = Math.random } = options;
  const [firstWait, longestWait] = options.backoffMs ?? [500, 60_000];
  const url = trustedUrl(options.url);
  const post = options.fetch ?? fetch;
  const stopping = new AbortController();
  const waiting: BlockedReport[] = [];
  let sending: BlockedReport | undefined;
  let working: Promise<void> | undefined;
  let recorded = 0;
  let dropped = 0;
  let refused = 0;

  async function tell(report: BlockedReport): Promise<Told> {
    try {
      const answer = await post(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
        body: JSON.stringify(report),
        redirect: 'error',
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(timeoutMs)]),
      });
      await answer.body?.cancel();
      if (answer.ok) return 'recorded';
      // A key that was revoked may be replaced; what the cloud calls malformed stays so.
      return [400, 413, 422].includes(answer.status) ? 'refused' : 'later';
    } catch {
      return 'later';
    }
  }

  async function work(): Promise<void> {
    let backoff = firstWait;
    for (sending = waiting.shift(); sending !== undefined && !stopping.signal.aborted;) {
      const told = await tell(sending);
      if (told === 'later') {
        // Half of it at random, so that many guards do not come back at once.
        await wait(backoff * (0.5 + random() / 2), undefined, { signal: stopping.signal, ref: false }).catch(
          () => undefined,
        );
        backoff = Math.min(longestWait, backoff * 2);
        continue;
      }
      backoff = firstWait;
      if (told === 'recorded') recorded += 1;
      else refused += 1;
      sending = waiting.shift();
    }
    sending = undefined;
  }

  function start(): void {
    working ??= work().finally(() => {
      working = undefined;
      if (waiting.length > 0 && !stopping.signal.aborted) start();
    });
  }

  return {
    record(stopped) {
      waiting.push(toReport(stopped));
      if (waiting.length > capacity) {
        waiting.shift();
        dropped += 1;
      }
      start();
    },
    counts: () => ({ recorded, waiting: waiting.length + (sending === undefined ? 0 : 1), dropped, refused }),
    async drain(withinMs) {
      const deadline = AbortSignal.timeout(withinMs);
      while (working !== undefined && !deadline.aborted) await Promise.race([working, wait(20)]);
      return working === undefined;
    },
    stop: () => stopping.abort(),
  };
}

/** Field by field, so that nothing that a finding may hold one day slips in. */
function toReport({ agent, messageId, detectedAt, findings }: StoppedMessage): BlockedReport {
  return {
    agent,
    messageId,
    detectedAt,
    findings: findings.slice(0, MOST_REPORTED).map((found) => ({
      rule: found.rule,
      secretType: found.secretType,
      provider: found.provider,
      severity: found.severity,
      confidence: found.confidence,
      offset: found.offset,
      length: found.length,
      redactedKey: found.redactedKey,
      redactedContent: found.redactedContent,
      fingerprint: found.fingerprint,
      ...(found.entryType !== undefined && { entryType: found.entryType }),
    })),
  };
}
