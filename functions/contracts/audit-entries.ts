/**
 * What `data` of the log's entries says, by kind, as whoever reads the log may rely on it: one shape for each way in which
 * an entry of this kind comes to be. Acts of other programs are {@link AUDIT_ACTS}; what the buses carry says its details
 * by what functions/audit/adapters/bus-acts.ts makes of it.
 */
import { z } from 'zod';
import { announcedEvent, type ANNOUNCED_EVENTS } from './announced.ts';
import { AUDIT_ACTS } from './audit-acts.ts';
import type { AuditEventType } from './audit.ts';
import { alertDelivered } from './alerts.ts';
import { finding } from './finding.ts';
import { logSuspect, suspicionKind } from './ingest-events.ts';
import { caseChanged, findingExpired, quarantineStatus } from './quarantine.ts';
import { reportChanged, reportVerdicts } from './reports.ts';
import { revocationChanged, revocationStatus, SECRET_REVOKED, secretRevoked } from './revocation.ts';
import { rotationChanged, rotationStatus, rotationTrigger } from './rotation.ts';

const { shape: found } = finding;
const { shape: changed } = caseChanged;
const { shape: gone } = findingExpired;
const { shape: revoked } = revocationChanged;
const { shape: rotated } = rotationChanged;
const { shape: reported } = reportChanged;
const { category, ...event } = AUDIT_ACTS['security.event'].shape;

/** An event that goes in by its own words, without a reading of its own. */
const inItsOwnWords = <N extends string, D extends z.ZodType>(name: N, details: D) =>
  z.strictObject({ event: z.literal(name), details });

const announced = (name: keyof typeof ANNOUNCED_EVENTS) => inItsOwnWords(name, announcedEvent);

const detailsOfCase = z.strictObject({
  previous_status: changed.previousStatus,
  status: changed.status,
  on_hold: changed.onHold,
  reappeared: changed.reappeared,
  occurrences: changed.occurrences,
  secret_type: changed.secretType,
  severity: changed.severity,
  fingerprint: changed.fingerprint,
  agents: changed.agents,
});

/** A kind of event of the system, by its category. */
const categories = <const C extends readonly [string, ...string[]]>(names: C, details: z.ZodType) =>
  z.strictObject({ ...event, category: z.enum(names), details });

/**
 * What people hand in of a breach of personal data, as `security.event` about the case, so that its clocks can be read off
 * the log: docs/reports.md.
 */
const BREACH_CATEGORIES = [
  /** The authority was told. */
  'breach.notified',
  /** It need not be told, and `description` says why. */
  'breach.not_notifiable',
  /** It is likely to result in a high risk to persons. */
  'breach.high_risk',
  /** The persons were told. */
  'breach.persons_informed',
] as const;

export const LOG_ENTRIES: Readonly<Record<AuditEventType, readonly z.ZodObject[]>> = {
  'code.execution': [AUDIT_ACTS['code.execution']],
  'security.assessment': [AUDIT_ACTS['security.assessment']],
  'container.creation': [AUDIT_ACTS['container.creation']],
  'resource.violation': [AUDIT_ACTS['resource.violation']],
  'security.event': [
    z.strictObject({
      ...event,
      category: z.templateLiteral(['case.', z.enum([...changed.status.options, 'reappeared'])]),
      details: detailsOfCase,
    }),
    categories(
      ['finding.expired', 'finding.deleted'],
      z.strictObject({
        rule: gone.rule,
        secret_type: gone.secretType,
        fingerprint: gone.fingerprint,
        status: gone.status,
        detected_at: gone.detectedAt,
        due_at: gone.dueAt,
        case_id: gone.caseId,
      }),
    ),
    z.strictObject({
      ...event,
      category: z.templateLiteral(['log.', suspicionKind]),
      details: z.strictObject({
        peer: logSuspect.shape.peer,
        evidence: logSuspect.shape.evidence.optional(),
      }),
    }),
    z.strictObject({
      ...event,
      category: z.literal('alarm'),
      outcome: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
    }),
    categories(BREACH_CATEGORIES, event.details),
    announced('AuditVerificationFailed'),
    announced('GuardBypassed'),
  ],
  'system.event': [AUDIT_ACTS['system.event']],
  finding: [
    AUDIT_ACTS.finding.extend({
      status: quarantineStatus,
      redacted_key: found.redactedKey,
      details: z.strictObject({
        stage: found.stage.unwrap(),
        provider: found.provider,
        confidence: found.confidence,
        fingerprint: found.fingerprint,
        core: found.core,
        fork: found.fork,
        position: found.position,
        offset: found.offset,
        length: found.length,
        message_id: found.messageId,
        disguise: found.disguise,
        case_id: changed.caseId.optional(),
        occurrences: changed.occurrences.optional(),
        reappeared: z.boolean().optional(),
      }),
    }),
  ],
  review: [AUDIT_ACTS.review.extend({ decision: changed.status, details: detailsOfCase })],
  alert: [
    AUDIT_ACTS.alert.extend({
      details: z.strictObject({
        kind: alertDelivered.shape.kind,
        rules: alertDelivered.shape.rules,
        count: alertDelivered.shape.count,
      }),
    }),
  ],
  approval: [AUDIT_ACTS.approval],
  revocation: [
    AUDIT_ACTS.revocation.extend({
      step: revocationStatus,
      details: z.strictObject({
        previous_status: revoked.previousStatus,
        reason: revoked.reason,
        note: revoked.note,
        severity: revoked.severity,
        fingerprint: revoked.fingerprint,
        redacted_key: revoked.redactedKey,
        finding_id: revoked.findingId,
        identity: revoked.identity,
        uses: revoked.uses,
        last_seen: revoked.lastSeen,
        policy_rule: revoked.rule,
        started_by: revoked.startedBy,
        decided_by: revoked.decidedBy,
        proven_live_at: revoked.provenLiveAt,
        contained_at: revoked.containedAt,
        revoked_at: revoked.revokedAt,
        proven_dead_at: revoked.provenDeadAt,
        restored_at: revoked.restoredAt,
      }),
    }),
    inItsOwnWords(SECRET_REVOKED, secretRevoked),
  ],
  rotation: [
    AUDIT_ACTS.rotation.extend({
      step: rotationStatus,
      details: z.strictObject({
        previous_status: rotated.previousStatus,
        reason: rotated.reason,
        note: rotated.note,
        trigger: rotationTrigger.shape.kind,
        emergency: rotationTrigger.shape.emergency,
        finding_id: rotationTrigger.shape.findingId,
        strategy: rotated.strategy,
        from_version: rotated.fromVersion,
        to_version: rotated.toVersion,
        old_identity: rotated.oldIdentity,
        new_identity: rotated.newIdentity,
        tests: rotated.tests,
        consumers: rotated.consumers,
        gap: rotated.gap,
      }),
    }),
    announced('RotationFailed'),
  ],
  'pattern.change': [AUDIT_ACTS['pattern.change'], announced('PatternChanged')],
  report: [
    AUDIT_ACTS.report,
    AUDIT_ACTS.report.extend({
      outcome: reported.outcome,
      details: z.strictObject({
        reason: reported.reason,
        manifest: z.string().optional(),
        time_zone: reported.period.shape.timeZone,
        log_size: z.int().nonnegative().optional(),
        verdicts: reportVerdicts.optional(),
      }),
    }),
  ],
  backup: [AUDIT_ACTS.backup],
  'administrative.access': [
    AUDIT_ACTS['administrative.access'],
    announced('AuthenticationFailed'),
    announced('OperationDenied'),
  ],
};
