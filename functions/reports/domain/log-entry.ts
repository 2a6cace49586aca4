import type { z } from 'zod';

export type Json = z.core.util.JSONType;

/** What a report reads of an entry of the audit log. */
export interface LogEntry {
  /** Place in the log, from 0. */
  readonly seq: number;
  /** RFC 3339, UTC: when it happened. */
  readonly time: string;
  readonly type: string;
  readonly actor: string;
  readonly subject: string;
  readonly correlation_id: string;
  readonly data: Readonly<Record<string, Json>>;
}
