/** PagerDuty Events API v2: https://developer.pagerduty.com/docs/events-api-v2-overview */
import { toIso } from '../../../kernel/clock.ts';
import { episodeOf, headlineOf, linkTextOf, type Note } from '../note.ts';
import { doneOf, factsOf, linesOf, nextOf } from './text.ts';

const SEVERITY = { CRITICAL: 'critical', HIGH: 'error', MEDIUM: 'warning', LOW: 'info' } as const;
const SUMMARY = 1_024;

/** Trigger, acknowledge or resolve: by one key for the whole episode, so that a repetition changes nothing. */
export function pagerDutyEvent(note: Note, routingKey: string) {
  const { open, acknowledged } = note.cases;
  const action =
    note.kind === 'resolve' ? 'resolve' : open === 0 && acknowledged > 0 ? 'acknowledge' : 'trigger';
  return {
    routing_key: routingKey,
    event_action: action,
    dedup_key: episodeOf(note),
    ...(action === 'trigger'
      ? {
          client: 'SHHH',
          client_url: note.link,
          links: [{ href: note.link, text: linkTextOf(note) }],
          payload: {
            summary: headlineOf(note).slice(0, SUMMARY).toWellFormed(),
            source: note.labels.agent ?? note.labels.alarm ?? note.labels.principal ?? 'shhh',
            severity: SEVERITY[note.severity],
            timestamp: toIso(note.lastAt),
            component: note.route,
            group: note.group,
            class: note.rules[0]?.name ?? note.route,
            custom_details: {
              ...Object.fromEntries(factsOf(note).map(({ label, value }) => [label, value])),
              Alerts: linesOf(note),
              'Already done': doneOf(note),
              'Next step': nextOf(note),
            },
          },
        }
      : {}),
  };
}

/** Good news, for the timeline beside the incident. */
export function pagerDutyChange(note: Note, routingKey: string) {
  return {
    routing_key: routingKey,
    payload: {
      summary: headlineOf(note).slice(0, SUMMARY).toWellFormed(),
      source: note.labels.agent ?? 'shhh',
      timestamp: toIso(note.at),
      custom_details: { cases_over: note.cases.over, alerts: note.count },
    },
    links: [{ href: note.link, text: linkTextOf(note) }],
  };
}
