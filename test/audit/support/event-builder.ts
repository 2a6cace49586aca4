import type { AuditEvent } from '../../../functions/contracts/audit.ts';

/** An event like any other. */
export const anEvent = (changes: Partial<AuditEvent> = {}): AuditEvent => ({
  id: 'finding:fnd_0000',
  time: '2026-11-21T08:30:00.000Z',
  type: 'finding',
  actor: 'detector',
  subject: 'agent-7',
  correlation_id: '3f9a0c51d27be864.0.18231',
  data: { rule: 'aws-access-key-id', severity: 'HIGH', confidence: 0.98 },
  ...changes,
});
