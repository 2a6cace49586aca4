import {
  DescribeEventBusCommand,
  DescribeRuleCommand,
  ListTagsForResourceCommand as ListEventTagsCommand,
  ListTargetsByRuleCommand,
} from '@aws-sdk/client-eventbridge';
import { GetScheduleCommand } from '@aws-sdk/client-scheduler';
import {
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTagsForResourceCommand as ListTopicTagsCommand,
} from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, ListQueueTagsCommand } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { common, documentOf, name, names, orAbsent, tagList, type Reader } from './reader.ts';

export const readQueue: Reader = async (QueueUrl, { sqs }) => {
  const read = await orAbsent(sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] })));
  if (!read) return undefined;
  const { Tags } = await sqs.send(new ListQueueTagsCommand({ QueueUrl }));
  const attributes: Record<string, string | undefined> = read.Attributes ?? {};
  return {
    ...attributes,
    QueueName: attributes['QueueArn']?.split(':').at(-1),
    RedriveAllowPolicy: documentOf(attributes['RedriveAllowPolicy']),
    RedrivePolicy: documentOf(attributes['RedrivePolicy']),
    Tags: tagList(Tags),
  };
};

export const readQueuePolicy: Reader = async (_, { sqs }, asked) => {
  const urls = names(asked['Queues']);
  const policies = await Promise.all(
    urls.map(async (QueueUrl) => {
      const read = await orAbsent(
        sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['Policy'] })),
      );
      return documentOf(read?.Attributes?.Policy);
    }),
  );
  return {
    Queues: urls.filter((_url, index) => policies[index] !== undefined),
    PolicyDocument: common(policies),
  };
};

export const readTopic: Reader = async (TopicArn, { sns }) => {
  const read = await orAbsent(sns.send(new GetTopicAttributesCommand({ TopicArn })));
  if (!read) return undefined;
  const { Tags } = await sns.send(new ListTopicTagsCommand({ ResourceArn: TopicArn }));
  return { ...read.Attributes, TopicName: TopicArn.split(':').at(-1), Tags };
};

export const readTopicPolicy: Reader = async (_, { sns }, asked) => {
  const arns = names(asked['Topics']);
  const policies = await Promise.all(
    arns.map(async (TopicArn) => {
      const read = await orAbsent(sns.send(new GetTopicAttributesCommand({ TopicArn })));
      return documentOf(read?.Attributes?.['Policy']);
    }),
  );
  return {
    Topics: arns.filter((_arn, index) => policies[index] !== undefined),
    PolicyDocument: common(policies),
  };
};

export const readSubscription: Reader = async (SubscriptionArn, { sns }, asked) => {
  const read = await orAbsent(sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn })));
  if (!read) return undefined;
  const attributes: Record<string, string | undefined> = read.Attributes ?? {};
  // Whom it connects is told by the topic alone.
  const { Subscriptions = [] } = await sns.send(
    new ListSubscriptionsByTopicCommand({ TopicArn: name(asked['TopicArn']) }),
  );
  const { Endpoint, Protocol, TopicArn } =
    Subscriptions.find((candidate) => candidate.SubscriptionArn === SubscriptionArn) ?? {};
  return {
    ...attributes,
    Endpoint,
    Protocol,
    TopicArn,
    FilterPolicy: documentOf(attributes['FilterPolicy']),
    RedrivePolicy: documentOf(attributes['RedrivePolicy']),
  };
};

export const readEventBus: Reader = async (Name, { events }) => {
  const bus = await orAbsent(events.send(new DescribeEventBusCommand({ Name })));
  if (!bus) return undefined;
  const { Tags } = await events.send(new ListEventTagsCommand({ ResourceARN: bus.Arn }));
  return { Name: bus.Name, Description: bus.Description, KmsKeyIdentifier: bus.KmsKeyIdentifier, Tags };
};

export const readRule: Reader = async (id, { events }, asked) => {
  const EventBusName = z.string().optional().parse(asked['EventBusName']);
  const Name = id.split('|').at(-1);
  const rule = await orAbsent(events.send(new DescribeRuleCommand({ Name, EventBusName })));
  if (!rule) return undefined;
  const [{ Targets }, { Tags }] = await Promise.all([
    events.send(new ListTargetsByRuleCommand({ Rule: Name, EventBusName })),
    events.send(new ListEventTagsCommand({ ResourceARN: rule.Arn })),
  ]);
  return {
    Name: rule.Name,
    Description: rule.Description,
    EventBusName: rule.EventBusName,
    EventPattern: documentOf(rule.EventPattern),
    RoleArn: rule.RoleArn,
    ScheduleExpression: rule.ScheduleExpression,
    State: rule.State,
    Tags,
    Targets,
  };
};

export const readSchedule: Reader = async (Name, { scheduler }) =>
  orAbsent(scheduler.send(new GetScheduleCommand({ Name }))).then((schedule) => schedule && { ...schedule });
