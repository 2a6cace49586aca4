import type { SecretQuarantined } from '../../functions/contracts/quarantine.ts';
import { responsePolicy, type ResponsePolicy } from '../../functions/revocation/domain/policy.ts';
import { begin, type RevocationRecord } from '../../functions/revocation/domain/revocation.ts';

const hex = (number: number, length: number) => number.toString(16).padStart(length, '0');

export const aCaseId = (number = 1): string => `case_${hex(number, 32)}`;

/** A finding of its own secret for each number. */
export function aLeak(number = 1, change: Partial<SecretQuarantined> = {}): SecretQuarantined {
  return {
    version: 1,
    findingId: `fnd_${hex(number, 32)}`,
    detectedAt: '2026-11-21T08:00:00.000Z',
    core: 'ab'.repeat(32),
    fork: 0,
    position: number,
    offset: 3,
    length: 20,
    correlationId: `abababababababab.0.${number}`,
    agent: 'agent-1',
    rule: 'FAKE_TOKEN',
    secretType: 'fake-token',
    provider: 'fake',
    severity: 'CRITICAL',
    confidence: 0.9,
    redactedKey: 'fake****0001',
    redactedContent: 'token fake****0001',
    fingerprint: hex(number, 32).padEnd(64, '0'),
    case: {
      caseId: aCaseId(number),
      status: 'pending',
      occurrences: 1,
      firstSeenAt: '2026-11-21T08:00:00.000Z',
      lastSeenAt: '2026-11-21T08:00:00.000Z',
      pages: true,
      reappeared: false,
    },
    ...change,
  };
}

/** The state that a run of this case begins in. */
export function aRevocation(number = 1, change: Partial<RevocationRecord> = {}): RevocationRecord {
  const { secretType, provider, severity, redactedKey, fingerprint, findingId, correlationId } =
    aLeak(number);
  const manualSteps = ['Delete it.'];
  const facts = {
    secretType,
    provider,
    severity,
    redactedKey,
    fingerprint,
    findingId,
    correlationId,
    manualSteps,
  };
  const nowMs = Date.parse('2026-11-21T08:00:01.000Z');
  return { ...begin({ caseId: aCaseId(number), ...facts }, nowMs, 400), ...change };
}

/** A policy that revokes by itself, with what the test changes. */
export function aPolicy(change: Record<string, unknown> = {}): ResponsePolicy {
  return responsePolicy.parse({
    version: 1,
    dryRun: [],
    limit: { revocationsPerHour: 20 },
    approval: { expiresMinutes: 60, byDefault: 'reject' },
    rules: [{ name: 'all', response: 'auto' }],
    protected: [{ provider: 'fake', principal: 'break-glass*', why: 'the way in when all else fails' }],
    ...change,
  });
}
