/** Events of the bus as rules see them: flat, named, with an id that a repetition shares. */
import { z } from 'zod';
import { ANNOUNCED_EVENTS, announcedEvent } from '../../contracts/announced.ts';
import {
  CASE_CHANGED,
  caseChanged,
  QUARANTINE_EVENT_SOURCE,
  SECRET_QUARANTINED,
  secretQuarantined,
} from '../../contracts/quarantine.ts';
import {
  REVOCATION_CHANGED,
  REVOCATION_EVENT_SOURCE,
  revocationChanged,
  SECRET_REVOKED,
  secretRevoked,
} from '../../contracts/revocation.ts';
import { REPORT_CHANGED, REPORT_EVENT_SOURCE, reportChanged } from '../../contracts/reports.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';
import type { AlertEvent } from '../domain/event.ts';

const envelope = z.object({ source: z.string(), 'detail-type': z.string(), detail: z.unknown() });

// A newer publisher may add fields: they are dropped, not refused.
const READERS: readonly (readonly [string, z.ZodType<AlertEvent>])[] = [
  [
    `${QUARANTINE_EVENT_SOURCE}/${SECRET_QUARANTINED}`,
    z.object(secretQuarantined.shape).transform(({ rule, case: of, ...found }) => ({
      id: found.findingId,
      at: Date.parse(found.detectedAt),
      fields: {
        event: SECRET_QUARANTINED,
        ...scalarsOf(found),
        ruleName: rule,
        reference:
          found.stage === 'blocked-before-send'
            ? `guard:${found.messageId ?? 'unknown'}`
            : `hyperlog:${found.position}`,
        pages: of?.pages ?? true,
        ...(of
          ? { caseId: of.caseId, status: of.status, occurrences: of.occurrences, reappeared: of.reappeared }
          : {}),
      },
    })),
  ],
  [
    `${QUARANTINE_EVENT_SOURCE}/${CASE_CHANGED}`,
    z.object(caseChanged.omit({ reason: true }).shape).transform(({ reviewer, agents, ...change }) => ({
      id: `${change.caseId}#${change.openedAt}#${change.caseVersion}`,
      at: Date.parse(change.changedAt),
      fields: { event: CASE_CHANGED, ...scalarsOf(change), principal: reviewer, agent: agents[0] },
    })),
  ],
  [
    `${REVOCATION_EVENT_SOURCE}/${SECRET_REVOKED}`,
    z.object(secretRevoked.shape).transform(({ eventId, at, version: _, ...death }) => ({
      id: `${SECRET_REVOKED}#${eventId}`,
      at: Date.parse(at),
      fields: { event: SECRET_REVOKED, ...death },
    })),
  ],
  [
    `${REVOCATION_EVENT_SOURCE}/${REVOCATION_CHANGED}`,
    // What a provider said stands in the record alone.
    z
      .object(revocationChanged.omit({ note: true }).shape)
      .transform(({ identity, uses, approval, ...change }) => ({
        id: `${REVOCATION_CHANGED}#${change.caseId}#${change.revision}`,
        at: Date.parse(change.changedAt),
        fields: {
          event: REVOCATION_CHANGED,
          ...scalarsOf(change),
          principal: identity?.principal ?? identity?.id,
          credential:
            identity && [identity.principal, identity.id, identity.account].filter(Boolean).join(' · '),
          uses: uses && (uses.length === 0 ? 'nothing that can be seen' : uses.join(', ')),
          answerBefore:
            approval &&
            `${approval.expiresAt.slice(0, 16).replace('T', ' ')} UTC, else ${approval.byDefault}`,
        },
      })),
  ],
  [
    `${REPORT_EVENT_SOURCE}/${REPORT_CHANGED}`,
    z
      .object(reportChanged.shape)
      .transform(({ eventId, at, outcome, title, period: { firstDate, endDate }, reason, made }) => ({
        id: `${REPORT_CHANGED}#${eventId}`,
        at: Date.parse(at),
        fields: {
          event: REPORT_CHANGED,
          outcome,
          framework: title,
          period: `${firstDate} to ${endDate}`,
          reason,
          manifest: made?.manifest,
          verdicts: made && countsOf(made.verdicts),
        },
      })),
  ],
  ...Object.entries(ANNOUNCED_EVENTS).map(
    ([name, source]) =>
      [
        `${source}/${name}`,
        announcedEvent.transform(({ eventId, at, ...fields }) => ({
          id: `${name}#${eventId}`,
          at: Date.parse(at),
          fields: { event: name, ...fields },
        })),
      ] as const,
  ),
  [
    'aws.cloudwatch/CloudWatch Alarm State Change',
    z
      .object({
        alarmName: z.string(),
        // CloudWatch writes `2026-11-21T08:30:00.000+0000`.
        state: z.object({ value: z.string(), timestamp: z.string() }),
        configuration: z.object({ description: z.string().optional() }).optional(),
      })
      .transform(({ alarmName, state, configuration }) => ({
        id: `${alarmName}#${state.timestamp}`,
        at: Date.parse(state.timestamp.replace(/\+0000$/, 'Z')),
        fields: {
          event: 'AlarmStateChanged',
          alarm: alarmName,
          state: state.value,
          runbook: /runbook\.md#(\w+)/.exec(configuration?.description ?? '')?.[1],
        },
      })),
  ],
];
const readers = new Map(READERS);

/** `31 passed, 2 failed, 9 not covered`: those that there are. */
const countsOf = (verdicts: Readonly<Record<string, number>>): string =>
  Object.entries(verdicts)
    .flatMap(([verdict, count]) => (count === 0 ? [] : [`${count} ${verdict.replaceAll('_', ' ')}`]))
    .join(', ');

function scalarsOf(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value)),
  );
}

/**
 * Reads what the bus put into the queue.
 * @returns the event; why it is none, without quoting it
 */
export function readBusEvent(body: string): Result<AlertEvent, string> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return err('the message is no JSON');
  }
  const outer = envelope.safeParse(value);
  if (!outer.success) return err(describeProblems(outer.error));
  const reader = readers.get(`${outer.data.source}/${outer.data['detail-type']}`);
  if (!reader) return err('no rule speaks of such an event');
  const parsed = reader.safeParse(outer.data.detail);
  if (!parsed.success) return err(describeProblems(parsed.error));
  return Number.isFinite(parsed.data.at) ? ok(parsed.data) : err('it does not say when it happened');
}
