/** What detection needs of the world outside. */
import type { Finding } from '../../contracts/finding.ts';
import type { QuarantineItem } from '../../contracts/quarantine.ts';
import type { EntryBatch } from '../../contracts/ingest.ts';
import type { Redacted } from '../../kernel/redacted.ts';

/** Where a regex matched, start and end in bytes of the buffer: the whole match, then each group; -1 for one without. */
export type RegexSpans = readonly number[];

/** A regular expression that matches bytes in time linear to their number. */
export interface ByteRegex {
  /** The leftmost match that starts at or after `from`, or undefined. */
  exec(bytes: Buffer, from: number): RegexSpans | undefined;
  /**
   * The match that starts just there, or how many bytes it took to see that there is none; `undecided` where what stands
   * past `limit` may decide.
   */
  matchAt(bytes: Buffer, at: number, limit: number): RegexSpans | 'undecided' | number;
  /**
   * Whether a match may start there, by a look at a few bytes: false where none does, whatever follows.
   * @param start where the text begins in `bytes`
   * @param end where it ends
   */
  mayMatchAt(bytes: Buffer, at: number, start: number, end: number): boolean;
}

/** @throws SyntaxError for a source that the engine does not compile */
export type CreateRegex = (source: string) => ByteRegex;

/** Names a secret without telling it: the same secret has the same fingerprint within one deployment. */
export interface Fingerprinter {
  /** @returns 64 lower-case hex digits for each secret, in their order */
  fingerprint(secrets: readonly Redacted[]): Promise<readonly string[]>;
}

/** Keeps what a revocation needs, sealed. */
export interface EvidenceSealer {
  /** Seals a finding's secret where its type is one to be revoked; sealing it again changes nothing. */
  seal(finding: Pick<Finding, 'findingId' | 'fingerprint' | 'secretType'>, secret: Redacted): Promise<void>;
}

export interface Quarantine {
  /** Stores a finding once: storing it again changes nothing and says `duplicate`. */
  put(item: QuarantineItem): Promise<'stored' | 'duplicate'>;
}

/** Where a message goes that no later attempt could read. */
export interface Rejects {
  /** @param reason why it was refused; quotes nothing of the body */
  put(body: string, reason: string): Promise<void>;
}

/** What was scanned, for the figures of the day. */
export interface ScanRecord {
  /** Recording a batch again changes nothing. @throws when it cannot be recorded: record it again */
  scanned(batches: readonly EntryBatch[]): Promise<void>;
}
