/** A subscriber of the alert topic as a customer would write one: an HTTP endpoint that confirms and then listens. */
import { SubscribeCommand, type SNSClient } from '@aws-sdk/client-sns';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { alertMessage, type AlertMessage } from '../../functions/contracts/alerts.ts';

const CONFIRM_WITHIN_MS = 10_000;

const delivery = z.discriminatedUnion('Type', [
  z.object({ Type: z.literal('SubscriptionConfirmation'), SubscribeURL: z.url() }),
  z.object({ Type: z.literal('Notification'), Message: z.string() }),
]);

export interface AlertReceiver {
  /** Every message as it came, in the order it came; a repeated one stands here twice. */
  readonly received: readonly AlertMessage[];
  /** When each of them came, milliseconds since the epoch. */
  readonly receivedAt: readonly number[];
  /** Whatever came that is no alert by the contract: why, never what. */
  readonly refused: readonly string[];
  stop(): Promise<void>;
}

/** Rules that raise one alert for each finding. */
const BY_FINDING: ReadonlySet<string> = new Set(['critical-finding', 'high-finding', 'stopped-finding']);

/** How many findings the newest message of each group counts: each finding is in one group, once. */
export function findingsIn(messages: readonly AlertMessage[]): number {
  const newest = new Map(messages.map(({ alert }) => [alert.id.replace(/-\d+$/, ''), alert]));
  return [...newest.values()]
    .flatMap(({ rules }) => rules)
    .filter(({ name }) => BY_FINDING.has(name))
    .reduce((sum, { count }) => sum + count, 0);
}

/** Listens on a free loopback port, subscribes it to the topic and waits until the subscription is confirmed. */
export async function startAlertReceiver(sns: SNSClient, topicArn: string): Promise<AlertReceiver> {
  const received: AlertMessage[] = [];
  const receivedAt: number[] = [];
  const refused: string[] = [];
  const confirmed = Promise.withResolvers<undefined>();
  const server = createServer((request, response) => {
    bodyOf(request)
      .then(async (body) => {
        const message = delivery.parse(JSON.parse(body));
        if (message.Type === 'SubscriptionConfirmation') {
          await fetch(message.SubscribeURL);
          confirmed.resolve(undefined);
          return;
        }
        const alert = alertMessage.safeParse(JSON.parse(message.Message));
        if (alert.success) {
          received.push(alert.data);
          receivedAt.push(Date.now());
        } else
          refused.push(
            alert.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.code}`).join('; '),
          );
      })
      .catch((error: unknown) => refused.push(error instanceof Error ? error.name : 'unreadable'))
      .finally(() => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = portOf(server.address());
  await sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'http',
      Endpoint: `http://127.0.0.1:${port}/alerts`,
    }),
  );
  const timeout = setTimeout(
    () =>
      confirmed.reject(
        new Error('The alert topic sent no confirmation to the receiver: alerts would not arrive.'),
      ),
    CONFIRM_WITHIN_MS,
  );
  await confirmed.promise.finally(() => clearTimeout(timeout));
  return {
    received,
    receivedAt,
    refused,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function portOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string')
    throw new Error('The receiver got no port to listen on.');
  return address;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(z.instanceof(Uint8Array).parse(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
