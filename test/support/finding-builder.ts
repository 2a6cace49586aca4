import fc from 'fast-check';
import type { Finding } from '../../functions/contracts/finding.ts';
import { toQuarantineItem, type QuarantineItem } from '../../functions/contracts/quarantine.ts';
import { correlationIdOf, findingIdOf } from '../../functions/kernel/ids.ts';

const CORE = 'c0de'.repeat(16);

/** A finding as the detector writes it; `position` makes it another one. */
export function aFinding(overrides: Partial<Finding> = {}): Finding {
  const core = overrides.core ?? CORE;
  const fork = overrides.fork ?? 0;
  const position = overrides.position ?? 41;
  const rule = overrides.rule ?? 'AWS_ACCESS_KEY_ID';
  const offset = overrides.offset ?? 120;
  const fingerprint = overrides.fingerprint ?? 'f1'.repeat(32);
  return {
    findingId: findingIdOf({ core, seq: position }, rule, offset, fingerprint),
    detectedAt: '2026-11-21T08:30:00.000Z',
    entryTimestamp: '2026-11-21T08:29:59Z',
    core,
    fork,
    position,
    offset,
    length: 20,
    correlationId: correlationIdOf({ core, fork, seq: position }),
    messageId: 'msg-41',
    agent: 'agent-7',
    entryType: 'task_progress',
    rule,
    secretType: 'aws_access_key_id',
    provider: 'aws',
    severity: 'CRITICAL',
    confidence: 0.95,
    redactedKey: 'AKIA****MPLE',
    redactedContent: '{"note":"used AKIA****MPLE for the upload"}',
    fingerprint,
    ...overrides,
  };
}

/** An item as it rests in the quarantine. */
export function anItem(overrides: Partial<QuarantineItem> = {}): QuarantineItem {
  return { ...toQuarantineItem(aFinding(overrides), 31), ...overrides };
}

const text = (maxLength: number) => fc.string({ unit: 'binary', minLength: 1, maxLength });

/** Any finding that the contract admits, with text of any script in its free fields. */
export const findings: fc.Arbitrary<Finding> = fc
  .record({
    position: fc.nat(),
    offset: fc.nat(),
    agent: text(40),
    messageId: fc.option(text(40), { nil: undefined }),
    secretType: text(40),
    provider: fc.constantFrom('aws', 'github', 'slack', 'stripe', 'nobody-knows'),
    severity: fc.constantFrom('LOW', 'MEDIUM', 'HIGH', 'CRITICAL'),
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    redactedKey: text(12),
    redactedContent: text(400),
    detectedAt: fc
      .date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString()),
  })
  .map(({ messageId, ...fields }) => ({
    ...aFinding(fields),
    ...(messageId === undefined ? {} : { messageId }),
  }));
