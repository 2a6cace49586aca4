import type { PublishCommandInput } from '@aws-sdk/client-sns';
import { subjectOf } from '../domain/alert.ts';
import type { AlertChannel } from '../domain/send-alert.ts';

export interface SnsChannelOptions {
  readonly topicArn: string;
  /** @throws when SNS has not accepted the message */
  readonly publish: (message: PublishCommandInput) => Promise<unknown>;
}

/** Publishes alerts to an SNS topic: the alert as JSON, and attributes that a subscriber's filter policy can use. */
export function createSnsChannel({ topicArn, publish }: SnsChannelOptions): AlertChannel {
  const text = (StringValue: string) => ({ DataType: 'String', StringValue });
  return {
    name: 'sns',
    async send(alert) {
      await publish({
        TopicArn: topicArn,
        Subject: subjectOf(alert),
        Message: JSON.stringify(alert),
        MessageAttributes: {
          event: text(alert.event),
          severity: text(alert.severity),
          secret_type: text(alert.secret_type),
        },
      });
    },
  };
}
