/** What an entry says about itself: a CHORUS log entry, a BZZZ message, or anything else. */
import { z } from 'zod';
import { fromIso } from '../../kernel/clock.ts';

export interface EntryFacts {
  /** The peer that wrote it; `unknown` where it does not say. */
  readonly agent: string;
  readonly messageId: string | undefined;
  readonly entryType: string | undefined;
  /** As written; only kept where it is a date. */
  readonly timestamp: string | undefined;
}

const text = z.string().min(1).optional().catch(undefined);
const identifier = z
  .union([z.string().min(1), z.number()])
  .transform(String)
  .optional()
  .catch(undefined);

const entryShape = z.object({
  author: text,
  from: text,
  agent: text,
  type: text,
  timestamp: identifier,
  hash: text,
  id: identifier,
  message_id: identifier,
  data: z.object({ message_id: identifier, id: identifier }).optional().catch(undefined),
});

const UNKNOWN: EntryFacts = {
  agent: 'unknown',
  messageId: undefined,
  entryType: undefined,
  timestamp: undefined,
};
/** Names and ids are shown and indexed; nobody needs more of one. */
const MAX_FIELD = 200;

/** Reads what it can: an entry that is no JSON object, or lacks a field, is an entry all the same. */
export function parseEntry(bytes: Buffer): EntryFacts {
  const entry = entryShape.safeParse(jsonOf(bytes));
  if (!entry.success) return UNKNOWN;
  const { author, from, agent, type, timestamp, hash, id, message_id: messageId, data } = entry.data;
  return {
    agent: short(author ?? from ?? agent) ?? 'unknown',
    messageId: short(data?.message_id ?? messageId ?? data?.id ?? id ?? hash),
    entryType: short(type),
    timestamp: timestamp !== undefined && fromIso(timestamp) !== undefined ? short(timestamp) : undefined,
  };
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function short(field: string | undefined): string | undefined {
  // Control characters would break a log line or an index.
  const clean = field?.replaceAll(/\p{Cc}/gu, ' ').trim();
  return clean === undefined || clean === '' ? undefined : clean.slice(0, MAX_FIELD);
}
