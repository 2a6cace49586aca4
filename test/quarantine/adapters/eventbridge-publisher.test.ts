import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { QUARANTINE_EVENT_SOURCE, SECRET_QUARANTINED } from '../../../functions/contracts/quarantine.ts';
import { createEventBridgePublisher } from '../../../functions/quarantine/adapters/eventbridge-publisher.ts';
import { toSecretQuarantined } from '../../../functions/quarantine/domain/publish-findings.ts';
import { awsOptions } from '../../support/emulator-client.ts';
import { anItem } from '../../support/finding-builder.ts';
import { eventPublisherContract } from '../../support/event-publisher-contract.ts';
import { receiveAll } from '../../support/receive-all.ts';

const options = awsOptions(inject('endpoint'));
const bus = new EventBridgeClient(options);
const sqs = new SQSClient(options);
const envelope = z.object({ detail: z.unknown() });

const publisherTo = (busName: string) =>
  createEventBridgePublisher({
    busName,
    putEvents: (Entries) => bus.send(new PutEventsCommand({ Entries })),
    wait: async () => undefined,
  });

async function createBusWithQueue(): Promise<{ busName: string; QueueUrl: string }> {
  const busName = `bus-${randomUUID()}`;
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: busName }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  await bus.send(new CreateEventBusCommand({ Name: busName }));
  await bus.send(
    new PutRuleCommand({
      Name: 'findings',
      EventBusName: busName,
      EventPattern: JSON.stringify({
        source: [QUARANTINE_EVENT_SOURCE],
        'detail-type': [SECRET_QUARANTINED],
      }),
    }),
  );
  await bus.send(
    new PutTargetsCommand({
      Rule: 'findings',
      EventBusName: busName,
      Targets: [{ Id: 'queue', Arn: Attributes?.['QueueArn'] }],
    }),
  );
  return { busName, QueueUrl };
}

afterAll(() => {
  bus.destroy();
  sqs.destroy();
});

eventPublisherContract(async () => {
  const { busName, QueueUrl } = await createBusWithQueue();
  return {
    publisher: publisherTo(busName),
    received: async (count) =>
      (await receiveAll(sqs, QueueUrl, count)).map(
        ({ Body = '' }) => envelope.parse(JSON.parse(Body)).detail,
      ),
  };
});

describe('a bus that cannot be reached', () => {
  test('is an answer for each finding, not a crash', async () => {
    const nowhere = new EventBridgeClient({ ...options, endpoint: 'http://127.0.0.1:9', maxAttempts: 1 });
    const publisher = createEventBridgePublisher({
      busName: 'bus',
      putEvents: (Entries) => nowhere.send(new PutEventsCommand({ Entries })),
      wait: async () => undefined,
    });
    const answers = await publisher.publish([
      { type: SECRET_QUARANTINED, detail: toSecretQuarantined(anItem()) },
    ]);
    expect(answers).toEqual([{ ok: false, error: expect.stringContaining('PutEvents: ') as unknown }]);
  });
});
