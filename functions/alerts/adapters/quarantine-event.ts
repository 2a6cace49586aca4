import { z } from 'zod';
import {
  QUARANTINE_EVENT_SOURCE,
  SECRET_QUARANTINED,
  secretQuarantined,
  type SecretQuarantined,
} from '../../contracts/quarantine.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';

/**
 * EventBridge's envelope. A field that a newer publisher adds is dropped here, not refused: an alert must not wait
 * until both sides are deployed.
 */
const envelope = z.object({
  source: z.literal(QUARANTINE_EVENT_SOURCE),
  'detail-type': z.literal(SECRET_QUARANTINED),
  detail: z.object(secretQuarantined.shape),
});

/**
 * Reads what the bus put into the queue.
 * @param body of the queue's message
 * @returns the event, or why it is none, without quoting it
 */
export function readQuarantineEvent(body: string): Result<SecretQuarantined, string> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return err('the message is no JSON');
  }
  const parsed = envelope.safeParse(value);
  return parsed.success ? ok(parsed.data.detail) : err(describeProblems(parsed.error));
}
