/** What a webhook and the alert topic are sent: the newest secret, by who issued it, and the alert that it belongs to. */
import type { AlertMessage } from '../../../contracts/alerts.ts';
import { toIso } from '../../../kernel/clock.ts';
import type { Labels } from '../labels.ts';
import { headlineOf, noteId, type Note } from '../note.ts';
import { recommendedAction } from '../recommended-action.ts';
import { doneOf, linesOf, nextOf } from './text.ts';

/** Where a secret of a provider opens what. The log does not say which one: a receiver that knows fills it in. */
const SCOPES: Readonly<Record<string, Readonly<Record<string, null>>>> = {
  aws: { account: null },
  github: { repository: null },
  slack: { workspace: null },
};

function secretOf(labels: Labels) {
  const { provider = 'unknown', secretType = 'unknown' } = labels;
  return {
    secret_type: secretType,
    provider,
    redacted_key: labels.redactedKey ?? null,
    ...(Object.hasOwn(SCOPES, provider) ? SCOPES[provider] : {}),
    log_reference: labels.reference ?? null,
    agent: labels.agent ?? null,
    recommended_action: recommendedAction({ provider, secretType }),
  };
}

export function alertMessageOf(note: Note): AlertMessage {
  const newest = note.samples[0]?.labels ?? note.labels;
  const event = { open: 'alert_opened', update: 'alert_updated', resolve: 'alert_resolved' } as const;
  return {
    event:
      newest.secretType === undefined
        ? event[note.kind]
        : note.kind === 'resolve'
          ? 'secret_leak_resolved'
          : 'secret_leak_detected',
    ...(newest.secretType === undefined ? { recommended_action: nextOf(note) } : secretOf(newest)),
    severity: note.severity,
    timestamp: toIso(note.lastAt),
    alert: {
      id: noteId(note),
      kind: note.kind,
      headline: headlineOf(note),
      rules: note.rules.map(({ name, count }) => ({ name, count })),
      lines: [...linesOf(note)],
      count: note.count,
      cases: note.cases,
      done: doneOf(note),
      next: nextOf(note),
      link: note.link,
    },
  };
}
