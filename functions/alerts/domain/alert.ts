import type { SecretLeakAlert } from '../../contracts/alerts.ts';
import type { SecretQuarantined } from '../../contracts/quarantine.ts';
import { recommendedAction } from './recommended-action.ts';

/** What subscribers are told of a finding: named field by field, so that nothing else of the event can slip in. */
export function toAlert(event: SecretQuarantined): SecretLeakAlert {
  return {
    event: 'secret_leak_detected',
    finding_id: event.findingId,
    secret_type: event.secretType,
    provider: event.provider,
    redacted_key: event.redactedKey,
    log_reference: referenceOf(event),
    hypercore_key: event.core,
    agent: clip(event.agent),
    severity: event.severity,
    confidence: event.confidence,
    recommended_action: recommendedAction(event),
    timestamp: event.detectedAt,
    correlation_id: event.correlationId,
    fingerprint: event.fingerprint,
  };
}

/** Where to look: a place in the log, or the message that never came into one. */
function referenceOf({ stage, position, messageId = 'unknown' }: SecretQuarantined): string {
  return stage === 'blocked-before-send' ? `${STOPPED}${clip(messageId)}` : `hyperlog:${position}`;
}

const STOPPED = 'guard:';

/** Longer than any name that a person gives; an alert must fit its channel whatever an agent calls itself. */
const MAX_NAME_CHARACTERS = 256;

function clip(name: string): string {
  return name.length <= MAX_NAME_CHARACTERS
    ? name
    : `${name.slice(0, MAX_NAME_CHARACTERS - 1).toWellFormed()}…`;
}

/** SNS refuses a subject of 100 characters or more, and any that is not printable ASCII. */
const MAX_SUBJECT_CHARACTERS = 99;

/** The line that e-mail subscribers see first: severity, what and where, in printable ASCII. */
export function subjectOf(alert: SecretLeakAlert): string {
  const what = alert.log_reference.startsWith(STOPPED) ? 'stopped before it was sent by' : 'leaked by';
  return `[${alert.severity}] ${alert.secret_type} ${what} ${alert.agent} at ${alert.log_reference}`
    .replace(/[^\x20-\x7e]+/g, '?')
    .slice(0, MAX_SUBJECT_CHARACTERS)
    .trimEnd();
}
