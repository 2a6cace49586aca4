import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { createHash } from 'node:crypto';
import {
  dailyKey,
  DAILY_METRICS_KEPT_DAYS,
  packItem,
  RULES_UPDATED,
  scannedItem,
  utcDay,
} from '../../contracts/daily-metrics.ts';
import { toIso, type Clock } from '../../kernel/clock.ts';
import { fromFlat, union } from '../../kernel/intervals.ts';
import { coverageOf, rulesChanged, type Coverage } from '../domain/coverage.ts';
import type { CompiledPack } from '../domain/pack.ts';
import type { ScanRecord } from '../domain/ports.ts';

export interface DynamoScanRecordOptions {
  readonly client: Pick<DynamoDBDocumentClient, 'send'>;
  readonly metricsTable: string;
  readonly clock: Clock;
  readonly pack: Pick<CompiledPack, 'digest' | 'rules'>;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** Another detector may write to the same block meanwhile: each time one of us gets through. */
const MAX_ATTEMPTS = 10;
const REQUEST_DEADLINE_MS = 2_000;

/**
 * Keeps, for each day and block of a log, the positions that were scanned. A write adds to what is there by a union,
 * under the condition that nobody wrote meanwhile: no repetition and no order of messages counts an entry twice.
 */
export function createDynamoScanRecord(options: DynamoScanRecordOptions): ScanRecord {
  const { client, metricsTable, clock, pack, wait } = options;
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  const expiresAt = () => Math.floor(clock.now() / 1000) + DAILY_METRICS_KEPT_DAYS * 86_400;
  const get = async (Key: { pk: string; sk: string }) =>
    (await client.send(new GetCommand({ TableName: metricsTable, Key, ConsistentRead: true }), bounded()))
      .Item;
  let packIsKnown = false;

  async function cover({ day, core, fork, block, intervals }: Coverage): Promise<void> {
    const key = dailyKey.scanned(day, core, fork, block);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const item = await get(key);
      const known = item === undefined ? undefined : scannedItem.parse(item);
      const covered = union([...fromFlat(known?.covered ?? []), ...intervals]).flat();
      if (known !== undefined && covered.join() === known.covered.join()) return;
      try {
        await client.send(
          new PutCommand({
            TableName: metricsTable,
            Item: { ...key, covered, version: (known?.version ?? 0) + 1, expiresAt: expiresAt() },
            ...(known === undefined
              ? { ConditionExpression: 'attribute_not_exists(pk)' }
              : {
                  ConditionExpression: '#version = :version',
                  ExpressionAttributeNames: { '#version': 'version' },
                  ExpressionAttributeValues: { ':version': known.version },
                }),
          }),
          bounded(),
        );
        return;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        if (attempt > 0) await wait(5 * 2 ** Math.min(attempt, 6));
      }
    }
    throw new Error(`Others wrote to ${key.sk} ${MAX_ATTEMPTS} times in a row.`);
  }

  /** A pack that is seen for the first time is an update of as many rules as differ from the one before. */
  async function recordPack(): Promise<void> {
    const rules = Object.fromEntries(
      pack.rules.map((rule) => [
        rule.name,
        createHash('sha256').update(JSON.stringify(rule)).digest('hex').slice(0, 12),
      ]),
    );
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      if ((await get(dailyKey.pack(pack.digest))) !== undefined) return;
      const item = await get(dailyKey.currentPack);
      const before = item === undefined ? undefined : packItem.parse(item);
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              {
                Put: {
                  TableName: metricsTable,
                  Item: { ...dailyKey.pack(pack.digest), firstSeenAt: toIso(clock.now()) },
                  ConditionExpression: 'attribute_not_exists(pk)',
                },
              },
              {
                Put: {
                  TableName: metricsTable,
                  Item: { ...dailyKey.currentPack, digest: pack.digest, rules },
                  ...(before === undefined
                    ? { ConditionExpression: 'attribute_not_exists(pk)' }
                    : {
                        ConditionExpression: 'digest = :before',
                        ExpressionAttributeValues: { ':before': before.digest },
                      }),
                },
              },
              {
                Update: {
                  TableName: metricsTable,
                  Key: dailyKey.rules(utcDay(toIso(clock.now()))),
                  UpdateExpression: 'SET expiresAt = :expiresAt ADD #updated :updated',
                  ExpressionAttributeNames: { '#updated': RULES_UPDATED },
                  ExpressionAttributeValues: {
                    ':expiresAt': expiresAt(),
                    // The first pack of all updates nothing.
                    ':updated': before === undefined ? 0 : rulesChanged(before.rules, rules),
                  },
                },
              },
            ],
          }),
          bounded(),
        );
        return;
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        if (attempt > 0) await wait(5 * 2 ** Math.min(attempt, 6));
      }
    }
    throw new Error(`Others wrote to the pack's record ${MAX_ATTEMPTS} times in a row.`);
  }

  return {
    async scanned(batches) {
      if (!packIsKnown) await recordPack();
      packIsKnown = true;
      await Promise.all(coverageOf(batches).map(cover));
    },
  };
}
