/** What can be asked of the configuration as it is deployed: the closed list of settings, and how they are told. */

/** By name, what the value of a setting is. */
export const FACTS = {
  /** Mode in which an object of the log is locked: `COMPLIANCE`, `GOVERNANCE` or `none`. */
  'log.lock-mode': 'string',
  /** Days for which no version of an object of the log can be deleted; 0 where there is no lock. */
  'log.lock-days': 'number',
  /** `AES256`, `aws:kms`, `aws:kms:dsse` or `none`. */
  'bucket.encryption': 'string',
  /** Every object keeps its versions. */
  'bucket.versioned': 'boolean',
  /** All four blocks of public access are on. */
  'bucket.public-access-blocked': 'boolean',
  /** The policy refuses whoever comes without TLS. */
  'bucket.tls-only': 'boolean',
  'key.enabled': 'boolean',
  /** Key material is renewed by AWS; told of symmetric keys of KMS' own material, which alone can be. */
  'key.rotates': 'boolean',
  /** The policy lets nobody in particular use it: an `Allow` to every principal without a condition. */
  'key.open-to-all': 'boolean',
  /** `AWS_KMS` where the material was drawn in KMS and has never been anywhere else. */
  'key.origin': 'string',
  /** Encrypted under a key of the account's own. */
  'table.own-key': 'boolean',
  /** It can be put back to any second of the last 35 days. */
  'table.recoverable': 'boolean',
  'table.deletion-protected': 'boolean',
  /** Items can expire by themselves. */
  'table.expires-items': 'boolean',
  /** Days that lines are kept; 0 stands for ever. */
  'logs.retention-days': 'number',
  /** Days since the current version of the secret was made. */
  'managed-secret.age-days': 'number',
  /** Encrypted under a key of the account's own. */
  'managed-secret.own-key': 'boolean',
  'queue.encrypted': 'boolean',
  /** It is switched on and somebody is told. */
  'alarm.armed': 'boolean',
} as const satisfies Readonly<Record<string, 'string' | 'number' | 'boolean'>>;

export type FactName = keyof typeof FACTS;

/** One setting of one thing, as it is deployed. */
export interface Fact {
  readonly name: FactName;
  /** The thing that has the setting. */
  readonly subject: string;
  readonly value: string | number | boolean;
}

/** A setting that could not be read, and why: what asks about it is incomplete. */
export interface UnreadFact {
  readonly name: FactName;
  readonly subject: string;
  readonly unread: string;
}

/** The configuration as far as it could be read. */
export interface Configuration {
  readonly facts: readonly Fact[];
  readonly unread: readonly UnreadFact[];
}
