import { describe, expect, test } from 'vitest';
import { readBusAct } from '../../../functions/audit/adapters/bus-acts.ts';
import { AUDIT_ACTS } from '../../../functions/contracts/audit-acts.ts';
import { revocationStatus } from '../../../functions/contracts/revocation.ts';
import { rotationStatus } from '../../../functions/contracts/rotation.ts';
import { submit } from '../support/submit.ts';
import { aFinding } from '../../support/finding-builder.ts';

const AT = '2026-11-21T08:30:00.000Z';
const event = (source: string, name: string, detail: object, id = 'drawn-by-the-bus') =>
  JSON.stringify({ id, source, 'detail-type': name, time: '2026-11-21T08:31:00Z', detail });
const read = (source: string, name: string, detail: object, id?: string) => {
  const act = readBusAct(event(source, name, detail, id));
  if (!act.ok) throw new Error(act.error);
  return act.value;
};
const change = {
  version: 1,
  caseId: 'case_0123456789abcdef0123456789abcdef',
  caseVersion: 3,
  fingerprint: 'ab'.repeat(32),
  status: 'confirmed',
  previousStatus: 'pending',
  onHold: false,
  reappeared: false,
  openedAt: AT,
  changedAt: AT,
  occurrences: 2,
  firstSeenAt: AT,
  lastSeenAt: AT,
  agents: ['agent-7'],
  secretType: 'github-pat',
  provider: 'github',
  severity: 'HIGH',
  redactedKey: 'ghp_****abcd',
};

describe('an event on the bus', () => {
  test('about a finding says where and what, under the id that a repetition shares, and keeps its text to itself', () => {
    const found = { ...aFinding(), version: 1, a_field_of_tomorrow: true };
    const act = read('shhh.quarantine', 'SecretQuarantined', found);
    expect(act).toMatchObject({
      id: `finding:${found.findingId}`,
      type: 'finding',
      subject: found.agent,
      time: found.detectedAt,
    });
    expect(read('shhh.quarantine', 'SecretQuarantined', found, 'another')).toEqual(act);
    expect(JSON.stringify(act)).not.toContain(found.redactedContent);
    expect(
      read('shhh.quarantine', 'SecretQuarantined', { ...found, stage: 'blocked-before-send' }).actor,
    ).toBe('shhh.guard');
  });

  test('about a case is a review where somebody decided, and an event of the system where nobody did', () => {
    const decided = read('shhh.quarantine', 'CaseChanged', { ...change, reviewer: 'ada', reason: 'is live' });
    expect(decided).toMatchObject({
      type: 'review',
      actor: 'ada',
      data: { decision: 'confirmed', reason: 'is live' },
    });
    expect(read('shhh.quarantine', 'CaseChanged', { ...change, reappeared: true })).toMatchObject({
      type: 'security.event',
      data: { category: 'case.reappeared' },
    });
  });

  test.each([
    [
      'shhh.revocation',
      'SecretRevoked',
      { eventId: 'r1', at: AT, fingerprint: 'ab' },
      'revocation',
      'shhh.revocation/SecretRevoked:r1',
    ],
    [
      'shhh.console',
      'OperationDenied',
      { eventId: 'o1', at: AT, principal: 'eve' },
      'administrative.access',
      'shhh.console/OperationDenied:o1',
    ],
    [
      'shhh.tomorrow',
      'SomethingNew',
      { deep: { list: [1, null] } },
      'security.event',
      'event:drawn-by-the-bus',
    ],
    [
      'aws.cloudwatch',
      'CloudWatch Alarm State Change',
      { alarmName: 'shhh-dev-x', state: { value: 'ALARM', timestamp: 't' } },
      'security.event',
      'alarm:shhh-dev-x:t',
    ],
    [
      'aws.cloudformation',
      'CloudFormation Stack Status Change',
      {
        'stack-id': 'arn:aws:cloudformation:r:a:stack/shhh-dev-data/1',
        'status-details': { status: 'UPDATE_COMPLETE' },
      },
      'system.event',
      'event:drawn-by-the-bus',
    ],
    [
      'aws.kms',
      'AWS API Call via CloudTrail',
      {
        eventID: 'c1',
        eventName: 'DisableKey',
        eventTime: AT,
        userIdentity: { arn: 'arn:aws:iam::1:user/eve' },
      },
      'administrative.access',
      'cloudtrail:c1',
    ],
  ])('of %s, %s, becomes an act that the log takes', async (source, name, detail, type, id) => {
    const act = read(source, name, detail);
    expect(act).toMatchObject({ type, id });
    expect(await submit(act, { put: async () => 'taken' })).toEqual({ ok: true, value: 'taken' });
  });

  test.each(revocationStatus.options)(
    'about a revocation that is %s is the typed act, known by its revision',
    (status) => {
      const revocation = {
        version: 1,
        caseId: change.caseId,
        run: 2,
        revision: 7,
        status,
        urgent: false,
        secretType: 'github-pat',
        provider: 'github',
        severity: 'HIGH',
        redactedKey: 'ghp_****abcd',
        fingerprint: change.fingerprint,
        findingId: 'find_1',
        correlationId: 'core.0.1',
        identity: { id: 'token-1' },
        lastSeen: 'live',
        decidedBy: 'ada',
        manualSteps: [],
        canRestore: false,
        startedAt: AT,
        changedAt: AT,
      };
      const act = read('shhh.revocation', 'RevocationChanged', revocation);
      expect(act).toMatchObject({
        id: `revocation:${change.caseId}:2:7`,
        type: 'revocation',
        actor: 'ada',
        subject: change.caseId,
        data: { step: status, details: { fingerprint: change.fingerprint } },
      });
      expect(AUDIT_ACTS.revocation.safeParse(act.data).error).toBeUndefined();
      expect(read('shhh.revocation', 'RevocationChanged', revocation, 'another')).toEqual(act);
    },
  );

  test.each(rotationStatus.options)(
    'about a rotation that is %s is the typed act, known by its revision',
    (status) => {
      const rotation = {
        version: 1,
        rotationId: `rot_${'0'.repeat(32)}`,
        secret: 'orders-db',
        run: 1,
        revision: 3,
        status,
        trigger: { kind: 'person', by: 'ada', emergency: false },
        strategy: 'alternating_users',
        rotator: 'postgresql',
        toVersion: 'version-2',
        tests: [{ name: 'login', kind: 'postgresql', of: 'staged', outcome: 'passed', at: AT, tookMs: 3 }],
        consumers: [{ name: 'orders' }],
        manualSteps: [],
        startedAt: AT,
        changedAt: AT,
      };
      const act = read('shhh.rotation', 'RotationChanged', rotation);
      expect(act).toMatchObject({
        id: `rotation:rot_${'0'.repeat(32)}:3`,
        type: 'rotation',
        actor: 'ada',
        subject: 'orders-db',
      });
      expect(AUDIT_ACTS.rotation.safeParse(act.data).error).toBeUndefined();
    },
  );

  test('that does not keep to its contract is refused without a word of it', () => {
    for (const body of [
      'no JSON',
      '{}',
      event('shhh.quarantine', 'CaseChanged', { ...change, status: 'sk_live_something' }),
      event('shhh.console', 'OperationDenied', { at: 'yesterday' }),
    ]) {
      const act = readBusAct(body);
      expect(act.ok).toBe(false);
      expect(JSON.stringify(act)).not.toMatch(/sk_live|yesterday/);
    }
  });
});
