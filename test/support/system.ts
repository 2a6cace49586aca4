/** The deployed system as a journey sees it: what a customer sees, and hands that can break it. */
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  DescribeLogGroupsCommand,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import { z } from 'zod';
import { quarantineItem, type QuarantineItem } from '../../functions/contracts/quarantine.ts';
import { startAlertReceiver, type AlertReceiver } from '../../scripts/demo/alert-receiver.ts';
import { workersOf } from '../../scripts/emulator.ts';

export interface AwsClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const logLine = z.looseObject({ service: z.string(), event: z.string(), correlation_id: z.string() });
const health = z.object({
  status: z.string(),
  components: z.record(z.string(), z.looseObject({ status: z.string() })),
});

/** Names what a journey leaves for its own search to find. */
const CONTROL = 'control';

/** Polls until it holds or the time is up; the caller then asserts and gets the better message. */
export async function until(withinMs: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline && !(await holds())) await sleep(250);
}

export class System {
  readonly clientOptions: AwsClientOptions;
  readonly outputs = inject('deployed').outputs;
  readonly dynamo: DynamoDBDocumentClient;
  readonly alerts: AlertReceiver;
  readonly #lambda: LambdaClient;
  readonly #sqs: SQSClient;
  readonly #logs: CloudWatchLogsClient;
  readonly #directories: string[] = [];

  private constructor(clientOptions: AwsClientOptions, alerts: AlertReceiver) {
    this.clientOptions = clientOptions;
    this.alerts = alerts;
    this.dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions));
    this.#lambda = new LambdaClient(clientOptions);
    this.#sqs = new SQSClient(clientOptions);
    this.#logs = new CloudWatchLogsClient(clientOptions);
  }

  /** Also lets everything that passes the bus and the alert topic be captured in queues of its own. */
  static async connect(): Promise<System> {
    const { endpoint, region, credentials, outputs } = inject('deployed');
    const options = { endpoint, region, credentials };
    const sns = new SNSClient(options);
    const events = new EventBridgeClient(options);
    const sqs = new SQSClient(options);
    const capture = async (name: string) => {
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
      );
      return Attributes?.['QueueArn'];
    };
    await sns.send(
      new SubscribeCommand({
        TopicArn: outputs.AlertTopicArn,
        Protocol: 'sqs',
        Endpoint: await capture('Captured-alerts'),
      }),
    );
    await events.send(
      new PutRuleCommand({
        Name: 'capture',
        EventBusName: outputs.BusName,
        EventPattern: JSON.stringify({ source: [{ prefix: '' }] }),
      }),
    );
    await events.send(
      new PutTargetsCommand({
        Rule: 'capture',
        EventBusName: outputs.BusName,
        Targets: [{ Id: 'capture', Arn: await capture('Captured-bus') }],
      }),
    );
    return new System(options, await startAlertReceiver(sns, outputs.AlertTopicArn));
  }

  async temporaryDirectory(): Promise<string> {
    const directory = await mkdtemp(path.join(tmpdir(), 'shhh-journey-'));
    this.#directories.push(directory);
    return directory;
  }

  async close(): Promise<void> {
    await this.alerts.stop();
    for (const directory of this.#directories) await rm(directory, { recursive: true, force: true });
  }

  /** Starts a run of the shipper, as the schedule does each minute. */
  async startShipper(): Promise<void> {
    await this.#start(this.outputs.ShipperFunctionName);
  }

  /** Starts a run of the audit log's sequencer, as the schedule does each minute. */
  async startSequencer(): Promise<void> {
    await this.#start(this.outputs.SequencerFunctionName);
  }

  async #start(FunctionName: string): Promise<void> {
    await this.#lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event' }));
  }

  /** SIGKILL to every process that runs the function now. @returns how many there were */
  async kill(name: 'Shipper' | 'Detector'): Promise<number> {
    const functionName = this.outputs[`${name}FunctionName`];
    const victims = workersOf(inject('deployed').emulatorPid).filter(
      (worker) => worker.functionName === functionName,
    );
    for (const { pid } of victims) process.kill(pid, 'SIGKILL');
    return victims.length;
  }

  async findings(): Promise<QuarantineItem[]> {
    const items: QuarantineItem[] = [];
    let from: Record<string, unknown> | undefined;
    do {
      const page = await this.dynamo.send(
        new ScanCommand({
          TableName: this.outputs.QuarantineTableName,
          ExclusiveStartKey: from,
          ConsistentRead: true,
        }),
      );
      const found = (page.Items ?? []).filter(({ pk }) => pk !== CONTROL);
      items.push(...found.map((item) => quarantineItem.parse(item)));
      from = page.LastEvaluatedKey;
    } while (from);
    return items;
  }

  /** Waits until no entry is on its way any more. */
  async quiet(): Promise<void> {
    await until(240_000, async () => {
      const { Attributes } = await this.#sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: this.outputs.EntryQueueUrl,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return (
        Attributes?.['ApproximateNumberOfMessages'] === '0' &&
        Attributes['ApproximateNumberOfMessagesNotVisible'] === '0'
      );
    });
  }

  async sendToEntryQueue(body: string): Promise<void> {
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: this.outputs.EntryQueueUrl, MessageBody: body }));
  }

  /** Messages that the detector could not read; they stay where they are. */
  async deadEntryMessages(): Promise<{ reason: string | undefined }[]> {
    const { Messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.outputs.EntryDlqUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 0,
        MessageAttributeNames: ['All'],
      }),
    );
    return Messages.map(({ MessageAttributes }) => ({ reason: MessageAttributes?.['reason']?.StringValue }));
  }

  /** @returns what a function answers. @throws when it fails */
  async invoke(FunctionName: string, request: unknown): Promise<unknown> {
    const { FunctionError, Payload } = await this.#lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) }),
    );
    const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString('utf8'));
    if (FunctionError !== undefined) throw new Error(`${FunctionName}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async health(): Promise<z.infer<typeof health>> {
    return health.parse(await this.invoke(this.outputs.HealthFunctionName, {}));
  }

  /** Structured lines of any function that carry the correlation id. */
  async logLines(correlationId: string): Promise<z.infer<typeof logLine>[]> {
    const { logGroups = [] } = await this.#logs.send(new DescribeLogGroupsCommand({}));
    const lines: z.infer<typeof logLine>[] = [];
    for (const { logGroupName } of logGroups) {
      const filterPattern = `"${correlationId}"`;
      for await (const { events = [] } of paginateFilterLogEvents(
        { client: this.#logs },
        { logGroupName, filterPattern },
      ))
        for (const { message = '' } of events) {
          const parsed = logLine.safeParse(jsonIn(message));
          if (parsed.success && parsed.data.correlation_id === correlationId) lines.push(parsed.data);
        }
    }
    return lines;
  }

  /** Puts a text into every kind of store, in another encoding each, as a careless function could. */
  async leaveEverywhere(secret: string): Promise<void> {
    const base64 = Buffer.from(`left: ${secret}`).toString('base64');
    await this.dynamo.send(
      new PutCommand({
        TableName: this.outputs.QuarantineTableName,
        // No finding, so nobody publishes it.
        Item: { pk: CONTROL, note: base64 },
      }),
    );
    const s3 = new S3Client({ ...this.clientOptions, forcePathStyle: true });
    await s3.send(
      new PutObjectCommand({
        // The log's own bucket holds the log and nothing else, and could not be cleaned again.
        Bucket: this.outputs.AuditWorkBucketName,
        Key: 'control',
        Body: Buffer.from(secret).toString('hex'),
      }),
    );
    await new SNSClient(this.clientOptions).send(
      new PublishCommand({ TopicArn: this.outputs.AlertTopicArn, Message: base64 }),
    );
    await new EventBridgeClient(this.clientOptions).send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: this.outputs.BusName,
            Source: 'control',
            DetailType: 'Control',
            Detail: JSON.stringify({ note: secret }),
          },
        ],
      }),
    );
    const { logGroups = [] } = await this.#logs.send(new DescribeLogGroupsCommand({}));
    const control = { logGroupName: logGroups[0]?.logGroupName, logStreamName: 'control' };
    await this.#logs.send(new CreateLogStreamCommand(control));
    await this.#logs.send(
      new PutLogEventsCommand({
        ...control,
        logEvents: [{ timestamp: Date.now(), message: encodeURIComponent(`"${secret}"`) }],
      }),
    );
    await new CloudWatchClient(this.clientOptions).send(
      new PutMetricDataCommand({
        Namespace: 'control',
        MetricData: [{ MetricName: 'control', Value: 1, Dimensions: [{ Name: 'note', Value: secret }] }],
      }),
    );
    // Delivery to the captures takes a moment.
    await sleep(2_000);
  }

  async emulatorLog(): Promise<string> {
    return readFile(inject('deployed').logFile, 'utf8');
  }
}

function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line.slice(Math.max(0, line.indexOf('{'))));
  } catch {
    return undefined;
  }
}
