import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { addressOf } from '../../contracts/ingest-state.ts';
import { ENTRIES_EXCLUDED, ENTRIES_SHIPPED, SHIP_LAG, SUSPECT_LOGS } from '../../contracts/metrics.ts';
import type { Clock } from '../../kernel/clock.ts';
import { correlationIdOf } from '../../kernel/ids.ts';
import { describeError } from '../../platform/logger.ts';
import type { Observe, ShipEvent, ShippedWindow } from '../domain/events.ts';
import { Trouble } from '../domain/ports.ts';

/** Metrics gather for so long before they are written: a run lasts more than a minute, a dashboard should not. */
const PUBLISH_EVERY_MS = 10_000;

export interface Reporter {
  readonly observe: Observe;
  /** Writes the metrics that were gathered since the last time. */
  flush(): void;
}

/** Of Powertools' metrics, what is needed here. */
interface MetricStore {
  addMetric(name: string, unit: 'Count' | 'Milliseconds', value: number): unknown;
  hasStoredMetrics(): boolean;
  publishStoredMetrics(): unknown;
}

/** Turns what the engine does into log lines and metrics. No body of an entry gets here. */
export function createReporter(
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
  metrics: MetricStore,
  clock: Clock,
): Reporter {
  let publishedAt = clock.now();
  const flush = (): void => {
    publishedAt = clock.now();
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  };
  return {
    flush,
    observe: (event) => {
      const { level, name, fields } = lineOf(event);
      logger[level](name, fields);
      if (event.kind === 'suspected') {
        metrics.addMetric(SUSPECT_LOGS, MetricUnit.Count, 1);
        // An alarm waits for it.
        flush();
      }
      if (event.kind === 'excluded')
        metrics.addMetric(ENTRIES_EXCLUDED, MetricUnit.Count, sumOf(event.excluded));
      if (event.kind !== 'shipped') return;
      metrics.addMetric(ENTRIES_SHIPPED, MetricUnit.Count, entriesOf(event.windows));
      metrics.addMetric(SHIP_LAG, MetricUnit.Milliseconds, event.lagMs);
      if (clock.now() - publishedAt >= PUBLISH_EVERY_MS) flush();
    },
  };
}

interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly name: string;
  readonly fields: Record<string, string | number | readonly string[]>;
}

const entriesOf = (windows: readonly ShippedWindow[]): number =>
  windows.reduce((sum, { seqStart, seqEnd }) => sum + seqEnd - seqStart, 0);

const sumOf = (counts: ReadonlyMap<string, number>): number =>
  Array.from(counts.values()).reduce((sum, count) => sum + count, 0);

function lineOf(event: ShipEvent): Line {
  switch (event.kind) {
    case 'shipped':
      return {
        level: 'info',
        name: 'entries_shipped',
        fields: {
          // The first entry's correlation id and the position after the last: an entry is found by its log's digits.
          ranges: event.windows.map(
            (window) => `${correlationIdOf({ ...window, seq: window.seqStart })}-${window.seqEnd}`,
          ),
          entries: entriesOf(event.windows),
          messages: event.messages,
          bytes: event.bytes,
          content_bytes: event.contentBytes,
          lag_ms: event.lagMs,
        },
      };
    case 'connected':
      return { level: 'info', name: 'peer_connected', fields: { core: event.peer.core, ...event.head } };
    case 'resumed':
      return {
        level: event.resume.why === 'first' || event.resume.why === 'unchanged' ? 'info' : 'warn',
        name: 'log_resumed',
        fields: {
          core: event.core,
          ...event.head,
          reason: event.resume.why,
          ...(event.resume.why !== 'behind' && { from: event.resume.from }),
        },
      };
    case 'truncated':
      return {
        level: 'warn',
        name: 'log_truncated',
        fields: {
          core: event.core,
          fork: event.fork,
          from: event.newLength,
          shipped_length: event.shippedLength,
        },
      };
    case 'excluded':
      return {
        level: 'info',
        name: 'entries_excluded',
        fields: {
          core: event.core,
          entries: sumOf(event.excluded),
          types: Array.from(event.excluded, ([type, count]) => `${type}:${count}`),
        },
      };
    case 'gone':
      return {
        level: 'error',
        name: 'entries_gone',
        fields: { core: event.core, from: event.from, to: event.to },
      };
    case 'troubled':
      return {
        level: 'warn',
        name: 'peer_troubled',
        fields: {
          core: event.peer.core,
          peer: addressOf(event.peer),
          ...(event.error instanceof Trouble && { reason: event.error.reason }),
          ...describeError(event.error),
          retry_in_ms: event.retryInMs,
        },
      };
    case 'suspected': {
      const { peer, suspicion, evidence } = event.suspicion;
      return {
        level: 'error',
        name: 'log_suspect',
        fields: {
          core: peer.core,
          peer: addressOf(peer),
          suspicion,
          evidence: JSON.stringify(evidence),
        },
      };
    }
    case 'peer-refused':
      return { level: 'error', name: 'peer_refused', fields: { reason: event.why } };
    case 'lease-acquired':
      return {
        level: 'info',
        name: 'lease_acquired',
        fields: { token: event.token, waited_ms: event.waitedMs },
      };
    case 'lease-lost':
      return { level: 'warn', name: 'lease_lost', fields: { token: event.token } };
    case 'degraded':
      return {
        level: 'error',
        name: 'shipper_degraded',
        fields: { part: event.what, ...describeError(event.error) },
      };
  }
}
