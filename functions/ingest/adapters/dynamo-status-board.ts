import { PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ingestKey, type StatusItem } from '../../contracts/ingest-state.ts';
import type { StatusBoard } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 5_000;

/** One item a log, written over each time: only the last word counts. */
export function createDynamoStatusBoard(
  dynamo: Pick<DynamoDBDocumentClient, 'send'>,
  tableName: string,
): StatusBoard {
  return {
    async post({ lastError, ...status }) {
      const item: StatusItem = {
        pk: 'STATUS',
        sk: ingestKey.status(status.core).sk,
        ...status,
        ...(lastError !== undefined && { lastError }),
      };
      await dynamo.send(new PutCommand({ TableName: tableName, Item: item }), {
        abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
      });
    },
  };
}
