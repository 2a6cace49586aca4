import { UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import type { KeyCaller } from './http-api.ts';

const REQUEST_DEADLINE_MS = 2_000;
/** Counters are of no use after their minute; DynamoDB deletes them some time after this. */
const KEEP_COUNTER_SECONDS = 3_600;
const MINUTE_MS = 60_000;

const counter = z.object({ requests: z.int() });

/** Counts a key's requests. @throws when it cannot */
export interface RequestRates {
  /** @returns how many requests the key has made in this minute, this one included */
  count(keyId: string, minute: number): Promise<number>;
}

/** One counter for each key and minute, shared by all functions. */
export function createDynamoRequestRates(
  dynamo: Pick<DynamoDBDocumentClient, 'send'>,
  TableName: string,
): RequestRates {
  return {
    async count(keyId, minute) {
      const { Attributes } = await dynamo.send(
        new UpdateCommand({
          TableName,
          Key: { pk: `RATE#${keyId}#${minute}` },
          UpdateExpression: 'ADD requests :one SET expiresAt = :later',
          ExpressionAttributeValues: { ':one': 1, ':later': minute * 60 + KEEP_COUNTER_SECONDS },
          ReturnValues: 'UPDATED_NEW',
        }),
        { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
      );
      return counter.parse(Attributes).requests;
    },
  };
}

/**
 * Counts a request.
 * @param now milliseconds since the epoch
 * @returns `undefined` where it may go on, else the seconds until the key may ask again
 */
export async function secondsToWait(
  { keyId, requestsPerMinute }: KeyCaller,
  rates: RequestRates,
  now: number,
): Promise<number | undefined> {
  const minute = Math.floor(now / MINUTE_MS);
  if ((await rates.count(keyId, minute)) <= requestsPerMinute) return undefined;
  return 60 - (Math.floor(now / 1_000) % 60);
}
