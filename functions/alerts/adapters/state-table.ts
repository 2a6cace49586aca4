/** Keys of everything in the table of alerts' state, and what its adapters share. All keys are strings. */
import {
  BatchGetCommand,
  BatchWriteCommand,
  QueryCommand,
  type DynamoDBDocumentClient,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';

export interface StateTable {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
}

const DIGITS = 15;
/** Milliseconds since the epoch so that text sorts as time does. */
export const sortable = (epochMs: number): string =>
  String(Math.max(0, Math.floor(epochMs))).padStart(DIGITS, '0');

const DAY_SECONDS = 86_400;
/** Longer than a message can wait in a queue and its dead-letter queue, and than a case is open. */
export const KEEP_DAYS = 35;
/** Seconds since the epoch, for the table's TTL. */
export const expiry = (fromMs: number, days: number): number => Math.ceil(fromMs / 1000) + days * DAY_SECONDS;

export const stateKey = {
  window: (key: string, at: number, id: string) => ({ pk: `WINDOW#${key}`, sk: `${sortable(at)}#${id}` }),
  seen: (key: string, at: number, id: string) => ({ pk: `SEEN#${key}`, sk: `${sortable(at)}#${id}` }),
  episode: (key: string, episode: number) => ({ pk: `GROUP#${key}`, sk: `EPISODE#${sortable(episode)}` }),
  content: (key: string, episode: number) => `CONTENT#${key}#${episode}`,
  note: (key: string, episode: number, revision: number) => ({
    pk: `NOTES#${key}#${episode}`,
    sk: sortable(revision),
  }),
  subject: (subject: string) => ({ pk: `SUBJECT#${subject}`, sk: 'LATEST' }),
  subjectGroup: (subject: string, key: string, episode: number) => ({
    pk: `SUBJECT#${subject}`,
    sk: `GROUP#${key}#${episode}`,
  }),
  inhibition: (key: string) => ({ pk: `INHIBIT#${key}`, sk: 'UNTIL' }),
  silence: (id: string) => ({ pk: 'SILENCE', sk: id }),
  delivery: (channel: string, episode: string) => ({ pk: `DELIVERY#${channel}`, sk: episode }),
  breaker: (channel: string) => ({ pk: `BREAKER#${channel}`, sk: 'STATE' }),
} as const;

export type Item = Record<string, unknown>;

/** Every page of a query that reads what was written before it. */
export async function queryAll(
  { client, tableName }: StateTable,
  input: Omit<QueryCommandInput, 'TableName'>,
): Promise<Item[]> {
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const page = await client.send(
      new QueryCommand({ TableName: tableName, ConsistentRead: true, ...input, ExclusiveStartKey: from }),
    );
    items.push(...(page.Items ?? []));
    from = input.Limit === undefined ? page.LastEvaluatedKey : undefined;
  } while (from);
  return items;
}

const WRITES_PER_REQUEST = 25;
const READS_PER_REQUEST = 100;
const ATTEMPTS = 8;

/**
 * Puts items, each whole; what is there under their keys is replaced.
 * @throws Error when the table does not take them after some attempts
 */
export async function putAll({ client, tableName }: StateTable, items: readonly Item[]): Promise<void> {
  const unique = [...new Map(items.map((item) => [JSON.stringify([item['pk'], item['sk']]), item])).values()];
  for (let at = 0; at < unique.length; at += WRITES_PER_REQUEST) {
    let open = unique.slice(at, at + WRITES_PER_REQUEST).map((Item) => ({ PutRequest: { Item } }));
    for (let attempt = 0; open.length > 0; attempt += 1) {
      if (attempt === ATTEMPTS)
        throw new Error(`The table of alerts' state did not take ${open.length} items.`);
      const { UnprocessedItems } = await client.send(
        new BatchWriteCommand({ RequestItems: { [tableName]: open } }),
      );
      open = (UnprocessedItems?.[tableName] ?? []).flatMap(({ PutRequest }) =>
        PutRequest?.Item ? [{ PutRequest: { Item: PutRequest.Item } }] : [],
      );
    }
  }
}

/** The items that are there, in any order. */
export async function getAll(
  { client, tableName }: StateTable,
  keys: readonly { pk: string; sk: string }[],
): Promise<Item[]> {
  const unique = [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
  const items: Item[] = [];
  for (let at = 0; at < unique.length; at += READS_PER_REQUEST) {
    let Keys: Item[] = unique.slice(at, at + READS_PER_REQUEST);
    for (let attempt = 0; Keys.length > 0; attempt += 1) {
      if (attempt === ATTEMPTS)
        throw new Error(`The table of alerts' state did not answer for ${Keys.length} items.`);
      const answer = await client.send(
        new BatchGetCommand({ RequestItems: { [tableName]: { Keys, ConsistentRead: true } } }),
      );
      items.push(...(answer.Responses?.[tableName] ?? []));
      Keys = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
  }
  return items;
}

/** @returns false when the condition of the write did not hold */
export async function whenHolds(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (z.object({ name: z.literal('ConditionalCheckFailedException') }).safeParse(error).success)
      return false;
    throw error;
  }
}
