/** A stopped message becomes findings in the quarantine: each once, however often the message is tried. */
import type { Finding } from '../../contracts/finding.ts';
import { toQuarantineItem, type RetentionDays } from '../../contracts/quarantine.ts';
import { correlationIdOf, findingIdOf } from '../../kernel/ids.ts';
import { fromIso, toIso } from '../../kernel/clock.ts';
import type { BlockedReport } from './guard-api.ts';
import { placeOfMessage } from './judge-message.ts';
import type { Quarantine } from './ports.ts';
import type { Detector } from './detector.ts';

export interface Recorded {
  /** Findings that are new. */
  readonly fresh: readonly Finding[];
  /** Findings that were there already. */
  readonly repeated: number;
}

/** Writes what was stopped. @throws when a finding could not be written; trying again is safe */
export async function recordFindings(
  findings: readonly Finding[],
  quarantine: Quarantine,
  retentionDays: RetentionDays,
): Promise<Recorded> {
  const stored = await Promise.all(
    findings.map(async (found) => ({
      found,
      outcome: await quarantine.put(toQuarantineItem(found, retentionDays[found.severity])),
    })),
  );
  const fresh = stored.filter(({ outcome }) => outcome === 'stored').map(({ found }) => found);
  return { fresh, repeated: stored.length - fresh.length };
}

/** Reports come with their guard's clock, and one that is wrong must not write into the future or far into the past. */
const MAX_AGE_MS = 24 * 3600 * 1000;

/**
 * The findings that a guard's report tells of. What identifies them is made here, of agent and message, not taken over.
 * @param now epoch milliseconds
 */
export function findingsOf(report: BlockedReport, now: number): readonly Finding[] {
  const { agent, messageId } = report;
  const place = placeOfMessage(agent, messageId);
  const told = fromIso(report.detectedAt) ?? now;
  const detectedAt = toIso(told > now || told < now - MAX_AGE_MS ? now : told);
  return report.findings.map((found) => ({
    findingId: findingIdOf(place, found.rule, found.offset, found.fingerprint),
    stage: 'blocked-before-send',
    detectedAt,
    core: place.core,
    fork: place.fork,
    position: place.seq,
    correlationId: correlationIdOf(place),
    messageId,
    agent,
    ...found,
  }));
}

/**
 * Whether a report that ought to hold no secret does. A guard with older rules, or somebody who writes the report by
 * hand, may leave one in.
 */
export function holdsSecret(report: BlockedReport, scanner: Detector): boolean {
  const texts = [
    report.agent,
    report.messageId,
    ...report.findings.flatMap((found) => [
      found.redactedContent,
      found.redactedKey,
      found.rule,
      found.secretType,
      found.provider,
      found.entryType ?? '',
    ]),
  ];
  return scanner.scan(texts).length > 0;
}
