/**
 * Published by revocation: where the revocation of a leaked credential stands. Asked of revocation: what people want
 * done, by the command line, the API or a button in a chat.
 */
import { z } from 'zod';
import { severity } from './finding.ts';

/** functions/revocation/README.md shows what leads from one to the other. */
export const revocationStatus = z.enum([
  'pending',
  'live',
  'not_live',
  'awaiting_approval',
  'contained',
  'revoked',
  'proven_dead',
  'failed',
  'manual',
]);
export type RevocationStatus = z.infer<typeof revocationStatus>;

/** Why a revocation waits for people, or ended without a proof of death. */
export const revocationReason = z.enum([
  /** Its policy wants a person's word. */
  'approval_by_policy',
  /** More credentials were to be revoked within an hour than the policy allows without a person. */
  'over_the_limit',
  /** A token that was laid out to be found. */
  'canary',
  /** No provider that is known here revokes this type of secret. */
  'no_provider',
  /** The secret itself is needed and no longer kept. */
  'no_evidence',
  /** More than one credential fits, or whose it is cannot be told. */
  'ambiguous',
  /** It is on the protected list: nobody may revoke it here. */
  'protected',
  'notify_only',
  'dry_run',
  'rejected',
  'approval_expired',
  /** The provider refuses for good. */
  'refused_by_provider',
  /** The provider could not be reached or understood within the bounds. */
  'provider_unavailable',
  /** It works after the time in which the provider promises that it does not. */
  'still_alive',
  /** A step failed in a way that none of the above covers. */
  'broken',
  /** A person made it work again. */
  'restored',
]);
export type RevocationReason = z.infer<typeof revocationReason>;

const caseId = z.string().regex(/^case_[0-9a-f]{32}$/);
const time = z.iso.datetime();
/** What the last look at the credential told; `unknown` where no look was possible. */
const lastSeen = z.enum(['live', 'dead', 'unknown']);

/** One credential at its provider; no part of it is secret. */
const identity = z.object({
  id: z.string(),
  principal: z.string().optional(),
  account: z.string().optional(),
});

/** A revocation as people and other contexts see it: no secret, no token. */
export const revocationView = z.object({
  caseId,
  /** Counts from 1: a revocation that a person starts again is a new run of the same case. */
  run: z.int().positive(),
  /** Counts every change; the later state has the higher one. */
  revision: z.int().positive(),
  status: revocationStatus,
  reason: revocationReason.optional(),
  /** What a person should know besides: a provider's refusal, what is ambiguous, who rejected. */
  note: z.string().optional(),
  secretType: z.string(),
  provider: z.string(),
  severity,
  redactedKey: z.string(),
  fingerprint: z.string(),
  findingId: z.string(),
  correlationId: z.string(),
  identity: identity.optional(),
  /** What else uses the credential, as far as can be seen; absent before anybody has looked. */
  uses: z.array(z.string()).optional(),
  lastSeen,
  /** The policy's rule that decided. */
  rule: z.string().optional(),
  /** Who started it, where a person did. */
  startedBy: z.string().optional(),
  /** Who approved, rejected or restored, by name; `policy` where nobody was asked. */
  decidedBy: z.string().optional(),
  /** While it waits: until when, and what happens then. */
  approval: z.object({ expiresAt: time, byDefault: z.enum(['approve', 'reject']) }).optional(),
  /** By hand, step by step: for where it ended and the credential may live. */
  manualSteps: z.array(z.string()),
  canRestore: z.boolean(),
  /** Where it is a managed secret's: what replaces it, and until when that is waited for. */
  replacement: z
    .object({ secret: z.string(), rotationId: z.string().optional(), waitsUntil: time.optional() })
    .optional(),
  startedAt: time,
  changedAt: time,
  identifiedAt: time.optional(),
  provenLiveAt: time.optional(),
  containedAt: time.optional(),
  revokedAt: time.optional(),
  provenDeadAt: time.optional(),
  restoredAt: time.optional(),
});
export type RevocationView = z.infer<typeof revocationView>;

export const REVOCATION_EVENT_SOURCE = 'shhh.revocation';
export const REVOCATION_CHANGED = 'RevocationChanged';

/**
 * Detail of `RevocationChanged`: a revocation began, moved on, waits or ended. At least once; `caseId` with `revision`
 * is what to deduplicate and to order by.
 */
export const revocationChanged = revocationView.extend({
  version: z.literal(1),
  previousStatus: revocationStatus.optional(),
  /** Somebody must act now: a protected credential leaked, or one that should be dead is not. */
  urgent: z.boolean(),
});
export type RevocationChanged = z.infer<typeof revocationChanged>;

export const SECRET_REVOKED = 'SecretRevoked';

/**
 * Detail of `SecretRevoked`: the provider was asked after the fact, and the credential does not work. At least once;
 * `eventId` is what to deduplicate by.
 */
export const secretRevoked = z.object({
  version: z.literal(1),
  eventId: z.string(),
  /** When it was seen to be dead. */
  at: time,
  caseId,
  fingerprint: z.string(),
  secretType: z.string(),
  provider: z.string(),
  /** `proven_dead`: revoked here and tried afterwards. `not_live`: it was dead before anything was done. */
  outcome: z.enum(['proven_dead', 'not_live']),
  /** Who decided that it be revoked, by name, or `policy`. */
  decidedBy: z.string().optional(),
});
export type SecretRevoked = z.infer<typeof secretRevoked>;

/** Words of a person, for the audit. */
const words = (most: number) => z.string().trim().min(1).max(most);

export const REVOCATION_DECISIONS = ['approve', 'reject', 'revoke', 'undo'] as const;

/**
 * What the revocation desk is asked. `approve` and `reject` answer a revocation that waits; `revoke` starts one at once,
 * or again where the last one ended without a proof; `undo` makes a credential work again where its provider can.
 */
export const revocationRequest = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('show'), caseId }),
  z.strictObject({
    do: z.enum(REVOCATION_DECISIONS),
    caseId,
    by: words(256),
    why: words(1024),
    /** The run that it is about; a decision about an older one is refused. */
    run: z.int().positive().optional(),
  }),
]);
export type RevocationRequest = z.infer<typeof revocationRequest>;

export const revocationAnswer = z.discriminatedUnion('answer', [
  z.object({ answer: z.literal('revocation'), revocation: revocationView }),
  /** Expected, and for the person who asked: nothing was changed. */
  z.object({
    answer: z.literal('refused'),
    why: z.enum(['bad_request', 'no_such_case', 'no_such_move', 'too_late', 'cannot_restore']),
    message: z.string(),
    revocation: revocationView.optional(),
  }),
]);
export type RevocationAnswer = z.infer<typeof revocationAnswer>;

/**
 * Value of the two buttons under a message in a chat. Who presses is told by the chat, never by the value; `run` keeps
 * the button of an older run from deciding about a newer one.
 */
export const approvalButton = z.strictObject({
  v: z.literal(1),
  do: z.enum(['approve', 'reject']),
  caseId,
  run: z.int().positive(),
});

/** What the workflow asks for, one call each, in the order that its definition says. */
export const revocationStep = z.enum([
  'identify',
  'prove_live',
  'decide',
  'offer_approval',
  'expire_approval',
  'replace',
  'contain',
  'kill',
  'prove_dead',
  'restore',
  'give_up',
]);
export type RevocationStep = z.infer<typeof revocationStep>;

/** What the workflow does next. */
export interface StepAnswer {
  /** `go`: the next step. `again`: this one, after the wait. `ask`: wait for people, so long. `end`: nothing more. */
  readonly next: 'go' | 'again' | 'ask' | 'end';
  readonly waitSeconds: number;
}
