import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { checkpointItem, ingestKey } from '../../contracts/ingest-state.ts';
import { err, ok } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';
import type { Checkpoint } from '../domain/checkpoint.ts';
import type { CheckpointStore } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 5_000;

/** One item a log. Claiming it stamps the lease's token, so that an older holder's next write meets a refusal. */
export function createDynamoCheckpointStore(
  dynamo: Pick<DynamoDBDocumentClient, 'send'>,
  tableName: string,
): CheckpointStore {
  return {
    async claim(core, token) {
      try {
        const { Attributes } = await dynamo.send(
          new UpdateCommand({
            TableName: tableName,
            Key: ingestKey.checkpoint(core),
            UpdateExpression: 'SET #token = :token, #core = :core',
            ConditionExpression: 'attribute_not_exists(#token) OR #token <= :token',
            ExpressionAttributeNames: { '#token': 'token', '#core': 'core' },
            ExpressionAttributeValues: { ':token': token, ':core': core },
            ReturnValues: 'ALL_NEW',
          }),
          { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
        );
        return ok(toCheckpoint(core, Attributes));
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return err('fenced');
        throw error;
      }
    },

    async advance(core, token, { fork, length, treeHash, ancestors }) {
      try {
        await dynamo.send(
          new UpdateCommand({
            TableName: tableName,
            Key: ingestKey.checkpoint(core),
            UpdateExpression:
              'SET #fork = :fork, #length = :length, #treeHash = :treeHash, #ancestors = :ancestors',
            ConditionExpression: '#token = :token',
            ExpressionAttributeNames: {
              '#token': 'token',
              '#fork': 'fork',
              '#length': 'length',
              '#treeHash': 'treeHash',
              '#ancestors': 'ancestors',
            },
            ExpressionAttributeValues: {
              ':token': token,
              ':fork': fork,
              ':length': length,
              ':treeHash': treeHash,
              ':ancestors': ancestors.map((ancestor) => ({
                length: ancestor.length,
                treeHash: ancestor.treeHash,
              })),
            },
          }),
          { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
        );
        return ok(undefined);
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return err('fenced');
        throw error;
      }
    },
  };
}

/** @throws Error when there is an item and it cannot be read: taking it for none would ship the whole log again */
function toCheckpoint(core: string, item: unknown): Checkpoint | undefined {
  const parsed = checkpointItem.safeParse(item);
  if (!parsed.success) {
    throw new Error(`The checkpoint of log ${core} is not readable: ${describeProblems(parsed.error)}.`);
  }
  const { fork, length, treeHash, ancestors = [] } = parsed.data;
  return fork === undefined || length === undefined || treeHash === undefined
    ? undefined
    : { fork, length, treeHash, ancestors };
}
