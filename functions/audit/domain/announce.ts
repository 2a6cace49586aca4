/** What is told of entries once readers can see them: on the bus, and to the alarms of the policy's thresholds. */
import type { AuditPolicy } from '../../contracts/audit-policy.ts';
import type { AuditEntryPublished } from '../../contracts/audit-published.ts';
import type { AuditEntry } from './entry.ts';

export interface Announcing {
  readonly policy: Pick<AuditPolicy, 'thresholds' | 'integrations'>;
  /** @throws where one of them could not be told */
  readonly publish: (events: readonly AuditEntryPublished[]) => Promise<void>;
  /** Counts entries that a threshold is about. */
  readonly count: (threshold: string, entries: number) => void;
}

export function createAnnouncer({ policy, publish, count }: Announcing): {
  announce(entries: readonly AuditEntry[]): Promise<void>;
} {
  const told = new Set<string>(policy.integrations.bus);
  return {
    async announce(entries) {
      const events = entries.filter(({ type }) => told.has(type)).map(eventOf);
      if (events.length > 0) await publish(events);
      for (const { name, type, outcome } of policy.thresholds) {
        const reached = entries.filter(
          (entry) => entry.type === type && (outcome === undefined || entry.data['outcome'] === outcome),
        ).length;
        if (reached > 0) count(name, reached);
      }
    },
  };
}

/** That there is an entry, and of what; what it says stands in the log. */
const eventOf = ({ id, time, type, actor, subject, correlation_id, seq, tags }: AuditEntry) => ({
  eventId: `audit:${seq}`,
  at: time,
  seq,
  id,
  type,
  actor,
  subject,
  correlationId: correlation_id,
  tags: [...(tags ?? [])],
});
