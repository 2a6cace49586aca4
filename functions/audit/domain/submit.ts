/** How an act gets into the log: its producer hands it in, and has a durable answer. */
import { auditEvent, type AuditEvent } from '../../contracts/audit.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { refusalOf } from './entry.ts';
import { problemsOf } from './problems.ts';

/** Keeps what is to be taken in. */
export interface Inbox {
  /** @returns when it cannot be lost any more: whether it was new, or was handed in before */
  put(event: AuditEvent): Promise<'taken' | 'known'>;
}

/** @param given anything @returns why it can be no entry: never its content */
export async function submit(given: unknown, inbox: Inbox): Promise<Result<'taken' | 'known', string>> {
  const event = auditEvent.safeParse(given);
  if (!event.success) return err(problemsOf(event.error));
  const refusal = refusalOf(event.data);
  return refusal === undefined ? ok(await inbox.put(event.data)) : err(refusal);
}
