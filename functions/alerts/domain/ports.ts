/** What the evaluation needs from outside. Everything that is written may be written again. */
import type { SubjectChange, WindowEntry } from './rule-book.ts';
import type { Group, GroupContent, Member } from './group.ts';
import type { Labels } from './labels.ts';
import type { Note } from './note.ts';
import type { Silence } from './silence.ts';
import type { WindowEvent } from './sigma/window.ts';

/** Events that correlations look back at. Reads see every write that ended before them. */
export interface WindowStore {
  /** Adds events; one that is there stays as it is. */
  add(entries: readonly WindowEntry[]): Promise<void>;
  /** The events around a time, at most `limit` on each side and the nearest of them, itself included. */
  around(key: string, at: number, spanMs: number, limit: number): Promise<readonly WindowEvent[]>;
  /** Of a `temporal` window, of the events that one rule matched: the last up to a time and the first after it. */
  nearest(key: string, rule: string, at: number, spanMs: number): Promise<readonly WindowEvent[]>;
  /** How many events came in `[from, to)`; not more than `limit`. */
  count(key: string, from: number, to: number, limit: number): Promise<number>;
  /** Remembers that something expected has come. */
  see(seen: readonly { readonly key: string; readonly at: number; readonly id: string }[]): Promise<void>;
  /** Whether it has come at that time or later. */
  seenSince(key: string, at: number): Promise<boolean>;
}

/** What a commit changes in a group. */
export interface GroupCommit {
  readonly told: number;
  readonly mark: string;
  readonly note: Note;
  readonly dueAt: number;
  readonly burstUntil?: number;
  /** Ends the episode. */
  readonly closes: boolean;
}

export interface GroupStore {
  /** The current episode; begins one where there is none or the last has ended. */
  open(group: Pick<Group, 'key' | 'route' | 'labels' | 'intervalMs'>): Promise<Group>;
  /** Adds alerts, and says that the group has changed. @returns undefined when the episode has ended meanwhile */
  add(group: Group, members: readonly Omit<Member, 'arrivedAt'>[]): Promise<Group | undefined>;
  /** The episode if it is still the current one and open, or waits to be sent. */
  get(key: string, episode: number): Promise<Group | undefined>;
  content(group: Group): Promise<GroupContent>;
  /** Sets when to look again, where nothing is set. @returns whether it was set */
  schedule(group: Group, dueAt: number): Promise<boolean>;
  /** Moves or removes the time, if it still is what the group says and nothing has come. */
  reschedule(group: Group, dueAt: number | undefined): Promise<boolean>;
  /** Moves the time, if it still is what the group says, and remembers what had come by now. @returns whether it was moved */
  postpone(group: Group, dueAt: number): Promise<boolean>;
  /** Decides the next message, if nobody else has. @returns whether it was decided here */
  commit(group: Group, commit: GroupCommit): Promise<boolean>;
  note(group: Pick<Group, 'key' | 'episode'>, revision: number): Promise<Note | undefined>;
  sent(group: Pick<Group, 'key' | 'episode'>, revision: number): Promise<void>;
  /** Remembers how far a subject is, in every group that it is in now or later. @returns open groups that it is in */
  change(
    changes: readonly SubjectChange[],
  ): Promise<readonly { readonly key: string; readonly episode: number }[]>;
}

export interface InhibitionStore {
  /** Lets a rule keep others back until then. */
  inhibit(key: string, until: number): Promise<void>;
  isInhibited(key: string, now: number): Promise<boolean>;
}

export interface SilenceStore {
  silences(): Promise<readonly Silence[]>;
}

/** Looks at something again later; at least once. */
export type Timer =
  | { readonly kind: 'group'; readonly key: string; readonly episode: number; readonly dueAt: number }
  | {
      readonly kind: 'absence';
      readonly rule: string;
      readonly key: string;
      readonly id: string;
      readonly at: number;
      readonly dueAt: number;
      readonly labels: Labels;
    };

export interface Outbox {
  /** Hands a message to every channel's queue. */
  send(note: Note, channels: readonly string[]): Promise<void>;
  /** @param now milliseconds since the epoch; a timer may come back early by a second */
  remind(timers: readonly Timer[], now: number): Promise<void>;
}
