import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { awsOptions } from '../emulator-client.ts';

const ONE_MEBIBYTE = 1024 * 1024;

/** Ingest's table and queue, as the stack makes them, on a bare emulator; each call makes its own. */
export class IngestCloud {
  readonly dynamo: DynamoDBDocumentClient;
  readonly sqs: SQSClient;

  constructor(endpoint: string) {
    this.dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(awsOptions(endpoint)), {
      marshallOptions: { removeUndefinedValues: true },
    });
    this.sqs = new SQSClient(awsOptions(endpoint));
  }

  async createTable(): Promise<string> {
    const TableName = `ingest-${randomUUID()}`;
    await this.dynamo.send(
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
    return TableName;
  }

  async createQueue(): Promise<string> {
    const { QueueUrl } = await this.sqs.send(
      new CreateQueueCommand({
        QueueName: `entries-${randomUUID()}`,
        Attributes: { MaximumMessageSize: String(ONE_MEBIBYTE) },
      }),
    );
    if (QueueUrl === undefined) throw new Error('The emulator gave no address for the queue.');
    return QueueUrl;
  }

  /** Takes the messages that are there, waiting up to a second for the first. */
  async takeSome(queueUrl: string): Promise<readonly string[]> {
    const { Messages = [] } = await this.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    if (Messages.length > 0) {
      await this.sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
        }),
      );
    }
    return Messages.map(({ Body = '' }) => Body);
  }

  destroy(): void {
    this.dynamo.destroy();
    this.sqs.destroy();
  }
}
