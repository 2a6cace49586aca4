import type { Severity } from '../../contracts/finding.ts';
import type { QuarantineItem } from '../../contracts/quarantine.ts';
import { toIso } from '../../kernel/clock.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { readCursor, writeCursor } from './cursor.ts';

/** What a finding can be asked for by; each is one access path of the table. */
type QuarantineSelection =
  | { readonly by: 'status'; readonly value: QuarantineItem['status'] }
  | { readonly by: 'secretType'; readonly value: string }
  | { readonly by: 'agent'; readonly value: string }
  | { readonly by: 'fingerprint'; readonly value: string }
  | { readonly by: 'severity'; readonly value: Severity };

export interface QuarantineQuery {
  readonly select: QuarantineSelection;
  /** Detected at or after, milliseconds since the epoch. */
  readonly from?: number;
  /** Detected before, milliseconds since the epoch. */
  readonly until?: number;
  readonly order: 'newest_first' | 'oldest_first';
}

export interface PageRequest {
  /** Most items of the page, 1 to 100. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

export interface QuarantinePage {
  readonly items: readonly QuarantineItem[];
  /** Keys of items that are there and do not hold the contract: to be mended, not to be overlooked. */
  readonly unreadable: readonly string[];
  /** Present while there may be more, also on a page that is not full. */
  readonly next?: string;
}

/** Why a query is not answered. */
export type QueryRefusal = 'limit_out_of_range' | 'cursor_of_another_query';

/** Reads findings. What has expired is gone, also where the table has not deleted it yet. */
export interface QuarantineReader {
  /**
   * Pages are stable: a finding is on one page only, and one that is added or reviewed meanwhile moves no other.
   * @throws when the table cannot be read
   */
  query(query: QuarantineQuery, page: PageRequest): Promise<Result<QuarantinePage, QueryRefusal>>;
  /** `undefined` only when there is no such finding. @throws when the table or the item cannot be read */
  get(findingId: string): Promise<QuarantineItem | undefined>;
}

const MAX_PAGE = 100;

/** The last item of a page. */
interface QueryEnd {
  readonly pk: string;
  readonly detectedAt: string;
}

/** A query in the terms of the table. */
export interface ReadPlan {
  readonly limit: number;
  /** Bounds of `detectedAt`, both included, in the one form that the detector writes: text that sorts like time. */
  readonly lower: string;
  readonly upper: string;
  readonly after?: QueryEnd;
}

// 9999-12-31T23:59:59.999Z, the last time that sorts as text.
const END_OF_TIME = 253_402_300_799_999;

/** @returns times from one on and before another, epoch milliseconds, as bounds that are both included and sort as text */
export function timeBounds({ from, until }: { readonly from?: number; readonly until?: number }): {
  readonly lower: string;
  readonly upper: string;
} {
  return { lower: toIso(from ?? 0), upper: toIso(until === undefined ? END_OF_TIME : until - 1) };
}

/** Checks a request and turns it into bounds. */
export function planRead(query: QuarantineQuery, page: PageRequest): Result<ReadPlan, QueryRefusal> {
  if (!Number.isInteger(page.limit) || page.limit < 1 || page.limit > MAX_PAGE)
    return err('limit_out_of_range');
  const bounds = { limit: page.limit, ...timeBounds(query) };
  if (page.cursor === undefined) return ok(bounds);
  const after = readCursor(questionOf(query), page.cursor);
  return after === undefined
    ? err('cursor_of_another_query')
    : ok({ ...bounds, after: { pk: after.pk, detectedAt: after.at } });
}

/** Where the next page of this query begins. */
export function cursorOf(query: QuarantineQuery, end: QueryEnd): string {
  return writeCursor(questionOf(query), { pk: end.pk, at: end.detectedAt });
}

function questionOf({ select, from, until, order }: QuarantineQuery): readonly unknown[] {
  return [select.by, select.value, from ?? null, until ?? null, order];
}
