/** Update expressions that more than one adapter writes. */
import type { Shown } from '../domain/case.ts';
import type { Additions } from '../domain/daily-metrics.ts';

interface Update {
  readonly UpdateExpression: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, unknown>;
}

/**
 * Shows a case on one of its findings: status, review, and the expiry, which a finding under a legal hold has none of.
 * @param condition under which the finding is changed; `#caseVersion` and `:caseVersion` may stand in it
 * @param keepUntil of a finding that is counted now, seconds since the epoch; one that was counted knows its own
 */
export function showUpdate(shown: Shown, condition: string, keepUntil?: number): Update {
  const set: Record<string, unknown> = { ...shown, ...(keepUntil !== undefined && { keepUntil }) };
  const names = Object.keys(set);
  const assignments = names.map((name) => `#${name} = :${name}`);
  const removed = 'reviewAction' in shown ? [] : ['reviewAction'];
  if (shown.onHold) removed.push('expiresAt');
  else assignments.push(`#expiresAt = ${keepUntil === undefined ? '#keepUntil' : ':keepUntil'}`);
  const removal = removed.length === 0 ? '' : ` REMOVE ${removed.map((name) => `#${name}`).join(', ')}`;
  const used = new Set([...names, ...removed, 'expiresAt', ...(shown.onHold ? [] : ['keepUntil'])]);
  return {
    UpdateExpression: `SET ${assignments.join(', ')}${removal}`,
    ConditionExpression: condition,
    ExpressionAttributeNames: Object.fromEntries([...used].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(names.map((name) => [`:${name}`, set[name]])),
  };
}

/** Adds to counters of a day. @param expiresAt when the counters may go, seconds since the epoch */
export function additionUpdate(additions: Additions, expiresAt: number): Update {
  const names = Object.keys(additions);
  return {
    UpdateExpression: `SET #expiresAt = :expiresAt ADD ${names.map((name) => `#${name} :${name}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries([...names, 'expiresAt'].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(names.map((name) => [`:${name}`, additions[name]])),
      ':expiresAt': expiresAt,
    },
  };
}
