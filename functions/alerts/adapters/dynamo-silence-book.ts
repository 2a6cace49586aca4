import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import type { SilenceStore } from '../domain/ports.ts';
import { silence, type Silence } from '../domain/silence.ts';
import { expiry, queryAll, stateKey, whenHolds, type StateTable } from './state-table.ts';

/** A silence that is over is kept for so long, for whoever asks why nobody was told. */
const KEPT_DAYS = 35;

/** What nobody is told of, as people set it. */
export interface SilenceBook {
  /** Every silence that is known, those that are over included. */
  all(): Promise<readonly Silence[]>;
  add(added: Silence): Promise<void>;
  /** @param now milliseconds since the epoch @returns false where no such silence was in force or to come */
  end(id: string, now: number): Promise<boolean>;
}

export function createDynamoSilenceBook(table: StateTable): SilenceBook {
  const { client, tableName } = table;
  return {
    async all() {
      const items = await queryAll(table, {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': stateKey.silence('').pk },
      });
      // One that cannot be read silences nothing: better an alert too many.
      return items.flatMap((item) => z.object(silence.shape).safeParse(item).data ?? []);
    },
    async add(added) {
      await client.send(
        new PutCommand({
          TableName: tableName,
          Item: { ...stateKey.silence(added.id), ...added, expiresAt: expiry(added.endsAt, KEPT_DAYS) },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
    },
    end: (id, now) =>
      whenHolds(
        client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: stateKey.silence(id),
            UpdateExpression: 'SET endsAt = :now, expiresAt = :expiresAt',
            ConditionExpression: 'endsAt > :now',
            ExpressionAttributeValues: { ':now': now, ':expiresAt': expiry(now, KEPT_DAYS) },
          }),
        ),
      ),
  };
}

const KNOWN_FOR_MS = 2_000;

/** Reads silences, and believes them for two seconds. */
export function createDynamoSilenceStore(table: StateTable, now: () => number): SilenceStore {
  const book = createDynamoSilenceBook(table);
  let known: { readonly at: number; readonly silences: Promise<readonly Silence[]> } | undefined;
  return {
    async silences() {
      if (!known || now() - known.at > KNOWN_FOR_MS) {
        const silences = book.all();
        known = { at: now(), silences };
        silences.catch(() => (known = undefined));
      }
      return known.silences;
    },
  };
}
