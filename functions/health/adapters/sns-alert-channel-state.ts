import { GetTopicAttributesCommand, type SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import type { Probe } from '../domain/check-health.ts';
import type { AlertChannelState } from '../domain/judge.ts';

const count = z.string().regex(/^\d+$/).transform(Number);
const attributes = z.object({ SubscriptionsConfirmed: count, SubscriptionsPending: count });

/** Counts who listens to an SNS topic. */
export function createSnsAlertChannelState(client: SNSClient, topicArn: string): Probe<AlertChannelState> {
  return async (abortSignal) => {
    const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn: topicArn }), {
      abortSignal,
    });
    const parsed = attributes.parse(Attributes);
    return { confirmed: parsed.SubscriptionsConfirmed, unconfirmed: parsed.SubscriptionsPending };
  };
}
