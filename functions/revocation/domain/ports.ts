/** What revocation needs of the world outside, besides providers. */
import type { Redacted } from '../../kernel/redacted.ts';
import type { RevocationRecord } from './revocation.ts';
import type { Move } from './transitions.ts';

/** Where revocations rest. */
export interface RevocationStore {
  /** `undefined` only when there is none of this case. */
  get(caseId: string): Promise<RevocationRecord | undefined>;
  /**
   * Writes what was decided on the revision that was seen; without one, only where there is no revocation of the case.
   * @param move the move that it makes, whose valid beginnings are a condition of the write
   * @returns false where somebody else wrote meanwhile: nothing was written, read and decide again
   */
  write(record: RevocationRecord, seen: number | undefined, move: Move | undefined): Promise<boolean>;
}

/** Counts revocations that no person has decided. */
export interface RevocationLimit {
  /** Whether it may go on by itself; asking again for the same key changes nothing. */
  admit(key: string, nowMs: number, revocationsPerHour: number): Promise<boolean>;
}

/** Takes the sealed evidence of a secret away, by its fingerprint. */
export interface EvidenceEraser {
  /** What is away already stays so. */
  erase(fingerprint: string): Promise<void>;
}

/** The sealed evidence, by the secret's fingerprint. */
export interface EvidenceVault extends EvidenceEraser {
  /** `undefined` when it is not kept, or no longer. @throws when that cannot be told */
  open(fingerprint: string): Promise<Redacted | undefined>;
}

/** What a run is asked to do. */
export interface RunOrder {
  readonly caseId: string;
  readonly run: number;
  readonly do: 'revoke' | 'restore';
}

/** The workflow that takes the steps. */
export interface Workflow {
  /** Starts it once for each name; a name that was used is no error. */
  start(name: string, order: RunOrder): Promise<void>;
  /** Lets a run go on that waits for people; a token of a run that waits no more is no error. */
  resume(token: string): Promise<void>;
}

/** Remembers signed requests, so that one that is sent again counts for nothing. */
export interface ReplayBook {
  /** @returns whether it is the first of this name; the name may be forgotten after `untilMs` */
  first(name: string, untilMs: number): Promise<boolean>;
}
