import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Quarantine } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 4_000;

/** The quarantine's table: a finding that is there already is left as it is, with the review it may have had. */
export function createDynamoQuarantine(
  dynamo: Pick<DynamoDBDocumentClient, 'send'>,
  tableName: string,
): Quarantine {
  return {
    async put(item) {
      try {
        await dynamo.send(
          new PutCommand({
            TableName: tableName,
            Item: item,
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
          { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
        );
        return 'stored';
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return 'duplicate';
        throw error;
      }
    },
  };
}
