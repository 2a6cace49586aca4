/** What the demo sees of the running system: only what any operator could read, through the same APIs. */
import { FilterLogEventsCommand, type CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { GetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { checkpointItem, ingestKey } from '../../functions/contracts/ingest-state.ts';
import { MESSAGES_SCANNED } from '../../functions/contracts/metrics.ts';
import type { QuarantineItem } from '../../functions/contracts/quarantine.ts';
import { systemClock } from '../../functions/kernel/clock.ts';
import { createDynamoQuarantineReader } from '../../functions/quarantine/adapters/dynamo-quarantine-reader.ts';
import type { QuarantineReader } from '../../functions/quarantine/domain/query-quarantine.ts';

const QUARANTINE_POLL_MS = 50;
const PROGRESS_POLL_MS = 500;
const OVERLAP_MS = 5_000;
const PAGE = 100;

/** A finding and when it could first be read, milliseconds since the epoch. */
export interface Seen {
  readonly item: QuarantineItem;
  readonly readableAt: number;
}

export interface WatchTargets {
  readonly dynamo: DynamoDBDocumentClient;
  readonly logs: CloudWatchLogsClient;
  readonly lambda: LambdaClient;
  readonly quarantineTable: string;
  readonly ingestTable: string;
  readonly detectorFunction: string;
  /** The log that is watched. */
  readonly core: string;
}

export class Watch {
  /** Every finding so far, in the order it became readable. */
  readonly seen: Seen[] = [];
  /** Entries that the queue has accepted. */
  shipped = 0;
  /** Entries that the detector has scanned, by its own metric; a repeated one counts twice. */
  scanned = 0;
  readonly #targets: WatchTargets;
  readonly #known = new Set<string>();
  readonly #logEvents = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<unknown>;
  readonly #reader: QuarantineReader;
  #failure: unknown;

  constructor(targets: WatchTargets) {
    this.#targets = targets;
    this.#reader = createDynamoQuarantineReader({
      client: targets.dynamo,
      tableName: targets.quarantineTable,
      clock: systemClock,
    });
    this.#running = Promise.all([
      this.#repeat(QUARANTINE_POLL_MS, () => this.#readQuarantine()),
      this.#repeat(PROGRESS_POLL_MS, () => this.#readShipped()),
      this.#repeatScanned(),
    ]).catch((error: unknown) => {
      this.#failure = error;
      this.#stopping.abort();
    });
  }

  /** @throws what made watching fail: what is seen is then not all there is */
  ensureWatching(): void {
    if (this.#failure !== undefined)
      throw new Error('The system could not be watched.', { cause: this.#failure });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #repeat(everyMs: number, look: () => Promise<void>): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await look();
      await sleep(everyMs);
    }
  }

  async #readQuarantine(): Promise<void> {
    const newest = this.seen.at(-1)?.item.detectedAt;
    let cursor: string | undefined;
    do {
      const page = await this.#reader.query(
        {
          select: { by: 'status', value: 'pending' },
          order: 'oldest_first',
          // A finding written by a slower detector may carry an earlier time than one already seen.
          from: newest === undefined ? 0 : Date.parse(newest) - OVERLAP_MS,
        },
        { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
      );
      if (!page.ok) throw new Error(`The quarantine refused the query: ${page.error}.`);
      const readableAt = Date.now();
      for (const item of page.value.items) {
        if (this.#known.has(item.findingId)) continue;
        this.#known.add(item.findingId);
        this.seen.push({ item, readableAt });
      }
      cursor = page.value.next;
    } while (cursor !== undefined);
  }

  async #readShipped(): Promise<void> {
    const { Item } = await this.#targets.dynamo.send(
      new GetCommand({ TableName: this.#targets.ingestTable, Key: ingestKey.checkpoint(this.#targets.core) }),
    );
    if (Item) this.shipped = checkpointItem.parse(Item).length ?? 0;
  }

  async #repeatScanned(): Promise<void> {
    const { LoggingConfig } = await this.#targets.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: this.#targets.detectorFunction }),
    );
    const logGroupName = z.string().parse(LoggingConfig?.LogGroup);
    const start = Date.now();
    await this.#repeat(PROGRESS_POLL_MS, () => this.#readScanned(logGroupName, start));
  }

  async #readScanned(logGroupName: string, startTime: number): Promise<void> {
    let nextToken: string | undefined;
    do {
      const page = await this.#targets.logs.send(
        new FilterLogEventsCommand({
          logGroupName,
          startTime,
          filterPattern: `"${MESSAGES_SCANNED}"`,
          nextToken,
        }),
      );
      for (const { eventId, logStreamName, timestamp, message = '' } of page.events ?? []) {
        // Not every emulator numbers its log events.
        const event = eventId ?? `${logStreamName}/${timestamp}/${message}`;
        if (this.#logEvents.has(event)) continue;
        this.#logEvents.add(event);
        this.scanned += scannedIn(message);
      }
      nextToken = page.nextToken;
    } while (nextToken);
  }
}

const scannedMetric = z.object({ [MESSAGES_SCANNED]: z.union([z.number(), z.array(z.number())]) });

/** The metric in one log line of embedded metric format; 0 where the line holds none. */
function scannedIn(line: string): number {
  const start = line.indexOf('{');
  if (start < 0) return 0;
  try {
    const metric = scannedMetric.safeParse(JSON.parse(line.slice(start)));
    if (!metric.success) return 0;
    return [metric.data[MESSAGES_SCANNED]].flat().reduce((sum, value) => sum + value, 0);
  } catch {
    // A line of the runtime's own.
    return 0;
  }
}
