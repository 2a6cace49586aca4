/** The channels that are services of AWS. */
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import { SendEmailCommand } from '@aws-sdk/client-sesv2';
import type { SNSClient } from '@aws-sdk/client-sns';
import { PublishCommand } from '@aws-sdk/client-sns';
import { z } from 'zod';
import type { NoteChannel, Outcome } from '../../domain/deliver.ts';
import { headlineOf, noteId } from '../../domain/note.ts';
import { email } from '../../domain/render/email.ts';
import { alertMessageOf } from '../../domain/render/message.ts';
import type { emailSettings } from './settings.ts';

const DEADLINE_MS = 8_000;
/** SNS refuses a subject of 100 characters or more, and any that is not printable ASCII. */
const SUBJECT = 99;
/** Longer texts are sent as several. */
const SMS = 120;

/** Errors by which SES and SNS say that this message will never do. */
const FINAL = new Set([
  'BadRequestException',
  'InvalidParameter',
  'InvalidParameterValue',
  'MessageRejected',
  'NotFoundException',
]);
const named = z.object({ name: z.string().max(100) });

async function attempt(call: (options: { abortSignal: AbortSignal }) => Promise<unknown>): Promise<Outcome> {
  try {
    await call({ abortSignal: AbortSignal.timeout(DEADLINE_MS) });
    return { kind: 'delivered' };
  } catch (error) {
    const reason = named.safeParse(error).data?.name ?? 'unknown error';
    return FINAL.has(reason) ? { kind: 'refused', reason } : { kind: 'retry', reason };
  }
}

/** E-mail by SES. SES has no key against repetition: where its answer is lost the mail may come twice. */
export function createEmailChannel(
  ses: Pick<SESv2Client, 'send'>,
  settings: () => Promise<z.infer<typeof emailSettings> | undefined>,
): NoteChannel {
  return {
    name: 'email',
    async deliver(note) {
      const set = await settings();
      if (!set) return { kind: 'off' };
      const { subject, text, html } = email(note);
      const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
      return attempt((options) =>
        ses.send(
          new SendEmailCommand({
            FromEmailAddress: set.from,
            Destination: { ToAddresses: set.to },
            Content: { Simple: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } } },
          }),
          options,
        ),
      );
    },
  };
}

/** The alert topic: a program gets the message of the contract, a person who subscribed an address gets text. */
export function createSnsNoteChannel(sns: Pick<SNSClient, 'send'>, topicArn: string): NoteChannel {
  return {
    name: 'sns',
    deliver(note) {
      const { subject, text } = email(note);
      const message = {
        default: JSON.stringify(alertMessageOf(note)),
        email: text,
        sms: `${headlineOf(note).slice(0, SMS)} ${note.link}`,
      };
      return attempt((options) =>
        sns.send(
          new PublishCommand({
            TopicArn: topicArn,
            Subject: subject
              .replaceAll(/[^\x20-\x7e]+/g, '?')
              .slice(0, SUBJECT)
              .trimEnd(),
            MessageStructure: 'json',
            Message: JSON.stringify(message),
            MessageAttributes: {
              severity: { DataType: 'String', StringValue: note.severity },
              kind: { DataType: 'String', StringValue: note.kind },
              note_id: { DataType: 'String', StringValue: noteId(note) },
            },
          }),
          options,
        ),
      );
    },
  };
}
