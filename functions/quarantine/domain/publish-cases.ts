import { CASE_CHANGED, type CaseChanged } from '../../contracts/quarantine.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { caseChange, caseEnd, type Case } from './case.ts';
import type { CaseProjector } from './case-book.ts';
import { deliverable, type EventPublisher, type RecordOutcome } from './publish.ts';

/** One change of a case, as the table's stream tells it. */
export interface CaseRecord {
  readonly sequenceNumber: string;
  readonly caseId: string;
  /** When, epoch milliseconds. */
  readonly at: number;
  /** Before and after; a deletion has no after. Or why it cannot be read. */
  readonly change: Result<{ readonly before: Case; readonly after: Case | undefined }, string>;
}

export interface CaseOutcome extends RecordOutcome<CaseChanged | undefined> {
  readonly caseId: string;
}

/**
 * Shows each changed case on its findings, then announces it. A case that only counted one more finding is neither
 * shown nor announced: the finding's own announcement says it.
 * @returns one outcome per record, in the order of the stream; undefined where there was nothing to say
 */
export async function publishCases(
  records: readonly CaseRecord[],
  { projector, publisher }: { readonly projector: CaseProjector; readonly publisher: EventPublisher },
): Promise<readonly CaseOutcome[]> {
  const outcomes: CaseOutcome[] = [];
  // One after the other: a case may stand in the batch twice, and reviews are as rare as people.
  for (const { sequenceNumber, caseId, at, change } of records) {
    const published = change.ok ? await announce(change.value, at, projector, publisher) : change;
    outcomes.push({ sequenceNumber, caseId, published });
  }
  return outcomes;
}

async function announce(
  { before, after }: { readonly before: Case; readonly after: Case | undefined },
  at: number,
  projector: CaseProjector,
  publisher: EventPublisher,
): Promise<Result<CaseChanged | undefined, string>> {
  const event = after === undefined ? caseEnd(before, at) : caseChange(before, after);
  if (event === undefined) return ok(undefined);
  if (after !== undefined) {
    try {
      await projector.project(after);
    } catch (error) {
      return err(`not shown on its findings: ${error instanceof Error ? error.name : 'unknown error'}`);
    }
  }
  const detail = deliverableEvent(event);
  const [answer] = await publisher.publish([{ type: CASE_CHANGED, detail }]);
  if (answer === undefined) return err('the bus gave no answer for it');
  return answer.ok ? ok(detail) : answer;
}

function deliverableEvent(event: CaseChanged): CaseChanged {
  return {
    ...event,
    secretType: deliverable(event.secretType),
    provider: deliverable(event.provider),
    redactedKey: deliverable(event.redactedKey),
    agents: event.agents.map(deliverable),
    ...(event.reviewer !== undefined && { reviewer: deliverable(event.reviewer) }),
    ...(event.reason !== undefined && { reason: deliverable(event.reason) }),
  };
}
