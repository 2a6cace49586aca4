import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Incidents } from '../../../functions/reports/domain/incidents.ts';
import type { LogEntry } from '../../../functions/reports/domain/log-entry.ts';
import { anEntry, DAY, HOUR, MINUTE, PERIOD } from '../support/entries.ts';

const fingerprintOf = (secret: string): string => secret.repeat(64);
const caseOf = (secret: string): string => `case_${fingerprintOf(secret).slice(0, 32)}`;

const found = (seq: number, after: number, secret = 'a', severity = 'HIGH'): LogEntry =>
  anEntry(seq, after, {
    data: {
      finding_id: `fnd_${seq}`,
      secret_type: `type-${seq}`,
      redacted_key: `key-${seq}`,
      severity,
      details: { fingerprint: fingerprintOf(secret) },
    },
  });
const about = (type: string, seq: number, after: number, data: LogEntry['data'], secret = 'a'): LogEntry =>
  anEntry(seq, after, { type, subject: caseOf(secret), data });
const revoked = (seq: number, after: number, step: string) => about('revocation', seq, after, { step });

const incidentsOf = (entries: readonly LogEntry[]) => {
  const incidents = new Incidents(PERIOD);
  for (const entry of entries) incidents.take(entry);
  return incidents.all();
};
const at = (after: number): number => PERIOD.from + after;

const story = [
  found(0, MINUTE),
  found(1, 3 * MINUTE, 'a', 'CRITICAL'),
  revoked(2, 2 * MINUTE, 'pending'),
  revoked(3, 4 * MINUTE, 'contained'),
  revoked(4, 5 * MINUTE, 'revoked'),
  revoked(5, 6 * MINUTE, 'proven_dead'),
  anEntry(6, 7 * MINUTE, {
    type: 'rotation',
    subject: 'orders-db',
    data: { outcome: 'promoted', step: 'promoted', details: { finding_id: 'fnd_1' } },
  }),
  about('review', 7, HOUR, { decision: 'confirmed' }),
  about('security.event', 8, DAY, { category: 'breach.notified' }),
  found(9, 2 * MINUTE, 'b'),
  found(10, MINUTE, 'c', 'LOW'),
];

const told = [
  {
    fingerprint: fingerprintOf('a'),
    secretType: 'type-0',
    severity: 'CRITICAL',
    redactedKey: 'key-0',
    findings: 2,
    firstSeq: 0,
    detectedAt: at(MINUTE),
    containedAt: at(4 * MINUTE),
    revokedAt: at(5 * MINUTE),
    provenDeadAt: at(6 * MINUTE),
    replacedAt: at(7 * MINUTE),
    reviewedAt: at(HOUR),
    notifiedAt: at(DAY),
    outcome: 'confirmed',
  },
  {
    fingerprint: fingerprintOf('b'),
    secretType: 'type-9',
    severity: 'HIGH',
    redactedKey: 'key-9',
    findings: 1,
    firstSeq: 9,
    detectedAt: at(2 * MINUTE),
    outcome: 'open',
  },
];

describe('incidents', () => {
  test('are the severe leaks of a period, each with what became of it', () => {
    expect(incidentsOf(story)).toEqual(told);
  });

  test('are the same in whatever order their entries came into the log', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(story, { minLength: story.length }), (shuffled) => {
        expect(incidentsOf(shuffled)).toEqual(told);
      }),
    );
  });

  test('begin within the period, and end after it where they do', () => {
    const length = PERIOD.until - PERIOD.from;
    expect(incidentsOf([found(0, -1), found(1, length)])).toEqual([]);
    expect(incidentsOf([found(0, length - 1), revoked(1, length + HOUR, 'proven_dead')])).toMatchObject([
      { detectedAt: PERIOD.until - 1, provenDeadAt: PERIOD.until + HOUR, outcome: 'proven_dead' },
    ]);
  });

  test('take a proof of death as the revocation where the provider was never asked for one', () => {
    expect(incidentsOf([found(0, 0), revoked(1, MINUTE, 'proven_dead')])).toMatchObject([
      { revokedAt: at(MINUTE), provenDeadAt: at(MINUTE) },
    ]);
  });

  test('count nothing that came before their first finding, nor of another case', () => {
    const [incident] = incidentsOf([
      revoked(0, 0, 'revoked'),
      found(1, MINUTE),
      about('review', 2, HOUR, { decision: 'confirmed' }, 'b'),
      about('security.event', 3, HOUR, { category: 'breach.high_risk' }),
    ]);
    expect(incident).not.toHaveProperty('revokedAt');
    expect(incident).not.toHaveProperty('reviewedAt');
    expect(incident).not.toHaveProperty('notifiedAt');
    expect(incident?.outcome).toBe('open');
  });
});
