/**
 * Published by rotation: where the replacement of a managed secret stands. Asked of rotation: what people and consumers
 * want, by the command line or the API.
 */
import { z } from 'zod';

/** functions/rotation/README.md shows what leads from one to the other. */
export const rotationStatus = z.enum([
  'planned',
  'staged',
  'installed',
  'verified',
  'promoted',
  'held',
  'acknowledged',
  'in_use',
  'retired',
  'completed',
  'rolling_back',
  'rolled_back',
  'refused',
  'failed',
]);
export type RotationStatus = z.infer<typeof rotationStatus>;

export const rotationStrategy = z.enum([
  /** One user whose password changes. */
  'single_user',
  /** Two users with the same rights; the one that is not in use gets a new password. */
  'alternating_users',
  /** Two slots; the new credential fills the free one. */
  'dual_phase',
  /** AWS rotates it with the vendor: it is watched, and never changed here. */
  'external',
  /** A value that nobody but its consumers knows: it is drawn, and there is nothing to retire. */
  'generate_only',
]);
export type RotationStrategy = z.infer<typeof rotationStrategy>;

/** Why a rotation waits, went back, or ended otherwise than completed. */
export const rotationReason = z.enum([
  /** `AWSCURRENT` does not work: nothing was changed, for what it should be replaced with cannot be told from a fault. */
  'current_broken',
  /** AWS rotates it. */
  'left_to_aws',
  /** The secret's text, or what it takes to change it, is not what the policy says. */
  'not_as_described',
  'refused_by_provider',
  /** The provider could not be reached or understood within the bounds. */
  'provider_unavailable',
  'test_failed',
  /** Consumers did not acknowledge the new version before the deadline. */
  'not_acknowledged',
  /** The promoted version did not work when it was tested again. */
  'not_in_use',
  /** The provider tells of uses of the old credential after consumers have said that they use the new one. */
  'still_used',
  /** The old credential works after the time in which the provider promises that it does not. */
  'still_alive',
  /** Somebody else has moved `AWSCURRENT` meanwhile. */
  'overtaken',
  'by_person',
  /** A step failed in a way that none of the above covers. */
  'broken',
]);
export type RotationReason = z.infer<typeof rotationReason>;

const time = z.iso.datetime();
const name = z.string().min(1).max(128);

const rotationId = z.string().regex(/^rot_[0-9a-f]{32}$/);

/** What started it. */
export const rotationTrigger = z.object({
  kind: z.enum(['schedule', 'age', 'person', 'leak', 'threat']),
  /** A person's name, or the part that noticed. */
  by: z.string().min(1).max(256),
  why: z.string().max(1024).optional(),
  /** Of a leak. */
  findingId: z.string().optional(),
  correlationId: z.string().max(256).optional(),
  /** Whether the policy for emergencies counts. */
  emergency: z.boolean(),
});
export type RotationTrigger = z.infer<typeof rotationTrigger>;

/** One test of one version. `skipped`: the policy for emergencies leaves it out, and says so here. */
export const testResult = z.object({
  name,
  kind: name,
  of: z.enum(['current', 'staged', 'in_use']),
  outcome: z.enum(['passed', 'failed', 'unavailable', 'skipped']),
  reason: z.string().max(500).optional(),
  at: time,
  tookMs: z.number().nonnegative(),
});
export type TestResult = z.infer<typeof testResult>;

const identity = z.object({ id: z.string(), account: z.string().optional() });
const versionId = z.string().min(1).max(64);

/** A rotation as people and other contexts see it: no secret. */
export const rotationView = z.object({
  rotationId,
  /** The managed secret, as its policy names it. */
  secret: name,
  /** Counts from 1: the rotations of this secret. */
  run: z.int().positive(),
  /** Counts every change; the later state has the higher one. */
  revision: z.int().positive(),
  status: rotationStatus,
  reason: rotationReason.optional(),
  /** What a person should know besides: a provider's refusal, who held it. */
  note: z.string().optional(),
  trigger: rotationTrigger,
  strategy: rotationStrategy,
  rotator: name,
  /** Secrets Manager's ids of versions: the one to be replaced, and the new one. */
  fromVersion: versionId.optional(),
  toVersion: versionId,
  /** The credentials at their provider. */
  oldIdentity: identity.optional(),
  newIdentity: identity.optional(),
  tests: z.array(testResult),
  /** Who has to acknowledge, and who has. */
  consumers: z.array(z.object({ name, acknowledgedAt: time.optional() })),
  /** While consumers are waited for, or a person: until when. */
  waitsUntil: time.optional(),
  /** The time in which no valid credential was published, where the policy wanted the old one to die first. */
  gap: z.object({ from: time, to: time.optional() }).optional(),
  manualSteps: z.array(z.string()),
  startedAt: time,
  changedAt: time,
  stagedAt: time.optional(),
  verifiedAt: time.optional(),
  promotedAt: time.optional(),
  acknowledgedAt: time.optional(),
  retiredAt: time.optional(),
  endedAt: time.optional(),
});
export type RotationView = z.infer<typeof rotationView>;

/** The table's index over rotations that are over. */
export const ROTATION_HISTORY_INDEX = {
  name: 'history',
  partitionKey: 'historyOf',
  sortKey: 'startedAt',
} as const;

export const ROTATION_EVENT_SOURCE = 'shhh.rotation';
export const ROTATION_CHANGED = 'RotationChanged';

/**
 * Detail of `RotationChanged`: a rotation began, moved on, waits or ended. At least once; `rotationId` with `revision`
 * is what to deduplicate and to order by. One that ends otherwise than completed is told as `RotationFailed` as well.
 */
export const rotationChanged = rotationView.extend({
  version: z.literal(1),
  previousStatus: rotationStatus.optional(),
});
export type RotationChanged = z.infer<typeof rotationChanged>;

/** Published by whoever learns that a managed secret is in wrong hands: a threat feed, another system of the account. */
export const SECRET_COMPROMISED = 'SecretCompromised';

/** Detail of `SecretCompromised`. The same `eventId` starts one rotation, however often it comes. */
export const secretCompromised = z.object({
  version: z.literal(1),
  eventId: z.string().min(1).max(128),
  /** The managed secret, as its policy names it. */
  secret: name,
  by: z.string().min(1).max(256),
  why: z.string().min(1).max(1024),
});
export type SecretCompromised = z.infer<typeof secretCompromised>;

/** Words of a person, for the audit. */
const words = (most: number) => z.string().trim().min(1).max(most);
const person = { secret: name, by: words(256), why: words(1024) };

/** What the rotation desk is asked. */
export const rotationRequest = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('show'), secret: name }),
  /** The newest 20 that are over. */
  z.strictObject({ do: z.literal('history'), secret: name }),
  z.strictObject({ do: z.literal('rotate'), ...person, emergency: z.boolean() }),
  /** Ends the wait for consumers or for a person: go on to retire the old one, or put it back. */
  z.strictObject({ do: z.enum(['go_on', 'roll_back']), ...person }),
  /** A consumer says which version it uses now. */
  z.strictObject({ do: z.literal('acknowledge'), secret: name, consumer: name, versionId }),
]);
export type RotationRequest = z.infer<typeof rotationRequest>;

export const rotationAnswer = z.discriminatedUnion('answer', [
  z.object({ answer: z.literal('rotation'), rotation: rotationView }),
  z.object({ answer: z.literal('history'), rotations: z.array(rotationView) }),
  /** Heard; there is no rotation that it matters to. */
  z.object({ answer: z.literal('heard') }),
  /** Expected, and for who asked: nothing was changed. */
  z.object({
    answer: z.literal('refused'),
    why: z.enum(['bad_request', 'no_such_secret', 'no_such_consumer', 'no_such_move', 'in_rotation']),
    message: z.string(),
    rotation: rotationView.optional(),
  }),
]);
export type RotationAnswer = z.infer<typeof rotationAnswer>;

const replacing = { findingId: z.string().min(1).max(128), correlationId: z.string().max(256) };

/**
 * Asked by revocation before it takes a leaked credential out of service: whether it is of a managed secret, which is
 * then being replaced. Asked again, with the rotation that was named: where that stands.
 */
export const replacementRequest = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('replace'), fingerprint: z.string().regex(/^[0-9a-f]{64}$/), ...replacing }),
  z.strictObject({ do: z.literal('watch'), secret: name, rotationId }),
]);
export type ReplacementRequest = z.infer<typeof replacementRequest>;

export const replacementAnswer = z.discriminatedUnion('answer', [
  /** It is of no managed secret, or of one that its policy does not replace when it leaks. */
  z.object({ answer: z.literal('not_managed') }),
  /**
   * It is being replaced, and is to live until then: so many seconds at most, from when it was asked first. Without a
   * rotation's id the one that replaces it follows another and has none yet: ask anew.
   */
  z.object({
    answer: z.literal('wait'),
    secret: name,
    rotationId: rotationId.optional(),
    seconds: z.int().nonnegative(),
  }),
  /**
   * It may die now: it has been replaced, or is to die first, or its replacement has ended otherwise. Without a status the
   * rotation is over and another one has followed.
   */
  z.object({ answer: z.literal('go_on'), secret: name, rotationId, status: rotationStatus.optional() }),
]);
export type ReplacementAnswer = z.infer<typeof replacementAnswer>;

/** What the workflow asks for, one call each, in the order that its definition says. */
export const rotationStep = z.enum([
  'plan',
  'stage',
  'install',
  'verify',
  'promote',
  'await_consumers',
  'confirm',
  'retire',
  'prove_dead',
  'roll_back',
  'give_up',
  'abandon',
]);
export type RotationStep = z.infer<typeof rotationStep>;

/** What the workflow does next. */
export interface RotationStepAnswer {
  /** `go`: the next step. `again`: this one, after the wait. `back`: undo what was done. `end`: nothing more. */
  readonly next: 'go' | 'again' | 'back' | 'end';
  readonly waitSeconds: number;
}
