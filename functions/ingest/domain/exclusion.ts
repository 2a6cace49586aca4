/** Entries of types that the operator holds to be without secrets are not shipped. Pure. */
import { z } from 'zod';
import type { LogWindow } from './ports.ts';

const typed = z.object({ type: z.string().optional(), message_type: z.string().optional() });
const NOTHING = new Uint8Array(0);

/**
 * Empties the entries of these types: they keep their positions, so that a window stays without gaps, and their bytes
 * stay here. What is no JSON object, or names no type, is shipped.
 * @returns the window, and how many entries of each type were emptied
 */
export function withoutTypes(
  window: LogWindow,
  types: ReadonlySet<string>,
): { readonly window: LogWindow; readonly excluded: ReadonlyMap<string, number> } {
  const excluded = new Map<string, number>();
  if (types.size === 0) return { window, excluded };
  const entries = window.entries.map((entry) => {
    const type = typeOf(entry);
    if (type === undefined || !types.has(type)) return entry;
    excluded.set(type, (excluded.get(type) ?? 0) + 1);
    return NOTHING;
  });
  return { window: excluded.size === 0 ? window : { ...window, entries }, excluded };
}

function typeOf(entry: Uint8Array): string | undefined {
  try {
    const text = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength).toString('utf8');
    const parsed = typed.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data.type ?? parsed.data.message_type) : undefined;
  } catch {
    return undefined;
  }
}
