/**
 * What can be done about one leaked credential at the provider that issued it. Adapters implement this port, one per
 * provider or one for all that a declaration describes; the workflow decides what is called and when.
 *
 * Every call may be repeated: a second revocation of a dead credential answers `already_dead`. None of them throws for
 * what a provider may answer; a surprise that no answer covers throws, and the workflow retries it within its bounds.
 */
import type { ProviderCall, Told, Unavailable } from '../../kernel/provider-call.ts';
import type { Redacted } from '../../kernel/redacted.ts';

export type { ProviderCall, Told, Unavailable };

/**
 * One credential and nobody else's, as its provider knows it. `id` names it at the provider (a key's id, a token's
 * number, a webhook's id) and is no secret; where the provider has no name for it but the secret itself, it is `self`,
 * and whatever is done is done with the secret. `principal` is whose it is.
 */
export interface CredentialIdentity {
  readonly id: string;
  readonly principal?: string;
  /** The account, organisation, workspace or project. */
  readonly account?: string;
}

export type Identification =
  | { readonly outcome: 'identified'; readonly identity: CredentialIdentity }
  /** More than one credential fits, or the full identity cannot be had: a person decides, nothing is guessed. */
  | { readonly outcome: 'ambiguous'; readonly reason: string }
  /** The provider knows no such credential any more. */
  | { readonly outcome: 'dead' }
  | Unavailable;

export type Liveness =
  | { readonly outcome: 'live' }
  | { readonly outcome: 'dead' }
  /** A token that was laid out to be found: using it tells its owner. No call was made. */
  | { readonly outcome: 'canary'; readonly reason: string }
  | Unavailable;

export type Revocation =
  | { readonly outcome: 'revoked' }
  | { readonly outcome: 'already_dead' }
  /** The provider refuses for good: a missing permission, an unknown credential. `reason` says which. */
  | { readonly outcome: 'refused'; readonly reason: string }
  | Unavailable;

/** One thing that is known to use the credential, or that it opens: `iam:s3 in eu-west-1`, `scope: repo`. */
export type Use = string;

export interface RevocationProvider {
  /** As rules name it: `github`, `aws`. */
  readonly provider: string;
  /** Types of secrets, as rules name them, that it knows how to revoke. */
  readonly secretTypes: readonly string[];
  /** Whether the calls need the secret itself; where not, no evidence is sealed for it. */
  readonly needsSecret: boolean;
  /** The longest that a revoked credential may still work, in seconds, as the provider documents it. */
  readonly propagationSeconds: number;
  /** What the account that revokes must be allowed to do, as the provider calls it. */
  readonly permission: string;
  /** What a person does by hand, step by step, where nothing else is possible. */
  readonly manualSteps: readonly string[];
  /** Where the protocol is documented. */
  readonly documentation: string;
  /**
   * Set where nothing tells whether the credential works, so that `probe` never answers `live` or `dead`: a second
   * revocation that answers `already_dead` is then the proof.
   */
  readonly provesBy?: 'second-revocation';

  /** Tells exactly which credential this is, by calls that change nothing. */
  identify(secret: Redacted): Promise<Told<Identification>>;
  /** Tells whether the credential works, by a call that changes nothing and costs nothing. */
  probe(secret: Redacted, identity: CredentialIdentity): Promise<Told<Liveness>>;
  /** What else uses it, as far as can be seen; an empty list means that nothing is known. */
  usesOf(secret: Redacted, identity: CredentialIdentity): Promise<Told<readonly Use[]>>;
  /** Takes its power away at once, where that is another act than revoking it and can be undone. */
  readonly contain?: (secret: Redacted, identity: CredentialIdentity) => Promise<Told<Revocation>>;
  /** Takes it out of service. */
  revoke(secret: Redacted, identity: CredentialIdentity): Promise<Told<Revocation>>;
  /** Undoes a containment or a revocation, where the provider can; `revoked` says that it is undone. */
  readonly restore?: (identity: CredentialIdentity) => Promise<Told<Revocation>>;
  /** Deletes what was revoked, where that is another act: it cannot be restored any more. */
  readonly remove?: (identity: CredentialIdentity) => Promise<Told<Revocation>>;
}
