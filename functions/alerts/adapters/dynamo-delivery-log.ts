import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { openFor, type Breaker, type DeliveryLog } from '../domain/deliver.ts';
import { episodeOf, noteId } from '../domain/note.ts';
import { expiry, KEEP_DAYS, stateKey, whenHolds, type StateTable } from './state-table.ts';

const stored = z.object({
  revision: z.number().default(0),
  reference: z.string().optional(),
  attempted: z.string().optional(),
});

/** One item for each channel and episode: the last message delivered, who is at it, what an attempt may have left. */
export function createDynamoDeliveryLog({ client, tableName }: StateTable): DeliveryLog {
  return {
    async claim(channel, note, until, now) {
      const Key = stateKey.delivery(channel, episodeOf(note));
      let item: z.infer<typeof stored> | undefined;
      const mine = await whenHolds(
        client
          .send(
            new UpdateCommand({
              TableName: tableName,
              Key,
              UpdateExpression: 'SET heldUntil = :until, expiresAt = :expiresAt',
              ConditionExpression:
                '(attribute_not_exists(revision) OR revision < :revision) AND (attribute_not_exists(heldUntil) OR heldUntil <= :now)',
              ExpressionAttributeValues: {
                ':until': until,
                ':now': now,
                ':revision': note.revision,
                ':expiresAt': expiry(now, KEEP_DAYS),
              },
              ReturnValues: 'ALL_OLD',
            }),
          )
          .then(
            ({ Attributes }) =>
              (item = stored.extend({ heldUntil: z.number().optional() }).parse(Attributes ?? {})),
          ),
      );
      if (mine) {
        // A holder that left without a word died in its attempt.
        const left = z.object({ heldUntil: z.number() }).safeParse(item).success;
        return {
          kind: 'claimed',
          attempted: left || item?.attempted === noteId(note),
          ...(item?.reference === undefined ? {} : { reference: item.reference }),
        };
      }
      const { Item } = await client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
      return { kind: stored.parse(Item ?? {}).revision >= note.revision ? 'superseded' : 'held' };
    },
    async delivered(channel, note, reference) {
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: stateKey.delivery(channel, episodeOf(note)),
          UpdateExpression: `SET revision = :revision${reference === undefined ? '' : ', #reference = :reference'} REMOVE heldUntil, attempted`,
          // The bare word is one that DynamoDB keeps for itself.
          ...(reference === undefined ? {} : { ExpressionAttributeNames: { '#reference': 'reference' } }),
          ExpressionAttributeValues: {
            ':revision': note.revision,
            ...(reference === undefined ? {} : { ':reference': reference }),
          },
        }),
      );
    },
    async release(channel, note, attempted) {
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: stateKey.delivery(channel, episodeOf(note)),
          UpdateExpression: attempted ? 'SET attempted = :id REMOVE heldUntil' : 'REMOVE heldUntil',
          ...(attempted ? { ExpressionAttributeValues: { ':id': noteId(note) } } : {}),
        }),
      );
    },
  };
}

const circuit = z.object({ failures: z.number().default(0), openUntil: z.number().default(0) });

/** One item for each channel: failures in a row, and until when it is left alone. */
export function createDynamoBreaker({ client, tableName }: StateTable): Breaker {
  const read = async (channel: string) => {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: stateKey.breaker(channel), ConsistentRead: true }),
    );
    return circuit.parse(Item ?? {});
  };
  return {
    openUntil: async (channel) => (await read(channel)).openUntil,
    async failed(channel, now) {
      let failures = 0;
      // Those that were let through together count as one: each of them would double the time.
      const closed = await whenHolds(
        client
          .send(
            new UpdateCommand({
              TableName: tableName,
              Key: stateKey.breaker(channel),
              UpdateExpression: 'ADD failures :one',
              ConditionExpression: 'attribute_not_exists(openUntil) OR openUntil <= :now',
              ExpressionAttributeValues: { ':one': 1, ':now': now },
              ReturnValues: 'ALL_NEW',
            }),
          )
          .then(({ Attributes }) => (failures = circuit.parse(Attributes).failures)),
      );
      const ms = openFor(failures);
      if (!closed || ms === 0) return;
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: stateKey.breaker(channel),
          UpdateExpression: 'SET openUntil = :until',
          ExpressionAttributeValues: { ':until': now + ms },
        }),
      );
    },
    async succeeded(channel) {
      if ((await read(channel)).failures === 0) return;
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: stateKey.breaker(channel),
          UpdateExpression: 'SET failures = :none, openUntil = :none',
          ExpressionAttributeValues: { ':none': 0 },
        }),
      );
    },
  };
}
