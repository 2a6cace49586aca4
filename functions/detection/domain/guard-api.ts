/** What goes over the wire to and from a guard, beside the agent and in the cloud alike. */
import { z } from 'zod';
import { finding, severity } from '../../contracts/finding.ts';
import { guardAction } from '../../contracts/guard.ts';
import type { GuardFinding } from './judge-message.ts';

const name = z.string().min(1).max(256);

export const checkRequest = z
  .strictObject({
    message: z.string().meta({ description: 'What is to be sent, as it would stand on the wire.' }),
    encoding: z
      .enum(['utf8', 'base64'])
      .default('utf8')
      .meta({ description: 'How `message` and `redacted` are written; base64 for bytes that are no UTF-8.' }),
    agent: name
      .optional()
      .meta({ description: 'Who wants to send it; by default what the message itself says.' }),
    messageId: name.optional().meta({
      description:
        'By default the id in the message, or a digest of its redacted text. A repeat has the same.',
    }),
  })
  .meta({ id: 'CheckRequest' });

const foundSecret = z
  .strictObject({
    findingId: z.string(),
    rule: z.string(),
    secretType: z.string(),
    provider: z.string(),
    severity,
    confidence: z.number(),
    offset: z.int().meta({ description: 'Where the secret starts in the message, in bytes.' }),
    length: z.int().meta({ description: 'In bytes.' }),
    redactedKey: z.string().meta({ description: 'First and last characters, e.g. `AKIA****MPLE`.' }),
    fingerprint: z.string().meta({ description: 'Keyed, 64 hex digits: the same secret has the same one.' }),
    action: guardAction,
  })
  .meta({ id: 'FoundSecret' });

export const checkResponse = z
  .strictObject({
    verdict: guardAction.meta({
      description: 'allow: send it as it is. redact: send `redacted` instead. block: send nothing.',
    }),
    findings: z.array(foundSecret),
    redacted: z
      .string()
      .meta({ description: 'The message as it may be sent or shown, in the encoding asked for.' }),
    encoding: z.enum(['utf8', 'base64']),
    noticeForSender: z
      .string()
      .nullable()
      .meta({ description: 'For the sending agent to read; names no secret.' }),
    messageId: z.string().nullable(),
    repeated: z.boolean().meta({ description: 'Whether this very message was stopped before.' }),
    failure: z.enum(['message_too_large', 'scan_failed']).nullable().meta({
      description: 'Why the guard could not look. The verdict is then the one it was configured with.',
    }),
    pack: z.string().meta({ description: 'Digest of the rules that were applied.' }),
  })
  .meta({ id: 'CheckResponse' });
export type CheckResponse = z.infer<typeof checkResponse>;

export const apiError = z
  .strictObject({
    error: z.strictObject({
      code: z.string(),
      message: z
        .string()
        .meta({ description: 'What is wrong and what to do. Quotes nothing of the request.' }),
    }),
  })
  .meta({ id: 'Error' });

/** A finding as it may be answered: without its place in a log that does not exist, and without the text around it. */
export function toFoundSecret(found: GuardFinding): z.infer<typeof foundSecret> {
  const { findingId, rule, secretType, provider, severity: level, confidence, offset, length } = found;
  const { redactedKey, fingerprint, action } = found;
  return {
    ...{ findingId, rule, secretType, provider, severity: level, confidence, offset, length },
    ...{ redactedKey, fingerprint, action },
  };
}

/** Longest report: a message with more findings than this is reported with the first ones. */
export const MOST_REPORTED = 50;

const mask = z
  .string()
  .regex(/^[^*]{0,4}\*{4}[^*]{0,4}$/u, 'at most four characters at each end of four asterisks');

/** What a guard beside the agent tells the cloud of a message that it stopped. There is no field for the message. */
export const blockedReport = z
  .strictObject({
    agent: name,
    messageId: name,
    detectedAt: z.iso.datetime(),
    findings: z
      .array(
        z.strictObject({
          ...finding.pick({ offset: true, length: true, severity: true, confidence: true, fingerprint: true })
            .shape,
          rule: name,
          secretType: name,
          provider: name,
          redactedKey: mask,
          redactedContent: z.string().max(4096),
          entryType: name.optional(),
        }),
      )
      .min(1)
      .max(MOST_REPORTED),
  })
  .meta({ id: 'BlockedReport' });
export type BlockedReport = z.infer<typeof blockedReport>;

export const blockedReceipt = z
  .strictObject({
    recorded: z.int().meta({ description: 'Findings that are new in the quarantine.' }),
    repeated: z.int().meta({ description: 'Findings that were there already: the message was sent again.' }),
  })
  .meta({ id: 'BlockedReceipt' });
