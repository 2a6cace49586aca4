/** A log in memory, whose entries were logged seconds after they happened. */
import type { AuditEvent } from '../../../functions/contracts/audit.ts';
import type { KeptCheckpoints, LogSource } from '../../../functions/kernel/tlog/log-source.ts';
import { decodeBundle, parsePath } from '../../../functions/kernel/tlog/tiles.ts';
import { anEvent } from '../../audit/support/event-builder.ts';
import { buildLog, ORIGIN, sourceOf } from '../../audit/support/log-builder.ts';
import { createLogKeys, type LogKeys } from '../../audit/support/log-keys.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const JULY = Date.UTC(2026, 6, 1);

export interface LogWorld {
  readonly files: Map<string, Uint8Array>;
  readonly keys: LogKeys;
  /** By their places. */
  readonly entries: readonly Uint8Array[];
  readonly source: Pick<LogSource, 'read'> & KeptCheckpoints;
  /** Paths that were read. */
  readonly reads: string[];
}

/** @param at when each entry happened, milliseconds since the epoch @param batches how many entries each batch has */
export function aLog(
  at: readonly number[],
  batches: readonly number[],
  {
    keys = createLogKeys(ORIGIN),
    event = (index: number): Partial<AuditEvent> => ({ id: `event-${index}` }),
  } = {},
): LogWorld {
  const timeOf = (index: number) => at[index] ?? 0;
  const { files } = buildLog(batches, {
    keys,
    event: (index) => anEvent({ ...event(index), time: new Date(timeOf(index)).toISOString() }),
    loggedAt: (index) => timeOf(index) + 3_000,
  });
  const reads: string[] = [];
  const source = sourceOf(files);
  return {
    files,
    keys,
    reads,
    entries: entriesIn(files),
    source: {
      read: (path) => {
        reads.push(path);
        return source.read(path);
      },
      async keptFrom(size) {
        const sizes = [...files.keys()].flatMap((path) => {
          const object = parsePath(path);
          return object?.kind === 'kept' && object.size >= size ? [object.size] : [];
        });
        return sizes.length === 0 ? undefined : Math.min(...sizes);
      },
    },
  };
}

/** One after the other, evenly. */
export const every = (ms: number, count: number, from: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index * ms);

/** Of the widest bundle of each place. */
function entriesIn(files: ReadonlyMap<string, Uint8Array>): readonly Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (const [path, bytes] of files) {
    const object = parsePath(path);
    const bundle = object?.kind === 'bundle' ? decodeBundle(bytes) : undefined;
    if (object?.kind !== 'bundle' || bundle?.ok !== true) continue;
    for (const [at, entry] of bundle.value.entries()) entries[object.index * 256 + at] = entry;
  }
  return entries;
}
