/** A quarter of the audit log, as a fleet at work leaves it: entries by their contract, in a mix that repeats every hundred. */
import { hash } from 'node:crypto';
import { auditEvent, type AuditEvent } from '../../functions/contracts/audit.ts';
import type { AuditActs } from '../../functions/contracts/audit-acts.ts';

export interface Quarter {
  /** Milliseconds since the epoch: from, inclusive, until, exclusive. */
  readonly from: number;
  readonly until: number;
  readonly entries: number;
  readonly seed: string;
}

type Told = {
  [Type in keyof AuditActs]: {
    readonly type: Type;
    readonly data: AuditActs[Type];
    readonly actor: string;
    readonly subject: string;
  };
}[keyof AuditActs];

const members = auditEvent.shape.data;

const SECRET_TYPES = [
  'aws-access-key',
  'github-token',
  'slack-bot-token',
  'stripe-secret-key',
  'postgres-url',
];
const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'] as const;

/** The time of an entry, milliseconds since the epoch: evenly over the quarter. */
export const timeAt = ({ from, until, entries }: Quarter, at: number): number =>
  from + Math.floor(((until - from) * at) / entries);

/** The event that becomes the `at`-th entry. */
export function eventAt(quarter: Quarter, at: number): AuditEvent {
  const { type, actor, subject, data } = told(quarter, at);
  const time = new Date(timeAt(quarter, at)).toISOString();
  return {
    ...{ id: `${quarter.seed}:${at}`, time, type, actor, subject },
    correlation_id: `3f9a0c51d27be864.0.${at}`,
    // An absent member is left out: an entry's JSON knows no undefined.
    data: members.parse(JSON.parse(JSON.stringify(data))),
  };
}

function told(quarter: Quarter, at: number): Told {
  const story = Math.floor(at / 100);
  const digest = hash('sha256', `${quarter.seed}\n${story}`, 'hex');
  const pick = (from: number, of: number) => Number.parseInt(digest.slice(from, from + 4), 16) % of;
  const agent = `build-${pick(0, 40)}`;
  const secretType = SECRET_TYPES[pick(4, SECRET_TYPES.length)] ?? 'github-token';
  const severity = SEVERITIES[pick(8, SEVERITIES.length)] ?? 'LOW';
  const caseId = `case_${digest.slice(0, 32)}`;
  const about = { fingerprint: digest, severity, secret_type: secretType, case_id: caseId };
  const revocation = (step: string, outcome: AuditActs['revocation']['outcome']): Told => ({
    type: 'revocation',
    actor: 'shhh.revocation',
    subject: caseId,
    data: {
      ...{ revocation_id: `${caseId}:1`, provider: secretType, secret_type: secretType, step, outcome },
      details: { ...about, finding_id: `fnd_${digest.slice(0, 32)}` },
    },
  });
  const rotation = (step: 'promoted' | 'retired'): Told => ({
    type: 'rotation',
    actor: 'shhh.rotation',
    subject: `shhh/${secretType}`,
    data: {
      ...{ rotation_id: `rot_${digest.slice(0, 16)}`, provider: secretType, secret_type: secretType },
      ...{ step, outcome: step },
      details: {
        ...{ trigger: 'leak', emergency: true, finding_id: `fnd_${digest.slice(0, 32)}` },
        ...{ from_version: digest.slice(16, 32), to_version: digest.slice(32, 48) },
      },
    },
  });
  // One in a hundred stays without an answer: a report has something to say.
  const isForgotten = pick(12, 100) === 0;
  switch (at % 100) {
    case 0:
      return {
        type: 'finding',
        actor: 'shhh.detection',
        subject: agent,
        data: {
          ...{
            finding_id: `fnd_${digest.slice(0, 32)}`,
            rule: secretType,
            secret_type: secretType,
            severity,
          },
          ...{ status: 'pending', redacted_key: `${secretType.slice(0, 4)}****${digest.slice(0, 4)}` },
          details: { ...about, stage: 'found-in-log', confidence: 0.98, occurrences: 1, position: at },
        },
      };
    case 1:
      return {
        type: 'alert',
        actor: 'shhh.alerts',
        subject: `alert-${story}`,
        data: {
          ...{ alert_id: `alert-${story}`, rule: 'secret-found', severity, channel: 'slack' },
          outcome: pick(16, 500) === 0 ? 'failed' : 'delivered',
          details: { kind: 'opened', rules: ['secret-found'], count: 1 },
        },
      };
    case 2:
      return revocation('live', 'started');
    case 3:
      return revocation('contained', 'started');
    case 4:
      return revocation('revoked', 'revoked');
    case 5:
      return isForgotten ? execution(quarter, at) : revocation('proven_dead', 'revoked');
    case 6:
      return isForgotten
        ? execution(quarter, at)
        : {
            type: 'review',
            actor: `reviewer-${pick(20, 5)}`,
            subject: caseId,
            data: { case_id: caseId, decision: 'revoked', reason: 'leaked by a build', details: about },
          };
    case 7:
      return rotation('promoted');
    case 8:
      return {
        type: 'administrative.access',
        actor: `arn:aws:sts::111122223333:assumed-role/operator/person-${pick(24, 7)}`,
        subject: 'the audit log',
        data: { operation: 'GetObject', outcome: pick(28, 50) === 0 ? 'denied' : 'allowed', mfa: true },
      };
    case 9:
      return {
        type: 'approval',
        actor: `approver-${pick(32, 4)}`,
        subject: `request-${story}`,
        data: {
          request_id: `request-${story}`,
          operation: 'deploy',
          outcome: 'approved',
          reason: 'as planned',
        },
      };
    case 10:
      return {
        type: 'backup',
        actor: 'shhh.backup',
        subject: 'quarantine',
        data: { what: 'quarantine', outcome: 'created', bytes: 10_000_000 + story },
      };
    case 11:
      return {
        type: 'system.event',
        actor: 'aws.cloudformation',
        subject: 'shhh-prod-data',
        data: { what: 'configuration_change', outcome: 'UPDATE_COMPLETE' },
      };
    case 12:
      return {
        type: 'security.assessment',
        actor: 'scanner',
        subject: agent,
        data: { outcome: 'passed', tool: 'scanner', found: { LOW: pick(36, 4) }, score: 90 + pick(36, 10) },
      };
    case 13:
      return {
        type: 'security.event',
        actor: 'aws.cloudwatch',
        subject: 'shhh-prod-queue-age',
        data: {
          severity: 'LOW',
          category: 'alarm',
          description: 'The alarm is in the state OK.',
          outcome: 'OK',
        },
      };
    case 14:
      return {
        type: 'pattern.change',
        actor: 'shhh.detection',
        subject: secretType,
        data: { rule: secretType, change: 'changed', reason: 'fewer false positives' },
      };
    case 15:
      return {
        type: 'container.creation',
        actor: agent,
        subject: `container-${story}`,
        data: { outcome: 'created', image: 'build:24', privileged: false, user: '1000', network: 'none' },
      };
    case 16:
      return isForgotten ? execution(quarter, at) : rotation('retired');
    default:
      return execution(quarter, at);
  }
}

function execution(quarter: Quarter, at: number): Told {
  const started = timeAt(quarter, at);
  const duration = 200 + (at % 1_000);
  return {
    type: 'code.execution',
    actor: `build-${at % 40}`,
    subject: `job-${Math.floor(at / 7)}`,
    data: {
      outcome: at % 97 === 0 ? 'failed' : 'succeeded',
      language: 'python',
      exit_code: at % 97 === 0 ? 1 : 0,
      timing: {
        started_at: new Date(started).toISOString(),
        finished_at: new Date(started + duration).toISOString(),
        duration_ms: duration,
        cpu_ms: Math.floor(duration / 2),
      },
      resources: { memory_peak_bytes: 64_000_000 + at, processes: 1 },
    },
  };
}
