import type { SQSEvent } from 'aws-lambda';
import type { Finding } from '../../functions/contracts/finding.ts';

/** What EventBridge puts into a queue for a quarantined finding. */
export function quarantineEventBody(finding: Finding, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    version: '0',
    id: '11111111-2222-4333-8444-555555555555',
    'detail-type': 'SecretQuarantined',
    source: 'shhh.quarantine',
    account: '000000000000',
    time: '2026-11-21T08:30:01Z',
    region: 'eu-central-1',
    resources: [],
    detail: { ...finding, version: 1, ...more },
  });
}

export function queueEvent(bodies: readonly string[]): SQSEvent {
  return {
    Records: bodies.map((body, i) => ({
      messageId: `message-${i}`,
      receiptHandle: `handle-${i}`,
      body,
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '0',
        SenderId: 'sender',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:queue',
      awsRegion: 'eu-central-1',
    })),
  };
}
