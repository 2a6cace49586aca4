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
}

export function selects(wanted: Selection, entry: AuditEntry): boolean {
  const at = fromIso(entry.time) ?? Number.NaN;
  return (
    (wanted.from === undefined || at >= wanted.from) &&
    (wanted.to === undefined || at < wanted.to) &&
    (wanted.id ?? entry.id) === entry.id &&
    (wanted.type ?? entry.type) === entry.type &&
    (wanted.actor ?? entry.actor) === entry.actor &&
    (wanted.subject ?? entry.subject) === entry.subject &&
    (wanted.correlationId ?? entry.correlation_id) === entry.correlation_id
  );
}

/** How many different actors a summary counts one by one; further ones are counted together. */
const MOST_ACTORS = 10_000;

/** Counts entries as they come; bounded by days and kinds, not by entries. */
export class Summary {
  entries = 0;
  /** RFC 3339, of the earliest and latest act. */
  first: string | undefined;
  last: string | undefined;
  readonly byType = new Map<string, number>();
  readonly byActor = new Map<string, number>();
  /** By UTC day, `2026-11-21`. */
  readonly byDay = new Map<string, number>();

  add({ time, type, actor }: AuditEntry): void {
    this.entries += 1;
    if (this.first === undefined || time < this.first) this.first = time;
    if (this.last === undefined || time > this.last) this.last = time;
    count(this.byType, type);
    count(this.byActor, this.byActor.size < MOST_ACTORS || this.byActor.has(actor) ? actor : '(others)');
    count(this.byDay, time.slice(0, 10));
  }
}

const count = (counts: Map<string, number>, key: string): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);
