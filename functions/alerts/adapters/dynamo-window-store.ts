import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import type { InhibitionStore, WindowStore } from '../domain/ports.ts';
import {
  expiry,
  getAll,
  KEEP_DAYS,
  putAll,
  queryAll,
  sortable,
  stateKey,
  whenHolds,
  type StateTable,
} from './state-table.ts';

const stored = z.object({
  id: z.string(),
  at: z.number(),
  rules: z.array(z.string()),
  value: z.string().optional(),
});
/** What one rule has matched lies apart, so that it can be found among what others have matched in a flood. */
const ofRule = (key: string, rule: string): string => `${key}#${rule}`;

/** A message may wait so long before it is evaluated. */
const LATE_DAYS = 5;
const DAY_MS = 86_400_000;

/** Each event of a window is an item of its own: a repeated one replaces itself, and two functions never meet. */
export function createDynamoWindowStore(table: StateTable): WindowStore {
  const { client, tableName } = table;
  const page = async (key: string, from: string, to: string, limit: number, forwards: boolean) =>
    queryAll(table, {
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':pk': `WINDOW#${key}`, ':from': from, ':to': to },
      ScanIndexForward: forwards,
      Limit: limit,
    });
  async function around(key: string, at: number, spanMs: number, limit: number) {
    // `~` sorts behind every id.
    const [before, after] = await Promise.all([
      page(key, sortable(at - spanMs), `${sortable(at)}#~`, limit, false),
      page(key, sortable(at + 1), `${sortable(at + spanMs)}#~`, limit, true),
    ]);
    return [...before, ...after].map((item) => {
      const { value, ...event } = stored.parse(item);
      return { ...event, ...(value === undefined ? {} : { value }) };
    });
  }
  return {
    async add(entries) {
      await putAll(
        table,
        entries.flatMap(({ key, rule, entry }) =>
          (rule.type === 'temporal' ? entry.rules.map((name) => ofRule(key, name)) : [key]).map((window) => ({
            ...stateKey.window(window, entry.at, entry.id),
            ...entry,
            expiresAt: expiry(
              entry.at,
              LATE_DAYS + Math.ceil((rule.timespanMs + (rule.usual?.overMs ?? 0)) / DAY_MS),
            ),
          })),
        ),
      );
    },
    around,
    nearest: (key, rule, at, spanMs) => around(ofRule(key, rule), at, spanMs, 1),
    async count(key, from, to, limit) {
      if (to <= from) return 0;
      const { Count = 0 } = await client.send(
        new QueryCommand({
          TableName: tableName,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ':pk': `WINDOW#${key}`,
            ':from': sortable(from),
            ':to': `${sortable(to - 1)}#~`,
          },
          Select: 'COUNT',
          Limit: limit,
        }),
      );
      return Count;
    },
    async see(seen) {
      await putAll(
        table,
        seen.map(({ key, at, id }) => ({ ...stateKey.seen(key, at, id), expiresAt: expiry(at, KEEP_DAYS) })),
      );
    },
    async seenSince(key, at) {
      const found = await queryAll(table, {
        KeyConditionExpression: 'pk = :pk AND sk >= :from',
        ExpressionAttributeValues: { ':pk': `SEEN#${key}`, ':from': sortable(at) },
        Limit: 1,
      });
      return found.length > 0;
    },
  };
}

export function createDynamoInhibitionStore(table: StateTable): InhibitionStore {
  const { client, tableName } = table;
  return {
    async inhibit(key, until) {
      await whenHolds(
        client.send(
          new PutCommand({
            TableName: tableName,
            Item: { ...stateKey.inhibition(key), until, expiresAt: expiry(until, 1) },
            ConditionExpression: 'attribute_not_exists(pk) OR #until < :until',
            ExpressionAttributeNames: { '#until': 'until' },
            ExpressionAttributeValues: { ':until': until },
          }),
        ),
      );
    },
    async isInhibited(key, now) {
      const [item] = await getAll(table, [stateKey.inhibition(key)]);
      return item !== undefined && z.object({ until: z.number() }).parse(item).until > now;
    },
  };
}
