import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { createSnsChannel } from '../../../functions/alerts/adapters/sns-channel.ts';
import { toAlert } from '../../../functions/alerts/domain/alert.ts';
import { alertChannelContract } from '../../support/alert-channel-contract.ts';
import { awsOptions } from '../../support/emulator-client.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { receiveAll } from '../../support/receive-all.ts';

const options = awsOptions(inject('endpoint'));
const sns = new SNSClient(options);
const sqs = new SQSClient(options);
const notification = z.object({
  Message: z.string(),
  Subject: z.string(),
  MessageAttributes: z.record(z.string(), z.object({ Type: z.string(), Value: z.string() })),
});

async function createSubscribedTopic(filterPolicy?: Record<string, unknown>) {
  const name = `alerts-${randomUUID()}`;
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: name }));
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  await sns.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: Attributes?.['QueueArn'],
      ...(filterPolicy ? { Attributes: { FilterPolicy: JSON.stringify(filterPolicy) } } : {}),
    }),
  );
  const channel = createSnsChannel({
    topicArn: TopicArn,
    publish: (message) => sns.send(new PublishCommand(message)),
  });
  const notifications = async (count: number) =>
    (await receiveAll(sqs, QueueUrl, count)).map(({ Body = '' }) => notification.parse(JSON.parse(Body)));
  return { channel, notifications };
}

afterAll(() => {
  sns.destroy();
  sqs.destroy();
});

alertChannelContract(async () => {
  const { channel, notifications } = await createSubscribedTopic();
  return {
    channel,
    received: async (count) =>
      (await notifications(count)).map(({ Message }): unknown => JSON.parse(Message)),
  };
});

describe('an alert on an SNS topic', () => {
  test('has a subject for e-mail and attributes for filters', async () => {
    const { channel, notifications } = await createSubscribedTopic();
    await channel.send(toAlert({ ...aFinding(), version: 1 }));
    expect(await notifications(1)).toMatchObject([
      {
        Subject: '[CRITICAL] aws_access_key_id leaked by agent-7 at hyperlog:41',
        MessageAttributes: {
          event: { Type: 'String', Value: 'secret_leak_detected' },
          severity: { Type: 'String', Value: 'CRITICAL' },
          secret_type: { Type: 'String', Value: 'aws_access_key_id' },
        },
      },
    ]);
  });

  test('reaches only those subscribers whose filter it passes', async () => {
    const { channel, notifications } = await createSubscribedTopic({ severity: ['CRITICAL'] });
    await channel.send(toAlert({ ...aFinding({ position: 1, severity: 'HIGH' }), version: 1 }));
    await channel.send(toAlert({ ...aFinding({ position: 2, severity: 'CRITICAL' }), version: 1 }));
    const subjects = (await notifications(1)).map(({ Subject }) => Subject);
    expect(subjects).toEqual(['[CRITICAL] aws_access_key_id leaked by agent-7 at hyperlog:2']);
  });

  test('is an error when there is no such topic', async () => {
    const channel = createSnsChannel({
      topicArn: 'arn:aws:sns:us-east-1:000000000000:nobody',
      publish: (message) => sns.send(new PublishCommand(message)),
    });
    await expect(channel.send(toAlert({ ...aFinding(), version: 1 }))).rejects.toThrow();
  });
});
