/** What rotation needs of the world outside: rotators and verifiers here, stores and workflow further below. */
import type { z } from 'zod';
import type { RotationStrategy } from '../../contracts/rotation.ts';
import type { Told, Unavailable } from '../../kernel/provider-call.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import type { Result } from '../../kernel/result.ts';
import type { CredentialIdentity } from './identity.ts';
import type { RotationRecord } from './rotation.ts';
import type { Move } from './transitions.ts';

export type { CredentialIdentity };

/**
 * Whether old and new work side by side from `install` to `retire`. `one`: installing the new one ends the old one, as
 * with a database user that has one password; to undo that, the old value is reinstated.
 */
export type Overlap = 'both' | 'one';

/** What one rotation is about. The same rotation hands in the same order each time, however often a step is repeated. */
export interface RotationOrder {
  /**
   * `rot_` and 32 hex digits: drawn once a rotation. What a rotator creates it names by this, where the provider lets
   * it, and so finds again what an attempt before a crash has left.
   */
  readonly rotationId: string;
  /** As the policy names the managed secret. */
  readonly secret: string;
  readonly strategy: RotationStrategy;
  /** The policy's settings of the rotator, as its schema has read them: parse them with that schema again. */
  readonly settings: unknown;
  /** The whole text of the version that was `AWSCURRENT` when the rotation began. */
  readonly current: Redacted;
  /** Of the version that was `AWSPREVIOUS` then, where there is one. */
  readonly previous?: Redacted;
  /** Of the version that this rotation has staged, once it has: where a user may change itself only, it may log in by it. */
  readonly staged?: Redacted;
  /** The value of the secret that the policy names as `authority`: an administrator who may change the credential. */
  readonly authority?: Redacted;
  /** A new random text by the policy's generator; another one each time. */
  readonly newPassword: () => Redacted;
}

/** The new version's whole text. */
export type Creation =
  | { readonly outcome: 'created'; readonly value: Redacted }
  /** It cannot be done, and trying again does not help. `reason` quotes nothing secret and says what to do. */
  | Refused
  | Unavailable;

export type Change = { readonly outcome: 'done' } | Refused | Unavailable;

export type Liveness = { readonly outcome: 'live' } | { readonly outcome: 'dead' } | Unavailable;

/** When a credential was used last, as its provider tells; `at` is RFC 3339, absent where it never was. */
export type LastUse = { readonly outcome: 'told'; readonly at?: string } | Unavailable;

export interface Refused {
  readonly outcome: 'refused';
  readonly reason: string;
}

/** What is known of a kind of rotator without calling anything; policies are checked against it when they are built. */
export interface RotatorDescription {
  /** As policies name it: `postgresql`, `aws-iam`. */
  readonly kind: string;
  /** Of what a policy may set; strict, so that a slip of the pen is told. */
  readonly settings: z.ZodType;
  /** undefined where it cannot rotate by this strategy. */
  overlap(strategy: RotationStrategy, settings: unknown): Overlap | undefined;
  /** Whether the policy has to name an `authority`. */
  needsAuthority(strategy: RotationStrategy, settings: unknown): boolean;
  /** The longest that a retired credential may still work, in seconds, as the provider documents it. */
  readonly propagationSeconds: number;
  /** What the one who rotates must be allowed to do, as the provider calls it. */
  readonly permission: string;
  /** Where the protocol is documented. */
  readonly documentation: string;
}

/**
 * How one kind of credential is changed at its provider. Rules for every method:
 * - It may be called again after any crash and at any time of a rotation: what was done is not done twice, and is no error.
 * - It acts on the credential that the value names, exactly, and on no other: what it cannot tell apart it refuses.
 * - It tells a provider's refusal as `refused`, an outage or an answer that it cannot read as `unavailable`. A surprise
 *   throws an error that quotes nothing of what was handled.
 * - A value leaves its `Redacted` only to be sent. Reasons, calls and identities hold nothing secret.
 * - It ends within 20 s, a bounded number of calls with bounded waits.
 */
export interface Rotator extends RotatorDescription {
  /** Whose a value is; no call is made. An error says which field of the text is not as it must be, never its content. */
  describe(value: Redacted): Result<CredentialIdentity, string>;
  /** The texts in it that are secret: what would be found, were it to leak. Their fingerprints tell a leak of this secret. */
  secretsIn(value: Redacted): readonly Redacted[];
  /**
   * Texts in it that name the credential and are no secret, such as a key's id: where one of them leaks alone, nothing
   * is lost; where what it names is about to be revoked, it is this secret's.
   */
  readonly namesIn?: (value: Redacted) => readonly Redacted[];
  /**
   * Makes the new version's text. Where the credential is ours to choose (a password), nothing is called: `install`
   * does it. Where the provider draws it (a key), it is drawn here, and what an earlier attempt of this rotation drew is
   * destroyed first: its value is lost. Refuses where there is no room for it (both slots in use by others).
   */
  create(order: RotationOrder): Promise<Told<Creation>>;
  /** Makes the staged value work at the provider; nothing to do where `create` drew it. */
  install(order: RotationOrder, staged: Redacted): Promise<Told<Change>>;
  /** Whether a value works, by a call that changes nothing and costs nothing: proof of life and proof of death. */
  probe(order: RotationOrder, value: Redacted): Promise<Told<Liveness>>;
  /** Where the provider tells it. */
  readonly lastUse?: (order: RotationOrder, value: Redacted) => Promise<Told<LastUse>>;
  /** Takes the old one out of service, in the way that `reinstate` can undo where there is one. */
  retire(order: RotationOrder, old: Redacted): Promise<Told<Change>>;
  /**
   * Makes an old value work again, after `retire`, or after `install` where only one works at a time. Does nothing where
   * it works. Refuses where the provider cannot.
   */
  reinstate(order: RotationOrder, old: Redacted): Promise<Told<Change>>;
  /**
   * Removes a credential for good: a retired and dead one, or a new one that is not to be. Only what is this value's
   * own: of a user with two passwords the one that this value has, never the user. It is not asked of what overlaps by
   * `one`. Afterwards the value does not work.
   * @param value undefined: whatever this rotation has created and nobody has kept the value of, if there is any
   */
  destroy(order: RotationOrder, value: Redacted | undefined): Promise<Told<Change>>;
}

/** How a test of a staged value ended. */
export type TestOutcome =
  | { readonly outcome: 'passed' }
  /** The value does not do what the test asks. `reason` quotes nothing secret. */
  | { readonly outcome: 'failed'; readonly reason: string }
  | Unavailable;

/** A test as a policy names it, with its settings. */
export interface TestOrder {
  readonly rotationId: string;
  readonly secret: string;
  readonly settings: unknown;
  /** The whole text of the version to test. */
  readonly value: Redacted;
}

export interface VerifierDescription {
  /** As policies name it: `postgresql`, `http`, `github`. */
  readonly kind: string;
  readonly settings: z.ZodType;
  readonly documentation: string;
}

/**
 * A test of a staged value: calls that change nothing and cost nothing, within 10 s. The rules of {@link Rotator} hold.
 * How long it took is measured around it.
 */
export interface Verifier extends VerifierDescription {
  run(order: TestOrder): Promise<Told<TestOutcome>>;
}

/** The labels that count; a version may have others. */
export type StagingLabel = 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS';

/** The versions of a secret and the labels on each; a version without a label is about to be deleted. */
export type Versions = ReadonlyMap<string, readonly string[]>;

/** A managed secret's versions, as Secrets Manager keeps them. */
export interface SecretVault {
  /** None where there is no such secret. @throws where that cannot be said */
  versions(secretId: string): Promise<Versions>;
  /** `undefined` only where no version of the secret has the label. @throws where there is no such secret */
  byLabel(secretId: string, label: StagingLabel): Promise<SecretVersion | undefined>;
  /** `undefined` only where there is no such version. */
  byVersion(secretId: string, versionId: string): Promise<SecretVersion | undefined>;
  /**
   * Puts a version with the label `AWSPENDING`, which moves there from wherever it is. The same version id with the same
   * value is written once; with another one it is refused.
   * @returns false where there is a version of this id with another value: read that one
   */
  stage(secretId: string, versionId: string, value: Redacted): Promise<boolean>;
  /**
   * Moves `AWSCURRENT` in one act to a version, and with it `AWSPREVIOUS` to the one that had it.
   * @param from the version that must have it; where it is another, nothing is moved
   * @returns whether the version has it now
   */
  promote(secretId: string, versionId: string, from: string): Promise<boolean>;
  /** Takes a label off a version; a version that does not have it is left as it is. */
  unlabel(secretId: string, label: StagingLabel, versionId: string): Promise<void>;
}

export interface SecretVersion {
  readonly versionId: string;
  readonly value: Redacted;
}

/** Where rotations rest: one record for each managed secret, its present or last rotation. */
export interface RotationStore {
  /** `undefined` only when there is none of this secret. */
  get(secret: string): Promise<RotationRecord | undefined>;
  /**
   * Writes what was decided on the revision that was seen; without one, only where there is no record of the secret.
   * @param move the move that it makes, whose valid beginnings are a condition of the write
   * @returns false where somebody else wrote meanwhile: nothing was written, read and decide again
   */
  write(record: RotationRecord, seen: number | undefined, move: Move | undefined): Promise<boolean>;
}

export interface RunOrder {
  readonly secret: string;
  readonly run: number;
}

/** The workflow that takes the steps. */
export interface RotationWorkflow {
  /** Makes sure that it runs: once at a time for each name. Who asks knows that there is something left to do. */
  start(name: string, order: RunOrder): Promise<void>;
}
