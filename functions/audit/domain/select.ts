/** Which entries somebody asks for, and what there is to say of many. */
import { fromIso } from '../../kernel/clock.ts';
import type { AuditEntry } from './entry.ts';

/** Every condition that is given must hold. */
export interface Selection {
  /** Epoch milliseconds: when it happened, `from` included, `to` not. */
  readonly from?: number;
  readonly to?: number;
  readonly id?: string;
  readonly type?: string;
  readonly actor?: string;
  readonly subject?: string;
  readonly correlationId?: string;
  /** One that the entry carries. */
  readonly tag?: string;
}

/** What a summary counts time by, in UTC. */
export const PERIODS = ['hour', 'day', 'month', 'year'] as const;
export type Period = (typeof PERIODS)[number];

/** How much of an RFC 3339 time names the period. */
const LENGTH: Readonly<Record<Period, number>> = { hour: 13, day: 10, month: 7, year: 4 };

export function selects(wanted: Selection, entry: AuditEntry): boolean {
  const at = fromIso(entry.time) ?? Number.NaN;
  return (
    (wanted.from === undefined || at >= wanted.from) &&
    (wanted.to === undefined || at < wanted.to) &&
    (wanted.id ?? entry.id) === entry.id &&
    (wanted.type ?? entry.type) === entry.type &&
    (wanted.actor ?? entry.actor) === entry.actor &&
    (wanted.subject ?? entry.subject) === entry.subject &&
    (wanted.correlationId ?? entry.correlation_id) === entry.correlation_id &&
    (wanted.tag === undefined || (entry.tags?.includes(wanted.tag) ?? false))
  );
}

/** How many different names a summary counts one by one; further ones are counted together. */
const MOST_NAMES = 10_000;

/** Counts entries as they come; bounded by periods and kinds, not by entries. */
export class Summary {
  entries = 0;
  /** RFC 3339, of the earliest and latest act. */
  first: string | undefined;
  last: string | undefined;
  readonly byType = new Map<string, number>();
  /** `administrative.access denied`: kinds with what became of them, where entries say it. */
  readonly byOutcome = new Map<string, number>();
  readonly byActor = new Map<string, number>();
  readonly bySubject = new Map<string, number>();
  readonly byTag = new Map<string, number>();
  /** `2026-11-21` for a day, and so on. */
  readonly byPeriod = new Map<string, number>();
  readonly #length: number;

  constructor(period: Period = 'day') {
    this.#length = LENGTH[period];
  }

  add({ time, type, actor, subject, data, tags = [] }: AuditEntry): void {
    this.entries += 1;
    if (this.first === undefined || time < this.first) this.first = time;
    if (this.last === undefined || time > this.last) this.last = time;
    count(this.byType, type);
    const { outcome } = data;
    if (typeof outcome === 'string') countName(this.byOutcome, `${type} ${outcome}`);
    countName(this.byActor, actor);
    countName(this.bySubject, subject);
    for (const tag of tags) countName(this.byTag, tag);
    countName(this.byPeriod, time.slice(0, this.#length));
  }
}

const countName = (counts: Map<string, number>, name: string): void =>
  count(counts, counts.size < MOST_NAMES || counts.has(name) ? name : '(others)');

const count = (counts: Map<string, number>, key: string): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);
