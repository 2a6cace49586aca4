import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readBusAct } from '../../../functions/audit/adapters/bus-acts.ts';
import { ALERT_DELIVERED, ALERTS_EVENT_SOURCE, alertDelivered } from '../../../functions/contracts/alerts.ts';
import { ANNOUNCED_EVENTS, announcedEvent } from '../../../functions/contracts/announced.ts';
import { AUDIT_ACTS } from '../../../functions/contracts/audit-acts.ts';
import { LOG_ENTRIES } from '../../../functions/contracts/audit-entries.ts';
import { auditEventType } from '../../../functions/contracts/audit.ts';
import {
  INGEST_EVENT_SOURCE,
  LOG_SUSPECT,
  logSuspect,
  suspicionKind,
} from '../../../functions/contracts/ingest-events.ts';
import {
  CASE_CHANGED,
  caseChanged,
  FINDING_EXPIRED,
  findingExpired,
  QUARANTINE_EVENT_SOURCE,
  SECRET_QUARANTINED,
  secretQuarantined,
} from '../../../functions/contracts/quarantine.ts';
import {
  REVOCATION_CHANGED,
  REVOCATION_EVENT_SOURCE,
  revocationChanged,
  revocationStatus,
  SECRET_REVOKED,
  secretRevoked,
} from '../../../functions/contracts/revocation.ts';
import {
  ROTATION_CHANGED,
  ROTATION_EVENT_SOURCE,
  rotationChanged,
  rotationStatus,
} from '../../../functions/contracts/rotation.ts';
import { REPORT_CHANGED, REPORT_EVENT_SOURCE, reportChanged } from '../../../functions/contracts/reports.ts';
import { sampleOf } from '../../support/sample-of.ts';

const AT = '2026-08-10T08:00:00.000Z';
const members = z.record(z.string(), z.unknown());

/** Every event that the bus may carry, with every member of its contract and with those only that it must have. */
const variants = (
  source: string,
  name: string,
  schema: z.core.$ZodType,
  changes: readonly Record<string, unknown>[] = [{}],
) =>
  [true, false].flatMap((full) =>
    changes.map((change) => [source, name, { ...members.parse(sampleOf(schema, full)), ...change }] as const),
  );

const events = [
  ...variants(QUARANTINE_EVENT_SOURCE, SECRET_QUARANTINED, secretQuarantined),
  ...variants(
    QUARANTINE_EVENT_SOURCE,
    CASE_CHANGED,
    caseChanged,
    caseChanged.shape.status.options.flatMap((status) => [
      { status, reappeared: false, reviewer: 'ada' },
      { status, reappeared: false, reviewer: undefined },
      { status, reappeared: true, reviewer: undefined },
    ]),
  ),
  ...variants(
    QUARANTINE_EVENT_SOURCE,
    FINDING_EXPIRED,
    findingExpired,
    findingExpired.shape.cause.options.map((cause) => ({ cause })),
  ),
  ...variants(
    INGEST_EVENT_SOURCE,
    LOG_SUSPECT,
    logSuspect,
    suspicionKind.options.map((suspicion) => ({ suspicion })),
  ),
  ...variants(ALERTS_EVENT_SOURCE, ALERT_DELIVERED, alertDelivered),
  ...variants(
    REVOCATION_EVENT_SOURCE,
    REVOCATION_CHANGED,
    revocationChanged,
    revocationStatus.options.map((status) => ({ status })),
  ),
  ...variants(REVOCATION_EVENT_SOURCE, SECRET_REVOKED, secretRevoked),
  ...variants(
    ROTATION_EVENT_SOURCE,
    ROTATION_CHANGED,
    rotationChanged,
    rotationStatus.options.map((status) => ({ status })),
  ),
  ...variants(
    REPORT_EVENT_SOURCE,
    REPORT_CHANGED,
    reportChanged,
    reportChanged.shape.outcome.options.map((outcome) => ({ outcome })),
  ),
  ...Object.entries(ANNOUNCED_EVENTS).flatMap(([name, source]) => variants(source, name, announcedEvent)),
  ...['OK', 'ALARM', 'INSUFFICIENT_DATA'].map(
    (value) =>
      [
        'aws.cloudwatch',
        'CloudWatch Alarm State Change',
        { alarmName: 'shhh-dev-x', state: { value, timestamp: AT } },
      ] as const,
  ),
  [
    'aws.cloudformation',
    'CloudFormation Stack Status Change',
    {
      'stack-id': 'arn:aws:cloudformation:r:a:stack/shhh-dev-data/1',
      'status-details': { status: 'UPDATE_COMPLETE' },
    },
  ] as const,
  ...['aws.s3', 'aws.kms'].map(
    (source) =>
      [
        source,
        'AWS API Call via CloudTrail',
        {
          eventID: '1',
          eventName: 'DisableKey',
          eventTime: AT,
          userIdentity: { arn: 'arn:aws:iam::1:user/eve' },
        },
      ] as const,
  ),
];

describe('what entries of the log say', () => {
  test.each(events)('%s %s is one of the shapes that readers rely on', (source, name, detail) => {
    const act = readBusAct(JSON.stringify({ id: 'e1', source, 'detail-type': name, time: AT, detail }));
    if (!act.ok) throw new Error(act.error);
    const { type, data } = act.value;
    const problems = LOG_ENTRIES[type].map((shape) => shape.safeParse(data).error?.message);
    expect(problems).toContain(undefined);
  });

  test('is for every kind of entry what other programs may hand in, or narrower', () => {
    for (const type of auditEventType.options)
      for (const shape of LOG_ENTRIES[type]) {
        const data = sampleOf(shape, true);
        if (typeof data === 'object' && data !== null && 'event' in data) continue;
        expect(AUDIT_ACTS[type].safeParse(data).error?.message).toBeUndefined();
      }
  });
});
