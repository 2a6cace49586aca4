/** Ports to where cases rest. */
import type { QuarantineItem, QuarantineStatus } from '../../contracts/quarantine.ts';
import type { Severity } from '../../contracts/finding.ts';
import type { Result } from '../../kernel/result.ts';
import type { Case, Decision, DecisionRefusal } from './case.ts';

/** Counts findings into their cases. */
export interface CaseCounter {
  /**
   * Counts each finding once, however often and in whatever order it is handed in, and shows the case on it.
   * @param findings of one fingerprint
   * @returns the case as it is afterwards; undefined where the findings are gone before they were counted
   * @throws when it cannot be said whether they were counted: hand them in again
   */
  count(findings: readonly QuarantineItem[]): Promise<Case | undefined>;
}

/** Shows a case on its findings. */
export interface CaseProjector {
  /** A finding that shows a later version already is left as it is. @returns how many findings were changed */
  project(known: Case): Promise<number>;
}

/** What reviewers work with. */
export interface CaseDesk {
  /** `undefined` only when there is no such case. */
  get(caseId: string): Promise<Case | undefined>;
  /** Takes a decision, or says who was faster or why there is no such move. */
  decide(decision: Decision): Promise<Result<Case, DecisionRefusal>>;
  /** Cases by one of their properties, opened from a time on and before another, newest first; pages are stable. */
  list(
    select: CaseSelection,
    page: {
      readonly limit: number;
      readonly cursor?: string;
      /** Milliseconds since the epoch. */
      readonly from?: number;
      readonly until?: number;
    },
  ): Promise<Result<CasePage, 'cursor_of_another_query'>>;
}

export type CaseSelection =
  | { readonly by: 'status'; readonly value: QuarantineStatus }
  | { readonly by: 'severity'; readonly value: Severity }
  | { readonly by: 'secretType'; readonly value: string };

export interface CasePage {
  readonly cases: readonly Case[];
  /** Present while there may be more, also on a page that is not full. */
  readonly next?: string;
}
