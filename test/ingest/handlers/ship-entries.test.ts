import type { LogItemExtraInput, LogItemMessage } from '@aws-lambda-powertools/logger/types';
import { describe, expect, test } from 'vitest';
import { createReporter } from '../../../functions/ingest/adapters/reporter.ts';
import { shipEntries } from '../../../functions/ingest/ship-entries.lambda.ts';
import { err } from '../../../functions/kernel/result.ts';
import { createFakeLogSource, FakeLog } from '../../support/ingest/fake-log.ts';
import { Harness } from '../../support/ingest/harness.ts';

const CORE = 'ab'.repeat(32);

interface Line {
  readonly level: string;
  readonly event: string;
  readonly fields: unknown;
}

/** Runs the function for a minute and five seconds over this log. */
async function run(log: FakeLog, lease?: Harness['lease']) {
  const harness = new Harness(log);
  const lines: Line[] = [];
  const stored: [name: string, value: number][] = [];
  const published: (readonly [name: string, value: number])[] = [];
  const line =
    (level: string) =>
    (input: LogItemMessage, ...extra: LogItemExtraInput): void =>
      void lines.push({ level, event: typeof input === 'string' ? input : input.message, fields: extra[0] });
  const logger = { info: line('info'), warn: line('warn'), error: line('error') };
  const metrics = {
    addMetric: (name: string, _: unknown, value: number) => void stored.push([name, value]),
    hasStoredMetrics: () => stored.length > 0,
    publishStoredMetrics: () => void published.push(...stored.splice(0)),
  };
  const answer = await harness.pacer.run(
    shipEntries({
      source: createFakeLogSource([log], harness.pacer),
      directory: harness.directory,
      checkpoints: harness.checkpoints,
      statuses: harness.statuses,
      suspicions: { raise: async () => undefined },
      lease: lease ?? harness.lease,
      queue: harness.queue,
      pacer: harness.pacer,
      random: () => 0.5,
      newHolder: () => 'run-1',
      runSeconds: 65,
      excludedTypes: [],
      spacingMs: 60,
      logger,
      reporter: createReporter(logger, metrics, harness.pacer),
    }),
  );
  return { answer, lines, published, harness };
}

describe('ship-entries', () => {
  test('ships, logs each window by position, and publishes what it counted', async () => {
    const log = new FakeLog(CORE);
    log.append(
      ...Array.from({ length: 3 }, (_, n) => Buffer.from(`a body that nobody may log ${String(n)}`)),
    );
    const { answer, lines, published, harness } = await run(log);
    expect(answer).toEqual({ outcome: 'finished' });
    expect(harness.missing(log)).toEqual([]);
    expect(lines.map(({ event }) => event)).toEqual([
      'peer_connected',
      'lease_acquired',
      'log_resumed',
      'entries_shipped',
      'run_ended',
    ]);
    expect(lines[3]?.fields).toEqual({
      ranges: [`${CORE.slice(0, 16)}.0.0-3`],
      entries: 3,
      messages: 1,
      bytes: 370,
      content_bytes: 370,
      lag_ms: 0,
    });
    expect(JSON.stringify(lines)).not.toContain('nobody may log');
    expect(published).toEqual([
      ['EntriesShipped', 3],
      ['ShipLag', 0],
    ]);
  });

  test('tells of a peer that cannot be reached, with its address and without a stack', async () => {
    const log = new FakeLog(CORE);
    log.faults.push('refuse-connection');
    const { lines } = await run(log);
    expect(lines.find(({ event }) => event === 'peer_troubled')).toMatchObject({
      level: 'warn',
      fields: { core: CORE, peer: 'peer.invalid:4001', reason: 'unreachable', retry_in_ms: 138 },
    });
  });

  test('ends quietly, without a metric, when another run keeps the lease', async () => {
    const log = new FakeLog(CORE);
    const kept = {
      acquire: async () => err('held' as const),
      renew: async () => err('lost' as const),
      release: async () => undefined,
    };
    const { answer, lines, published } = await run(log, kept);
    expect(answer).toEqual({ outcome: 'never-held' });
    expect(published).toEqual([]);
    expect(lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });
});
