/**
 * Alerts of one route and the same labels are one group, and a group is one message that counts. What to tell, and
 * when, is decided here from everything that the group holds, so that order and repetition do not matter.
 */
import { severity as severityName, type Severity } from '../../contracts/finding.ts';
import type { Note } from './note.ts';
import { fill, type Labels } from './labels.ts';
import type { AlertBlock, AlertRule } from './sigma/rule.ts';
import { silences, type Silence } from './silence.ts';

/** An alert in a group. */
export interface Member {
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly at: number;
  readonly subject?: string;
  readonly labels: Labels;
  /** Kept back because another rule fires. */
  readonly inhibited: boolean;
  /** `arrivals` of the group when it came, about: what came after the last message is new. */
  readonly arrivedAt: number;
}

/** Where a group stands. An episode ends when everything in it is over; the next alert begins another. */
export interface Group {
  /** Hash of route and label values. */
  readonly key: string;
  readonly episode: number;
  readonly route: string;
  readonly labels: Labels;
  readonly intervalMs: number;
  /** Grows with everything that changes the group. */
  readonly arrivals: number;
  /** `arrivals` of what was last told. */
  readonly told: number;
  /** Most severe that was told; absent while nothing was. */
  readonly toldSeverity?: Severity;
  /** What was last told, in numbers: where nothing differs there is nothing to tell. */
  readonly toldMark?: string;
  /** When it was last told, milliseconds since the epoch. */
  readonly toldAt?: number;
  /** Messages so far. */
  readonly revision: number;
  /** Whether the episode has ended. */
  readonly closed?: boolean;
  /** When to look at it again. */
  readonly dueAt?: number;
  /** A first message was told: until then, what comes is told as soon as no more of it comes. */
  readonly burstUntil?: number;
  /** `arrivals` when it was last looked whether a burst goes on. */
  readonly seen?: number;
  /** A message that is decided and that the channels' queues may not have yet. */
  readonly unsent?: number;
}

export interface GroupContent {
  readonly members: readonly Member[];
  /** By subject, how far it has come and when. */
  readonly states: ReadonlyMap<string, { readonly state: 'acknowledged' | 'over'; readonly at: number }>;
}

export type Decision =
  /** Nothing new: look again when something comes. */
  | { readonly kind: 'rest' }
  /** New, but silenced. */
  | { readonly kind: 'wait'; readonly dueAt: number }
  | {
      readonly kind: 'tell';
      readonly note: Note;
      readonly mark: string;
      readonly closes: boolean;
      readonly dueAt: number;
      /** Present where nothing was told in the interval before: more of it may be on its way. */
      readonly burstUntil?: number;
    };

const rank = (severity: Severity): number => severityName.options.indexOf(severity);

export function severityOf({ severity }: AlertBlock, labels: Labels): Severity {
  return severity === 'event' ? (severityName.safeParse(labels.severity).data ?? 'MEDIUM') : severity;
}

/** Milliseconds until a group that is at rest, or was told something milder, is to be told of a new alert; undefined: with its next message. */
export function waitFor(group: Group, alert: AlertBlock, severity: Severity): number | undefined {
  if (group.dueAt === undefined) return alert.waitMs;
  const worse = group.toldSeverity === undefined || rank(severity) > rank(group.toldSeverity);
  return alert.waitMs === 0 && worse ? 0 : undefined;
}

const SAMPLES = 5;
/** A burst is over when nothing has come for so long: then it is told what it came to. */
const QUIET_MS = 15_000;

/** @returns when to look again, because a burst goes on or nothing has come since the last message; undefined: decide now */
export function lookAgainAt(group: Group, now: number): number | undefined {
  const { arrivals, told, seen = told, burstUntil = 0 } = group;
  if (now >= burstUntil) return undefined;
  if (arrivals > seen) return Math.min(now + QUIET_MS, burstUntil);
  return arrivals === told ? burstUntil : undefined;
}

/** A flood that goes on is told in intervals that double, up to this. */
const LONGEST_INTERVAL_MS = 3_600_000;

/** After a message at `now`: when to look again, and whether and until when the end of a burst is waited for. */
function nextLook(group: Group, now: number): { readonly dueAt: number; readonly burstUntil?: number } {
  const { intervalMs, toldAt, told, arrivals, seen = told, burstUntil = 0 } = group;
  if (toldAt !== undefined && now - toldAt < intervalMs) return { dueAt: now + intervalMs };
  const goesOn = toldAt !== undefined && burstUntil > toldAt && now >= burstUntil && arrivals > seen;
  const span = goesOn ? Math.min(LONGEST_INTERVAL_MS, 2 * (burstUntil - toldAt)) : intervalMs;
  return { dueAt: now + Math.min(QUIET_MS, span), burstUntil: now + span };
}

/**
 * @param now milliseconds since the epoch
 * @param linkTo address of a page for a person, from the newest alert's labels
 */
export function decide(
  group: Group,
  content: GroupContent,
  all: readonly Silence[],
  ruleOf: (name: string) => AlertRule | undefined,
  now: number,
  linkTo: (labels: Labels) => string,
): Decision {
  const members = content.members.toSorted((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1));
  const silenced = members.filter((member) => silences(all, member, now));
  const speaking = members.filter((member) => !member.inhibited && !silenced.includes(member));
  const stateOf = ({ subject, at }: Member) => {
    const state = subject === undefined ? undefined : content.states.get(subject);
    return state && state.at >= at ? state.state : 'open';
  };
  const subjects = new Map<string, ReturnType<typeof stateOf>>();
  for (const member of members)
    if (member.subject !== undefined) subjects.set(member.subject, stateOf(member));
  const cases = { open: 0, acknowledged: 0, over: 0 };
  for (const state of subjects.values()) cases[state] += 1;
  const over = subjects.size > 0 && cases.over === subjects.size;
  const wasTold = group.toldSeverity !== undefined;

  if (group.arrivals === group.told) return { kind: 'rest' };
  const mark = [speaking.length, cases.open, cases.acknowledged, cases.over].join('/');
  if (mark === group.toldMark) return { kind: 'rest' };
  // Whatever was told is told to be over, be it silenced meanwhile.
  if (speaking.length === 0 && !(over && wasTold)) {
    return silenced.length > 0 ? { kind: 'wait', dueAt: now + group.intervalMs } : { kind: 'rest' };
  }
  const shown = speaking.length > 0 ? speaking : members;
  const rules = [...Map.groupBy(shown, ({ rule }) => rule)].map(([name, of]) => {
    const rule = ruleOf(name);
    const last = of.at(-1)?.labels ?? {};
    return {
      name,
      title: rule?.title ?? name,
      severity: of.reduce<Severity>(
        (worst, { severity }) => (rank(severity) > rank(worst) ? severity : worst),
        'LOW',
      ),
      count: of.length,
      summary: fill(rule?.alert?.summary ?? name, last),
      done: fill(rule?.alert?.done ?? '', last),
      next: fill(rule?.alert?.next ?? '', last),
      channels: rule?.alert?.channels ?? [],
    };
  });
  rules.sort((one, other) => rank(other.severity) - rank(one.severity) || other.count - one.count);
  const severity = rules[0]?.severity ?? 'LOW';
  const newest = shown.at(-1);
  const oldest = shown[0];
  const channels = [...new Set(rules.flatMap((rule) => rule.channels))];
  const note: Note = {
    version: 1,
    group: group.key,
    episode: group.episode,
    revision: group.revision + 1,
    kind: over ? 'resolve' : wasTold ? 'update' : 'open',
    at: now,
    severity,
    route: group.route,
    labels: group.labels,
    rules: rules.map(({ name, title, severity: worst, count, summary, done, next }) => ({
      name,
      title,
      severity: worst,
      count,
      summary,
      done,
      next,
    })),
    count: shown.length,
    fresh: shown.filter(({ arrivedAt }) => arrivedAt > group.told).length,
    inhibited: members.filter(({ inhibited }) => inhibited).length,
    silenced: silenced.length,
    cases,
    firstAt: oldest?.at ?? now,
    lastAt: newest?.at ?? now,
    samples: shown
      .slice(-SAMPLES)
      .toReversed()
      .map(({ rule, labels }) => ({ rule, labels })),
    link: linkTo(subjects.size > 1 ? group.labels : (newest?.labels ?? {})),
    channels,
  };
  return { kind: 'tell', note, mark, closes: over, ...nextLook(group, now) };
}
