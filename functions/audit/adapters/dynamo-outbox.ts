import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { auditEvent, AUDIT_WAITING_INDEX, type AuditEvent } from '../../contracts/audit.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { toIso, type Clock } from '../../kernel/clock.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import type { Outbox } from '../domain/sequence.ts';
import type { Inbox } from '../domain/take-in.ts';

export interface DynamoOutboxOptions {
  readonly client: Pick<DynamoDBDocumentClient, 'send'>;
  readonly tableName: string;
  readonly clock: Clock;
  /** How long an act that was taken in is known by its id; by default 30 days. */
  readonly rememberSeconds?: number;
}

export interface Backlog {
  /** When what waits longest was handed in, in milliseconds since the epoch; undefined if nothing waits. */
  oldestWaiting(): Promise<number | undefined>;
}

/** Longer than a producer repeats itself: 4 days in a queue and 14 in its dead letters. */
const REMEMBER_SECONDS = 30 * 86_400;
const REQUEST_DEADLINE_MS = 4_000;
/** DynamoDB hands out so many items in one request. */
const ITEMS_IN_A_GET = 100;
const WRITES_AT_ONCE = 32;
/** Everything that waits lies under one key of the index: DynamoDB writes about 1,000 of these a second. */
const WAITING = 'outbox';

const actKey = (id: string): string => `act#${id}`;
const indexed = z.object({ pk: z.string() });
const queued = z.object({ queuedAt: z.iso.datetime() });
const waitingItem = z.object({
  pk: z.string(),
  id: z.string(),
  queuedAt: z.string(),
  waiting: z.literal(WAITING),
  /** The event's canonical JSON. */
  event: z.string(),
});

/**
 * The outbox as items of a table: one for each act, by its id, so that an act which is handed in again meets itself. What
 * waits is found by an index; as an index is a moment late, each item is then read for certain.
 */
export function createDynamoOutbox({
  client,
  tableName: TableName,
  clock,
  rememberSeconds = REMEMBER_SECONDS,
}: DynamoOutboxOptions): Outbox & Inbox & Backlog {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  const update = (id: string, set: Record<string, unknown>, remove: readonly string[]) => {
    const names = [...Object.keys(set), ...remove];
    return client.send(
      new UpdateCommand({
        TableName,
        Key: { pk: actKey(id) },
        UpdateExpression: `SET ${Object.keys(set)
          .map((name) => `#${name} = :${name}`)
          .join(', ')} REMOVE ${remove.map((name) => `#${name}`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries(set).map(([name, value]) => [`:${name}`, value]),
        ),
      }),
      bounded(),
    );
  };

  const queryWaiting = (Limit: number, ExclusiveStartKey?: Record<string, unknown>) =>
    client.send(
      new QueryCommand({
        TableName,
        IndexName: AUDIT_WAITING_INDEX.name,
        KeyConditionExpression: '#waiting = :waiting',
        ExpressionAttributeNames: { '#waiting': AUDIT_WAITING_INDEX.partitionKey },
        ExpressionAttributeValues: { ':waiting': WAITING },
        Limit,
        ExclusiveStartKey,
      }),
      bounded(),
    );

  async function keysOfWaiting(most: number): Promise<readonly string[]> {
    const keys: string[] = [];
    let from: Record<string, unknown> | undefined;
    do {
      const page = await queryWaiting(most - keys.length, from);
      keys.push(...(page.Items ?? []).map((item) => indexed.parse(item).pk));
      from = page.LastEvaluatedKey;
    } while (from !== undefined && keys.length < most);
    return keys;
  }

  async function readForCertain(keys: readonly string[]): Promise<readonly unknown[]> {
    const items: unknown[] = [];
    let missing = keys.map((pk) => ({ pk }));
    while (missing.length > 0) {
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [TableName]: { Keys: missing, ConsistentRead: true } } }),
        bounded(),
      );
      items.push(...(Responses?.[TableName] ?? []));
      missing = (UnprocessedKeys?.[TableName]?.Keys ?? []).map((key) => indexed.parse(key));
    }
    return items;
  }

  return {
    async put(event) {
      try {
        await client.send(
          new PutCommand({
            TableName,
            Item: {
              pk: actKey(event.id),
              id: event.id,
              event: canonicalJson(event),
              waiting: WAITING,
              queuedAt: toIso(clock.now()),
            },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
          bounded(),
        );
        return 'taken';
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return 'known';
        throw error;
      }
    },

    async pending(most) {
      const keys = await keysOfWaiting(most);
      const found: z.infer<typeof waitingItem>[] = [];
      for (let at = 0; at < keys.length; at += ITEMS_IN_A_GET)
        for (const item of await readForCertain(keys.slice(at, at + ITEMS_IN_A_GET))) {
          // What was settled since the index was written waits no more.
          const waits = waitingItem.safeParse(item);
          if (waits.success) found.push(waits.data);
        }
      return found
        .sort((a, b) => (a.queuedAt < b.queuedAt ? -1 : a.queuedAt > b.queuedAt ? 1 : 0))
        .map(({ id, event }) => ({ id, event: readEvent(id, event) }));
    },

    async settle(taken) {
      const expiresAt = Math.floor(clock.now() / 1000) + rememberSeconds;
      for (let at = 0; at < taken.length; at += WRITES_AT_ONCE)
        await Promise.all(
          taken
            .slice(at, at + WRITES_AT_ONCE)
            // That it was taken in is remembered, what it was is in the log.
            .map(({ id, seq }) => update(id, { seq, expiresAt }, ['waiting', 'queuedAt', 'event'])),
        );
    },

    async oldestWaiting() {
      const { Items: [oldest] = [] } = await queryWaiting(1);
      return oldest === undefined ? undefined : Date.parse(queued.parse(oldest).queuedAt);
    },

    async refuse(id, why) {
      await update(id, { refused: why }, ['waiting', 'queuedAt']);
    },
  };
}

function readEvent(id: string, text: string): Result<AuditEvent, string> {
  try {
    const event = auditEvent.safeParse(JSON.parse(text));
    return event.success && event.data.id === id ? ok(event.data) : err('is not of the form of an event');
  } catch {
    return err('is no JSON');
  }
}
