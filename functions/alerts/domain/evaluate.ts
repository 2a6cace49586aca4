/**
 * From events to messages. Each step may run again: what is written has a key that follows from the event, and an event
 * leaves its queue only when everything that follows from it is written and handed on.
 */
import { digest, keyOf, type Alert, type AlertEvent } from './event.ts';
import { decide, lookAgainAt, severityOf, waitFor, type Group } from './group.ts';
import { labelsOf, type Labels } from './labels.ts';
import { noteId } from './note.ts';
import type { GroupStore, InhibitionStore, Outbox, SilenceStore, Timer, WindowStore } from './ports.ts';
import {
  correlate,
  enoughEvents,
  nextPeriod,
  onlyFiring,
  subjectOf,
  type RuleBook,
  type WindowEntry,
} from './rule-book.ts';
import type { WindowEvent } from './sigma/window.ts';

export interface EvaluateDeps {
  readonly book: RuleBook;
  readonly windows: WindowStore;
  readonly groups: GroupStore;
  readonly inhibitions: InhibitionStore;
  readonly silences: SilenceStore;
  readonly outbox: Outbox;
  /** Ids of correlations' alerts that are in their groups already, as far as this function knows. */
  readonly raised: Set<string>;
  readonly now: () => number;
  readonly linkTo: (labels: Labels) => string;
  /** Told of what happened, for the log. */
  readonly observe: (event: Observation) => void;
}

export type Observation =
  | {
      readonly event: 'alert_raised';
      /** Names of the rules, joined by commas. */
      readonly rules: string;
      readonly correlation_id?: string;
      readonly finding_id?: string;
      readonly severity?: string;
      /** From the event to its being counted, milliseconds. */
      readonly age_ms: number;
    }
  | {
      readonly event: 'note_decided';
      readonly note_id: string;
      readonly kind: string;
      readonly severity: string;
      readonly alerts: number;
    }
  | { readonly event: 'group_silenced'; readonly group: string };

/** A window of a rule that counts values, or not upwards, is read as far as this on each side; nearer events count. */
const MOST_EVENTS = 1_000;
const MOST_REMEMBERED = 10_000;
/** A message that was decided and not confirmed as sent is sent again by whoever sees it after this long. */
const RESEND_AFTER_MS = 5_000;
/** Others work on the same group: not more than a batch of functions do so at once. */
const ATTEMPTS = 20;

/**
 * Evaluates events.
 * @param again whether any of them may have been handled before, in part
 * @throws when a store or queue fails: every event then has to come again
 */
export async function evaluate(
  events: readonly AlertEvent[],
  again: boolean,
  deps: EvaluateDeps,
): Promise<void> {
  const { book, windows } = deps;
  const matched = events.map((event) => book.match(event));
  const entries = matched.flatMap((matches) => matches.windows);
  await Promise.all([windows.add(entries), windows.see(matched.flatMap(({ seen }) => seen))]);
  const correlated = await Promise.all(entries.map((entry) => lookAround(entry, deps)));

  const now = deps.now();
  const checks = matched.flatMap((matches) => matches.checks);
  await deps.outbox.remind(
    checks.map(({ rule, key, event }): Timer => {
      const [alert] = book.match(event).alerts;
      return {
        kind: 'absence',
        rule: rule.name,
        key,
        id: event.id,
        at: event.at,
        dueAt: Math.max(now, event.at + rule.withinMs),
        labels: alert?.labels ?? {},
      };
    }),
    now,
  );

  const touched = await deps.groups.change(matched.flatMap(({ changes }) => changes));
  await raise([...matched.flatMap(({ alerts }) => alerts), ...correlated.flat()], again, deps);
  for (const [index, event] of events.entries()) {
    const own = matched[index]?.alerts ?? [];
    const built = entries.flatMap((entry, at) => (entry.event === event ? (correlated[at] ?? []) : []));
    observeAlerts(event, [...own, ...built], deps);
  }
  for (const { key, episode } of touched) await look(key, episode, again, deps, { ends: true });
  // Only now, when nothing of it can get lost any more.
  if (deps.raised.size > MOST_REMEMBERED) deps.raised.clear();
  for (const { id } of correlated.flat()) deps.raised.add(id);
}

/** One line for each event that something was raised at, so that it can be followed by its correlation id. */
function observeAlerts(event: AlertEvent, alerts: readonly Alert[], { observe, now }: EvaluateDeps): void {
  if (alerts.length === 0) return;
  const { correlationId, findingId, severity } = labelsOf(event.fields);
  observe({
    event: 'alert_raised',
    rules: alerts.map(({ rule }) => rule).join(','),
    age_ms: now() - event.at,
    ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
    ...(findingId === undefined ? {} : { finding_id: findingId }),
    ...(severity === undefined ? {} : { severity }),
  });
}

async function lookAround(entry: WindowEntry, deps: EvaluateDeps): Promise<readonly Alert[]> {
  const { windows, raised, now } = deps;
  const { rule, key } = entry;
  const only = onlyFiring(entry, now());
  if (only !== undefined && raised.has(only)) return [];
  if (rule.type === 'temporal') return correlate(entry, await lookForAll(entry, windows), 0);
  const { at } = entry.entry;
  const before = at - rule.timespanMs;
  const usual = rule.usual ? await windows.count(key, before - rule.usual.overMs, before, MOST_EVENTS) : 0;
  const limit = Math.min(enoughEvents(rule, usual) ?? MOST_EVENTS, MOST_EVENTS);
  return correlate(entry, await windows.around(key, at, rule.timespanMs, limit), usual);
}

/**
 * Of a `temporal` window, what decides it: around the event, and around the border to the next period, the nearest
 * event of each rule. Whatever fires with others fires with these in the same period, so a flood need not be read.
 */
async function lookForAll(entry: WindowEntry, windows: WindowStore): Promise<readonly WindowEvent[]> {
  const { rule, key } = entry;
  const { at, rules: matched } = entry.entry;
  const nearest = async (names: readonly string[], time: number) =>
    (await Promise.all(names.map((name) => windows.nearest(key, name, time, rule.timespanMs)))).flat();
  const others = rule.rules.filter((name) => !matched.includes(name));
  const found = await nearest(others, at);
  if (others.some((name) => !found.some(({ rules }) => rules.includes(name)))) return [];
  const border = await nearest(rule.rules, nextPeriod(entry) - 1);
  return [...new Map([entry.entry, ...found, ...border].map((event) => [event.id, event])).values()];
}

/** A timer is due. @param again whether it may have been handled before, in part */
export async function elapse(timer: Timer, again: boolean, deps: EvaluateDeps): Promise<void> {
  const now = deps.now();
  // SQS keeps a message for a quarter of an hour at most, and its clock is not ours.
  if (timer.dueAt - now > 1_000) return deps.outbox.remind([timer], now);
  if (timer.kind === 'group') return look(timer.key, timer.episode, again, deps, { dueAt: timer.dueAt });
  if (await deps.windows.seenSince(timer.key, timer.at)) return;
  await raise(
    [{ id: digest(timer.rule, timer.id), rule: timer.rule, at: timer.at, labels: timer.labels }],
    again,
    deps,
  );
}

/** Puts alerts into their groups, and tells at once what must not wait. */
async function raise(alerts: readonly Alert[], again: boolean, deps: EvaluateDeps): Promise<void> {
  const { book } = deps;
  await Promise.all(
    alerts
      .filter(({ rule }) => book.inhibits(rule))
      .flatMap((alert) =>
        book.inhibitedBy(alert.rule).map(async ({ alert: target }) => {
          if (!target?.inhibitedBy) return;
          const { rule, equal, forMs } = target.inhibitedBy;
          await deps.inhibitions.inhibit(keyOf(rule, alert.labels, equal), deps.now() + forMs);
        }),
      ),
  );
  const byGroup = Map.groupBy(alerts, (alert) => {
    const block = book.rule(alert.rule)?.alert;
    return block ? keyOf(block.route, alert.labels, block.groupBy) : '';
  });
  await Promise.all(
    [...byGroup].map(([key, of]) => (key === '' ? Promise.resolve() : join(key, of, again, deps))),
  );
}

async function join(
  key: string,
  alerts: readonly Alert[],
  again: boolean,
  deps: EvaluateDeps,
): Promise<void> {
  const { book, groups } = deps;
  const blocks = alerts.flatMap((alert) => {
    const block = book.rule(alert.rule)?.alert;
    return block ? [{ alert, block, severity: severityOf(block, alert.labels) }] : [];
  });
  const [first] = blocks;
  if (!first) return;
  const members = await Promise.all(
    blocks.map(async ({ alert, block, severity }) => {
      const value = block.subject && alert.labels[block.subject];
      const by = block.inhibitedBy;
      return {
        ...alert,
        severity,
        ...(block.subject && value !== undefined ? { subject: subjectOf(block.subject, value) } : {}),
        inhibited: by
          ? await deps.inhibitions.isInhibited(keyOf(by.rule, alert.labels, by.equal), deps.now())
          : false,
      };
    }),
  );
  const labels = Object.fromEntries(
    first.block.groupBy.flatMap((name) => {
      const value = first.alert.labels[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const intervalMs = Math.min(...blocks.map(({ block }) => block.intervalMs));
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const found = await groups.open({ key, route: first.block.route, labels, intervalMs });
    const group = await groups.add(found, members);
    // The episode ended between the two: the next one takes it.
    if (!group) continue;
    const waitIn = (current: Group) =>
      Math.min(...blocks.map(({ block, severity }) => waitFor(current, block, severity) ?? Infinity));
    const wait = waitIn(group);
    if (wait === 0) await look(key, group.episode, again, deps, { if: (current) => waitIn(current) === 0 });
    else if (wait < Infinity) await wake(group, deps.now() + wait, deps);
    else if (again) await look(key, group.episode, again, deps, { if: () => false });
    return;
  }
  throw new Error(`The group ${key} ended again and again while an alert was put into it.`);
}

/** First the timer, then the time: a timer without its time is void, a time without its timer would never come. */
async function wake(group: Group, dueAt: number, deps: EvaluateDeps): Promise<void> {
  await deps.outbox.remind([{ kind: 'group', key: group.key, episode: group.episode, dueAt }], deps.now());
  await deps.groups.schedule(group, dueAt);
}

type Occasion =
  /** A timer, void unless this is still when to look. */
  | { readonly dueAt: number }
  /** Something came that must not wait, unless somebody has just told of the group. */
  | { readonly if: (group: Group) => boolean }
  /** A subject has moved on: told at once where nothing is open any more or the group is at rest. */
  | { readonly ends: true };

/** Looks at a group: hands on what was decided and not handed on, then decides what is new. */
async function look(
  key: string,
  episode: number,
  again: boolean,
  deps: EvaluateDeps,
  why: Occasion,
): Promise<void> {
  const { groups, outbox } = deps;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const group = await groups.get(key, episode);
    if (!group) return;
    const now = deps.now();
    if (group.unsent !== undefined && (again || now - (group.toldAt ?? 0) > RESEND_AFTER_MS)) {
      await hand(group, group.unsent, deps);
      again = false;
      continue;
    }
    if (group.closed === true) return;
    if ('dueAt' in why && group.dueAt !== why.dueAt) return;
    if ('if' in why && !why.if(group)) return;
    const later = 'dueAt' in why ? lookAgainAt(group, now) : undefined;
    if (later !== undefined) {
      await outbox.remind([{ kind: 'group', key, episode, dueAt: later }], now);
      if (await groups.postpone(group, later)) return;
      continue;
    }
    const decision = decide(
      group,
      await groups.content(group),
      await deps.silences.silences(),
      (name) => deps.book.rule(name),
      now,
      deps.linkTo,
    );
    if (decision.kind === 'rest') {
      if (!('dueAt' in why) || (await groups.reschedule(group, undefined))) return;
      continue;
    }
    // What has moved on beside others that are open is told with the next message.
    if (
      'ends' in why &&
      group.dueAt !== undefined &&
      (decision.kind === 'wait' || decision.note.cases.open > 0)
    )
      return;
    await outbox.remind([{ kind: 'group', key, episode, dueAt: decision.dueAt }], now);
    if (decision.kind === 'wait') {
      deps.observe({ event: 'group_silenced', group: key });
      if (await groups.reschedule(group, decision.dueAt)) return;
      continue;
    }
    const { kind: _, ...decided } = decision;
    const { note } = decided;
    if (await groups.commit(group, { told: group.arrivals, ...decided })) {
      deps.observe({
        event: 'note_decided',
        note_id: noteId(note),
        kind: note.kind,
        severity: note.severity,
        alerts: note.count,
      });
      await hand(group, note.revision, deps);
      return;
    }
  }
  throw new Error(`The group ${key} was changed by others again and again while it was looked at.`);
}

async function hand(group: Group, revision: number, deps: EvaluateDeps): Promise<void> {
  const note = await deps.groups.note(group, revision);
  if (note) await deps.outbox.send(note, note.channels);
  await deps.groups.sent(group, revision);
}
