/** What the buses carry, as acts for the log: who did what to what, known by the id that a repetition shares. */
import { z } from 'zod';
import { ALERT_DELIVERED, ALERTS_EVENT_SOURCE, alertDelivered } from '../../contracts/alerts.ts';
import type { AuditEvent } from '../../contracts/audit.ts';
import { INGEST_EVENT_SOURCE, LOG_SUSPECT, logSuspect } from '../../contracts/ingest-events.ts';
import {
  CASE_CHANGED,
  caseChanged,
  FINDING_EXPIRED,
  findingExpired,
  QUARANTINE_EVENT_SOURCE,
  SECRET_QUARANTINED,
  secretQuarantined,
} from '../../contracts/quarantine.ts';
import { REPORT_CHANGED, REPORT_EVENT_SOURCE, reportChanged } from '../../contracts/reports.ts';
import {
  REVOCATION_CHANGED,
  REVOCATION_EVENT_SOURCE,
  revocationChanged,
  type RevocationStatus,
} from '../../contracts/revocation.ts';
import {
  ROTATION_CHANGED,
  ROTATION_EVENT_SOURCE,
  rotationChanged,
  type RotationStatus,
} from '../../contracts/rotation.ts';
import { fromIso, toIso } from '../../kernel/clock.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';

const envelope = z.object({
  id: z.string().min(1),
  source: z.string().min(1),
  'detail-type': z.string().min(1),
  time: z.string(),
  detail: z.record(z.string(), z.json()),
});
type Envelope = z.infer<typeof envelope>;
type Act = Omit<AuditEvent, 'commitments'>;

/** Members that are absent are left out: an entry's JSON knows no `undefined`. */
function present(members: Readonly<Record<string, z.core.util.JSONType | undefined>>): AuditEvent['data'] {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

const text = z.string().optional().catch(undefined);

/** What any publisher of ours may say of itself. */
const common = z.object({
  eventId: text,
  at: text,
  principal: text,
  agent: text,
  caseId: text,
  fingerprint: text,
  correlationId: text,
});

/** What an event of a publisher that is not known here by its contract is about. */
const TYPES: Readonly<Record<string, Act['type']>> = {
  'shhh.revocation': 'revocation',
  'shhh.rotation': 'rotation',
  'shhh.console': 'administrative.access',
  'shhh.detection': 'pattern.change',
  'shhh.reports': 'report',
};

/** The event's own words, where there is no contract to read it by: a new publisher is on record from its first event. */
function anyEvent({ id, source, time, detail, ...rest }: Envelope): Act {
  const name = rest['detail-type'];
  const said = common.parse(detail);
  return {
    id: said.eventId === undefined ? `event:${id}` : `${source}/${name}:${said.eventId}`,
    time: said.at ?? time,
    type: TYPES[source] ?? 'security.event',
    actor: said.principal ?? source,
    subject: said.caseId ?? said.fingerprint ?? said.agent ?? name,
    correlation_id: said.correlationId ?? '',
    data: { event: name, details: detail },
  };
}

/** What a revocation's state means to who counts outcomes (functions/contracts/audit-acts.ts). */
const REVOCATION_OUTCOMES: Readonly<Record<RevocationStatus, string>> = {
  pending: 'started',
  live: 'started',
  awaiting_approval: 'started',
  contained: 'started',
  not_live: 'already_dead',
  revoked: 'revoked',
  proven_dead: 'revoked',
  failed: 'failed',
  manual: 'given_up',
};

/** The same of a rotation. */
const ROTATION_OUTCOMES: Readonly<Record<RotationStatus, string>> = {
  planned: 'started',
  staged: 'staged',
  installed: 'staged',
  verified: 'verified',
  promoted: 'promoted',
  held: 'promoted',
  acknowledged: 'promoted',
  in_use: 'promoted',
  retired: 'retired',
  completed: 'retired',
  rolling_back: 'rolled_back',
  rolled_back: 'rolled_back',
  refused: 'failed',
  failed: 'failed',
};

/** Reads an event by its contract. A newer publisher may add fields: they are dropped, not refused. */
const by =
  <S extends z.ZodObject>(schema: S, toAct: (detail: z.output<S>, event: Envelope) => Act) =>
  (event: Envelope): Result<Act, string> => {
    const detail = schema.safeParse(event.detail);
    return detail.success ? ok(toAct(detail.data, event)) : err(describeProblems(detail.error));
  };

const READERS = new Map<string, (event: Envelope) => Result<Act, string>>([
  [
    `${QUARANTINE_EVENT_SOURCE}/${SECRET_QUARANTINED}`,
    by(z.object(secretQuarantined.shape), (found) => ({
      id: `finding:${found.findingId}`,
      time: found.detectedAt,
      type: 'finding',
      actor: found.stage === 'blocked-before-send' ? 'shhh.guard' : 'shhh.detection',
      subject: found.agent,
      correlation_id: found.correlationId,
      data: {
        finding_id: found.findingId,
        rule: found.rule,
        secret_type: found.secretType,
        severity: found.severity,
        status: found.case?.status ?? 'pending',
        redacted_key: found.redactedKey,
        details: present({
          stage: found.stage ?? 'found-in-log',
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
          case_id: found.case?.caseId,
          occurrences: found.case?.occurrences,
          reappeared: found.case?.reappeared,
        }),
      },
    })),
  ],
  [
    `${QUARANTINE_EVENT_SOURCE}/${CASE_CHANGED}`,
    by(z.object(caseChanged.shape), (change): Act => {
      const act = {
        id: `case:${change.caseId}:${change.openedAt}:${change.caseVersion}`,
        time: change.changedAt,
        subject: change.caseId,
        correlation_id: '',
      };
      const details = present({
        previous_status: change.previousStatus,
        status: change.status,
        on_hold: change.onHold,
        reappeared: change.reappeared,
        occurrences: change.occurrences,
        secret_type: change.secretType,
        severity: change.severity,
        fingerprint: change.fingerprint,
        agents: change.agents,
      });
      if (change.reviewer !== undefined)
        return {
          ...act,
          type: 'review',
          actor: change.reviewer,
          data: { case_id: change.caseId, decision: change.status, reason: change.reason ?? '', details },
        };
      return {
        ...act,
        type: 'security.event',
        actor: QUARANTINE_EVENT_SOURCE,
        data: {
          severity: change.severity,
          category: change.reappeared ? 'case.reappeared' : `case.${change.status}`,
          description: change.reappeared
            ? 'A secret that counted as revoked was seen again.'
            : `The case went from ${change.previousStatus} to ${change.status} without a reviewer.`,
          details,
        },
      };
    }),
  ],
  [
    `${QUARANTINE_EVENT_SOURCE}/${FINDING_EXPIRED}`,
    by(z.object(findingExpired.shape), (gone) => ({
      id: `finding-${gone.cause}:${gone.findingId}`,
      time: gone.deletedAt,
      type: 'security.event',
      actor: QUARANTINE_EVENT_SOURCE,
      subject: gone.findingId,
      correlation_id: gone.correlationId,
      data: {
        severity: gone.cause === 'deleted' ? 'HIGH' : 'LOW',
        category: `finding.${gone.cause}`,
        description:
          gone.cause === 'deleted'
            ? 'A finding was deleted before its time, by somebody.'
            : 'The time that a finding is kept was over.',
        details: present({
          rule: gone.rule,
          secret_type: gone.secretType,
          fingerprint: gone.fingerprint,
          status: gone.status,
          detected_at: gone.detectedAt,
          due_at: gone.dueAt,
          case_id: gone.caseId,
        }),
      },
    })),
  ],
  [
    `${INGEST_EVENT_SOURCE}/${LOG_SUSPECT}`,
    by(z.object(logSuspect.shape), ({ core, peer, suspicion, observedAt, evidence }, { detail }) => ({
      id: `suspect:${core}:${suspicion}:${observedAt}`,
      time: observedAt,
      type: 'security.event',
      actor: INGEST_EVENT_SOURCE,
      subject: core,
      correlation_id: '',
      data: {
        severity: 'HIGH',
        category: `log.${suspicion}`,
        description: 'A log or its peer did what no sound one does.',
        details: present({ peer, evidence: evidence.met ? detail['evidence'] : undefined }),
      },
    })),
  ],
  [
    `${ALERTS_EVENT_SOURCE}/${ALERT_DELIVERED}`,
    by(z.object(alertDelivered.shape), (told) => ({
      id: `alert:${told.channel}:${told.noteId}`,
      time: told.deliveredAt,
      type: 'alert',
      actor: ALERTS_EVENT_SOURCE,
      subject: told.alertId,
      correlation_id: '',
      data: {
        alert_id: told.alertId,
        rule: told.rules[0] ?? '',
        severity: told.severity,
        outcome: 'delivered',
        channel: told.channel,
        details: { kind: told.kind, rules: told.rules, count: told.count },
      },
    })),
  ],
  [
    `${REVOCATION_EVENT_SOURCE}/${REVOCATION_CHANGED}`,
    by(z.object(revocationChanged.shape), (now) => ({
      id: `revocation:${now.caseId}:${now.run}:${now.revision}`,
      time: now.changedAt,
      type: 'revocation',
      actor: now.decidedBy ?? now.startedBy ?? REVOCATION_EVENT_SOURCE,
      subject: now.caseId,
      correlation_id: now.correlationId,
      data: {
        revocation_id: `${now.caseId}:${now.run}`,
        provider: now.provider,
        secret_type: now.secretType,
        step: now.status,
        outcome: REVOCATION_OUTCOMES[now.status],
        details: present({
          previous_status: now.previousStatus,
          reason: now.reason,
          note: now.note,
          severity: now.severity,
          fingerprint: now.fingerprint,
          redacted_key: now.redactedKey,
          finding_id: now.findingId,
          identity: now.identity && present(now.identity),
          uses: now.uses,
          last_seen: now.lastSeen,
          policy_rule: now.rule,
          started_by: now.startedBy,
          decided_by: now.decidedBy,
          proven_live_at: now.provenLiveAt,
          contained_at: now.containedAt,
          revoked_at: now.revokedAt,
          proven_dead_at: now.provenDeadAt,
          restored_at: now.restoredAt,
        }),
      },
    })),
  ],
  [
    `${ROTATION_EVENT_SOURCE}/${ROTATION_CHANGED}`,
    by(z.object(rotationChanged.shape), (now) => ({
      id: `rotation:${now.rotationId}:${now.revision}`,
      time: now.changedAt,
      type: 'rotation',
      actor: now.trigger.by,
      subject: now.secret,
      correlation_id: now.trigger.correlationId ?? '',
      data: {
        rotation_id: now.rotationId,
        provider: now.rotator,
        secret_type: now.secret,
        step: now.status,
        outcome: ROTATION_OUTCOMES[now.status],
        details: present({
          previous_status: now.previousStatus,
          reason: now.reason,
          note: now.note,
          trigger: now.trigger.kind,
          emergency: now.trigger.emergency,
          finding_id: now.trigger.findingId,
          strategy: now.strategy,
          from_version: now.fromVersion,
          to_version: now.toVersion,
          old_identity: now.oldIdentity && present(now.oldIdentity),
          new_identity: now.newIdentity && present(now.newIdentity),
          tests: now.tests.map((test) => present(test)),
          consumers: now.consumers.map((consumer) => present(consumer)),
          gap: now.gap && present(now.gap),
        }),
      },
    })),
  ],
  [
    `${REPORT_EVENT_SOURCE}/${REPORT_CHANGED}`,
    by(z.object(reportChanged.shape), ({ period, made, ...now }) => ({
      id: `report:${now.eventId}`,
      time: now.at,
      type: 'report',
      actor: REPORT_EVENT_SOURCE,
      subject: `${now.framework} ${period.firstDate} to ${period.endDate}`,
      correlation_id: '',
      data: {
        report_id: made?.reportId ?? 'none',
        framework: now.framework,
        period: { from: period.from, to: period.until },
        format: 'all',
        ...(made && { sha256: made.manifestSha256 }),
        outcome: now.outcome,
        details: present({
          reason: now.reason,
          manifest: made?.manifest,
          time_zone: period.timeZone,
          log_size: made?.logSize,
          verdicts: made && present(made.verdicts),
        }),
      },
    })),
  ],
  [
    'aws.cloudwatch/CloudWatch Alarm State Change',
    by(
      z.object({ alarmName: z.string(), state: z.object({ value: z.string(), timestamp: z.string() }) }),
      ({ alarmName, state }, { time }) => ({
        id: `alarm:${alarmName}:${state.timestamp}`,
        time,
        type: 'security.event',
        actor: 'aws.cloudwatch',
        subject: alarmName,
        correlation_id: '',
        data: {
          severity: state.value === 'ALARM' ? 'MEDIUM' : 'LOW',
          category: 'alarm',
          description: `The alarm is in the state ${state.value}.`,
          outcome: state.value,
        },
      }),
    ),
  ],
  [
    'aws.cloudformation/CloudFormation Stack Status Change',
    by(
      z.object({ 'stack-id': z.string(), 'status-details': z.object({ status: z.string() }) }),
      (change, { id, time }) => ({
        id: `event:${id}`,
        time,
        type: 'system.event',
        actor: 'aws.cloudformation',
        subject: change['stack-id'].split(':').at(-1) ?? 'stack',
        correlation_id: '',
        data: { what: 'configuration_change', outcome: change['status-details'].status },
      }),
    ),
  ],
  ...['aws.s3', 'aws.kms'].map(
    (source) =>
      [
        `${source}/AWS API Call via CloudTrail`,
        by(
          z.object({
            eventID: z.string(),
            eventName: z.string(),
            eventTime: z.string(),
            errorCode: z.string().optional(),
            sourceIPAddress: z.string().optional(),
            userAgent: z.string().optional(),
            userIdentity: z.object({ arn: z.string().optional(), type: z.string().optional() }),
          }),
          (call) => ({
            id: `cloudtrail:${call.eventID}`,
            time: call.eventTime,
            type: 'administrative.access',
            actor: call.userIdentity.arn ?? call.userIdentity.type ?? 'unknown',
            subject: `the audit log's ${source === 'aws.s3' ? 'bucket' : 'keys'}`,
            correlation_id: '',
            data: present({
              operation: call.eventName,
              outcome: call.errorCode === undefined ? 'allowed' : 'denied',
              reason: call.errorCode,
              source_ip: call.sourceIPAddress,
              user_agent: call.userAgent,
            }),
          }),
        ),
      ] as const,
  ),
]);

/** Characters of an actor and a correlation id, and of a subject, as entries hold them. */
const [MOST_WORDS, MOST_SUBJECT] = [256, 512];

/**
 * Reads what a rule put into the queue.
 * @returns the act; why it is none, without quoting it
 */
export function readBusAct(body: string): Result<Act, string> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return err('the message is no JSON');
  }
  const event = envelope.safeParse(value);
  if (!event.success) return err(describeProblems(event.error));
  const { source } = event.data;
  const read = READERS.get(`${source}/${event.data['detail-type']}`);
  const act = read === undefined ? ok(anyEvent(event.data)) : read(event.data);
  if (!act.ok) return act;
  const time = fromIso(act.value.time);
  if (time === undefined) return err('it does not say when it happened');
  return ok({
    ...act.value,
    time: toIso(time),
    actor: act.value.actor.slice(0, MOST_WORDS) || source,
    subject: act.value.subject.slice(0, MOST_SUBJECT) || source,
    correlation_id: act.value.correlation_id.slice(0, MOST_WORDS),
  });
}
