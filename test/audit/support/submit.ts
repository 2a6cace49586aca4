/** Puts an act into the outbox by the shortest way, for tests of what comes behind it: `takeIn` is the producers' way. */
import { refusalOf } from '../../../functions/audit/domain/entry.ts';
import { problemsOf } from '../../../functions/audit/domain/problems.ts';
import type { Inbox } from '../../../functions/audit/domain/take-in.ts';
import { auditEvent } from '../../../functions/contracts/audit.ts';
import { err, ok, type Result } from '../../../functions/kernel/result.ts';

/** @param given anything @returns why it can be no entry: never its content */
export async function submit(given: unknown, inbox: Inbox): Promise<Result<'taken' | 'known', string>> {
  const event = auditEvent.safeParse(given);
  if (!event.success) return err(problemsOf(event.error));
  const refusal = refusalOf(event.data);
  return refusal === undefined ? ok(await inbox.put(event.data)) : err(refusal);
}
