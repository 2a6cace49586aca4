import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Where a page ended: its last item's key and sort key. */
export interface PageEnd {
  readonly pk: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

const fields = z.strictObject({ q: z.string(), pk: z.string().min(1), at: z.iso.datetime() });

/**
 * Opaque to the caller, bound to its question: with another one it is refused instead of answering something else.
 * @param question everything that decides which items there are, and their order
 */
export function writeCursor(question: readonly unknown[], end: PageEnd): string {
  const cursor: z.infer<typeof fields> = { q: digestOf(question), pk: end.pk, at: end.at };
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** Undefined for what is no cursor of this question. */
export function readCursor(question: readonly unknown[], cursor: string): PageEnd | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  const read = fields.safeParse(value);
  if (!read.success || read.data.q !== digestOf(question)) return undefined;
  return { pk: read.data.pk, at: read.data.at };
}

function digestOf(question: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('hex').slice(0, 16);
}
