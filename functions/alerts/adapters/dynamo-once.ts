import {
  IdempotencyAlreadyInProgressError,
  IdempotencyConfig,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import type { Once } from '../domain/send-alert.ts';

/** Longer than a message can live: 4 days in the queue and 14 in its dead-letter queue. */
const REMEMBER_SECONDS = 30 * 86_400;

export interface DynamoOnceOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /**
   * Milliseconds after which the function is dead for certain: what a run that died held is free again by then.
   * Lambda's own remaining time is used where it is shorter.
   */
  readonly longestRunMs: number;
}

/**
 * Remembers in a DynamoDB table, by Powertools: a hash of the key, a state and two times, nothing of the alert.
 * When the function dies after the effect and before it is remembered, the effect runs again: at least once.
 * @returns what to remember with during one invocation
 */
export function createDynamoOnce({
  client,
  tableName,
  longestRunMs,
}: DynamoOnceOptions): (context: Context) => Once {
  const persistenceStore = new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client });
  return (context) => {
    const startedAt = performance.now();
    const remaining = () => {
      const own = longestRunMs - (performance.now() - startedAt);
      return Math.max(1, Math.ceil(Math.min(own, context.getRemainingTimeInMillis())));
    };
    const config = new IdempotencyConfig({
      expiresAfterSeconds: REMEMBER_SECONDS,
      hashFunction: 'sha256',
      throwOnNoIdempotencyKey: true,
      lambdaContext: { ...context, getRemainingTimeInMillis: remaining },
    });
    return {
      async run(key, effect) {
        const ran = new Set<string>();
        const guarded = makeIdempotent(
          async (fresh: string) => {
            ran.add(fresh);
            await effect();
          },
          { persistenceStore, config, keyPrefix: 'alert', dataIndexArgument: 0 },
        );
        try {
          await guarded(key);
        } catch (error) {
          if (error instanceof IdempotencyAlreadyInProgressError) return 'held';
          throw error;
        }
        return ran.has(key) ? 'done' : 'done_before';
      },
    };
  };
}
