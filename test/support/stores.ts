/** Reads back everything that the deployed system has written anywhere, as text, to be searched. */
import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { AwsClientOptions } from './system.ts';

/** One place of one store, with what lies there. */
export interface StoredText {
  readonly where: string;
  readonly text: string;
}

type Texts = AsyncGenerator<StoredText>;

/** Every item of every table, as items and as the streams tell them. */
async function* tables(options: AwsClientOptions): Texts {
  const dynamo = new DynamoDBClient(options);
  const { TableNames = [] } = await dynamo.send(new ListTablesCommand({}));
  for (const TableName of TableNames) {
    let from: ScanCommand['input']['ExclusiveStartKey'];
    do {
      const page = await dynamo.send(new ScanCommand({ TableName, ExclusiveStartKey: from }));
      for (const item of page.Items ?? []) yield { where: `table ${TableName}`, text: JSON.stringify(item) };
      from = page.LastEvaluatedKey;
    } while (from);
  }
}

async function* streams(options: AwsClientOptions): Texts {
  const client = new DynamoDBStreamsClient(options);
  const { Streams = [] } = await client.send(new ListStreamsCommand({}));
  for (const { StreamArn, TableName } of Streams) {
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn }));
    for (const { ShardId } of StreamDescription?.Shards ?? []) {
      let { ShardIterator: iterator } = await client.send(
        new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
      );
      let records: unknown[];
      do {
        const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
        records = page.Records ?? [];
        for (const record of records) yield { where: `stream of ${TableName}`, text: JSON.stringify(record) };
        iterator = page.NextShardIterator;
      } while (iterator && records.length > 0);
    }
  }
}

async function* objects(options: AwsClientOptions): Texts {
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  for (const { Name: Bucket } of Buckets) {
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
      for (const { Key } of page.Contents ?? []) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
        yield { where: `object ${Bucket}/${Key}`, text: (await Body?.transformToString('latin1')) ?? '' };
      }
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }
}

/** What waits in queues now; a message that is read here stays. */
async function* queues(options: AwsClientOptions): Texts {
  const sqs = new SQSClient(options);
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  for (const QueueUrl of QueueUrls) {
    const seen = new Set<string>();
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 120,
          MessageAttributeNames: ['All'],
        }),
      );
      const fresh = Messages.filter(({ MessageId = '' }) => !seen.has(MessageId));
      for (const message of fresh) {
        seen.add(message.MessageId ?? '');
        yield { where: `queue ${QueueUrl.split('/').at(-1)}`, text: JSON.stringify(message) };
      }
      if (fresh.length === 0) break;
    }
  }
}

async function* logs(options: AwsClientOptions): Texts {
  const client = new CloudWatchLogsClient(options);
  const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({}));
  for (const { logGroupName } of logGroups) {
    let nextToken: string | undefined;
    do {
      const page = await client.send(new FilterLogEventsCommand({ logGroupName, nextToken }));
      for (const { message = '' } of page.events ?? []) yield { where: `log ${logGroupName}`, text: message };
      nextToken = page.nextToken;
    } while (nextToken);
  }
}

async function* metrics(options: AwsClientOptions): Texts {
  const { Metrics = [] } = await new CloudWatchClient(options).send(new ListMetricsCommand({}));
  for (const metric of Metrics) yield { where: 'metrics', text: JSON.stringify(metric) };
}

/** Everything at rest. Queues are read last: what is read is invisible to the system for two minutes. */
export async function* everythingAtRest(options: AwsClientOptions): Texts {
  for (const store of [tables, streams, objects, logs, metrics, queues]) yield* store(options);
}
