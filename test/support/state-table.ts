import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { randomUUID } from 'node:crypto';
import type { StateTable } from '../../functions/alerts/adapters/state-table.ts';
import { awsOptions } from './emulator-client.ts';

/** Tables of alerts' state on a bare emulator, each new and empty. */
export function stateTables(endpoint: string) {
  const plain = new DynamoDBClient(awsOptions(endpoint));
  const client = DynamoDBDocumentClient.from(plain, { marshallOptions: { removeUndefinedValues: true } });
  return {
    async create(): Promise<StateTable> {
      const TableName = `state-${randomUUID()}`;
      await plain.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'sk', AttributeType: 'S' },
          ],
        }),
      );
      return { client, tableName: TableName };
    },
    close: () => plain.destroy(),
  };
}
