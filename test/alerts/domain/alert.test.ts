import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { subjectOf, toAlert } from '../../../functions/alerts/domain/alert.ts';
import { recommendedAction } from '../../../functions/alerts/domain/recommended-action.ts';
import { secretLeakAlert } from '../../../functions/contracts/alerts.ts';
import type { Finding } from '../../../functions/contracts/finding.ts';
import { aFinding, findings } from '../../support/finding-builder.ts';

const alertOf = (finding: Finding) => toAlert({ ...finding, version: 1 });

describe('the alert of a finding', () => {
  test('names type, place, severity and the next step', () => {
    expect(alertOf(aFinding())).toEqual({
      event: 'secret_leak_detected',
      finding_id: aFinding().findingId,
      secret_type: 'aws_access_key_id',
      provider: 'aws',
      redacted_key: 'AKIA****MPLE',
      log_reference: 'hyperlog:41',
      hypercore_key: aFinding().core,
      agent: 'agent-7',
      severity: 'CRITICAL',
      confidence: 0.95,
      recommended_action: recommendedAction(aFinding()),
      timestamp: '2026-11-21T08:30:00.000Z',
      correlation_id: aFinding().correlationId,
      fingerprint: 'f1'.repeat(32),
    });
  });

  test('holds the contract for any finding', () => {
    fc.assert(
      fc.property(findings, (found) => {
        expect(secretLeakAlert.parse(alertOf(found))).toEqual(alertOf(found));
      }),
    );
  });

  test('carries neither the content around the secret nor anything the event does not name', () => {
    const planted = ['planted', 'secret'].join('-');
    const event = {
      ...aFinding({ redactedContent: planted, entryType: planted, rule: planted }),
      version: 1 as const,
      raw: planted,
    };
    expect(JSON.stringify(toAlert(event))).not.toContain(planted);
  });
});

describe('the name of an agent in an alert', () => {
  test('is cut where it is longer than a name, so that no agent can outgrow the channel', () => {
    const { agent } = alertOf(aFinding({ agent: '\u{1F916}'.repeat(200_000) }));
    expect(agent).toHaveLength(256);
    expect(agent.isWellFormed()).toBe(true);
    expect(agent.endsWith('…')).toBe(true);
  });

  test('is left alone up to 256 characters', () => {
    expect(alertOf(aFinding({ agent: 'x'.repeat(256) })).agent).toBe('x'.repeat(256));
  });
});

describe('the subject of an alert', () => {
  test('says severity, what, who and where', () => {
    expect(subjectOf(alertOf(aFinding()))).toBe(
      '[CRITICAL] aws_access_key_id leaked by agent-7 at hyperlog:41',
    );
  });

  test('is printable ASCII of fewer than 100 characters, whatever an agent calls itself', () => {
    fc.assert(
      fc.property(findings, fc.string({ unit: 'binary', maxLength: 300 }), (found, agent) => {
        const subject = subjectOf(alertOf({ ...found, agent }));
        expect(subject).toMatch(/^\[[\x20-\x7e]{1,98}$/);
      }),
    );
  });
});
