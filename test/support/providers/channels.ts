/** Every channel of a deployed stage, pointed at something that captures what it is sent. */
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { SNSClient } from '@aws-sdk/client-sns';
import { startAlertReceiver, type AlertReceiver } from '../../../scripts/demo/alert-receiver.ts';
import type { StackOutputs } from '../../../scripts/deploy-local.ts';
import type { AwsClientOptions } from '../system.ts';
import { startStandIns, type StandIns } from './stand-ins.ts';

const FROM = 'shhh@example.com';

export interface CapturedChannels {
  /** Slack, PagerDuty and the webhook. */
  readonly standIns: StandIns;
  /** A subscriber of the alert topic. */
  readonly topic: AlertReceiver;
  /** E-mails as SES was given them, as JSON. */
  mails(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Sets up all five channels. Functions that have read their settings before notice within a minute. */
export async function captureChannels(
  options: AwsClientOptions,
  outputs: StackOutputs,
): Promise<CapturedChannels> {
  const signing = ['signing', 'secret', 'of', 'nobody'].join('-');
  const standIns = await startStandIns(signing);
  const secrets = new SecretsManagerClient(options);
  const set = (SecretId: string, value: unknown) =>
    secrets.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }));
  await set(outputs.SlackSettingsArn, {
    token: ['xoxb', 'nobody'].join('-'),
    channel: 'C0CAPTURED',
    baseUrl: `${standIns.baseUrl}/api/`,
  });
  await set(outputs.PagerDutySettingsArn, { routingKey: 'captured', baseUrl: standIns.baseUrl });
  await set(outputs.WebhookSettingsArn, { url: `${standIns.baseUrl}/hook`, secret: signing });
  await set(outputs.EmailSettingsArn, { from: FROM, to: ['on-call@example.com'] });
  await new SESv2Client(options).send(new CreateEmailIdentityCommand({ EmailIdentity: FROM }));
  const topic = await startAlertReceiver(new SNSClient(options), outputs.AlertTopicArn);
  return {
    standIns,
    topic,
    async mails() {
      // The emulator's own address for what SES was given.
      const answer = await fetch(`${options.endpoint}/_ministack/ses/messages`);
      return messagesUnder(await answer.json());
    },
    async stop() {
      await topic.stop();
      await standIns.stop();
    },
  };
}

/** Of the emulator's answer, each message: the innermost lists of objects, whatever accounts stand around them. */
function messagesUnder(value: unknown): string[] {
  if (Array.isArray(value)) return value.map((message) => JSON.stringify(message));
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(messagesUnder) : [];
}
