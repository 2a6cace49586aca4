/** Port to the bus, and what every announcement has in common. */
import type {
  CASE_CHANGED,
  CaseChanged,
  FINDING_EXPIRED,
  FindingExpired,
  SECRET_QUARANTINED,
  SecretQuarantined,
} from '../../contracts/quarantine.ts';
import type { Result } from '../../kernel/result.ts';

export type QuarantineEvent =
  | { readonly type: typeof SECRET_QUARANTINED; readonly detail: SecretQuarantined }
  | { readonly type: typeof CASE_CHANGED; readonly detail: CaseChanged }
  | { readonly type: typeof FINDING_EXPIRED; readonly detail: FindingExpired };

/** Puts events on the bus. */
export interface EventPublisher {
  /**
   * @returns for each event, in the order given, whether the bus has accepted it or why not. Does not throw:
   *   what a call could not deliver is said per event.
   */
  publish(events: readonly QuarantineEvent[]): Promise<readonly Result<void, string>[]>;
}

/** What became of one record of a stream. */
export interface RecordOutcome<T> {
  /** Where the record stands in its shard of the stream; what a retry starts from. */
  readonly sequenceNumber: string;
  readonly published: Result<T, string>;
}

/** Sequence number that the stream has to retry from: the first record that was not announced. */
export function firstFailure(outcomes: readonly RecordOutcome<unknown>[]): string | undefined {
  return outcomes.find((outcome) => !outcome.published.ok)?.sequenceNumber;
}

/**
 * Characters that SQS and SNS refuse (no XML: U+FFFE, U+FFFF, lone surrogates) become U+FFFD, else an agent could call
 * itself something that no alert can be delivered with.
 */
export function deliverable(text: string): string {
  return text.toWellFormed().replace(/[\uFFFE\uFFFF]/g, '\uFFFD');
}
