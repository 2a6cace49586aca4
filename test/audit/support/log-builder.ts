import type { LogSource } from '../../../functions/kernel/tlog/log-source.ts';
import {
  EMPTY_EDGE,
  EMPTY_LOG,
  entriesOf,
  growLog,
  type LogEdge,
  type LogHead,
} from '../../../functions/audit/domain/grow-log.ts';
import { CHECKPOINT_PATH, checkpointPath } from '../../../functions/kernel/tlog/tiles.ts';
import type { AuditEvent } from '../../../functions/contracts/audit.ts';
import { anEvent } from './event-builder.ts';
import { createLogKeys, type LogKeys } from './log-keys.ts';

export const ORIGIN = 'shhh.example/audit/test';

/** When a batch is taken in, by the place of its last entry. */
const LOGGED_AT: (at: number) => number = () => Date.UTC(2026, 10, 21);

export interface BuiltLog {
  readonly files: Map<string, Uint8Array>;
  readonly keys: LogKeys;
  readonly head: LogHead;
}

/** A log in memory, written in batches of these sizes: each leaves its partial tiles and its checkpoint, as it does in life. */
export function buildLog(
  batches: readonly number[],
  {
    keys = createLogKeys(ORIGIN),
    event = (at: number): AuditEvent =>
      anEvent({
        id: `event-${at}`,
        subject: `agent-${at % 7}`,
        time: new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString(),
      }),
    /** By the place of a batch's last entry; milliseconds since the epoch. */
    loggedAt = LOGGED_AT,
  } = {},
): BuiltLog {
  const files = new Map<string, Uint8Array>();
  const put = (path: string, bytes: Uint8Array) => {
    files.set(path, Buffer.from(bytes));
  };
  let edge: LogEdge = EMPTY_EDGE;
  let head: LogHead = EMPTY_LOG;
  for (const count of batches) {
    const events = Array.from({ length: count }, (_, at) => event(edge.size + at));
    const { entries, lastHash } = entriesOf(events, head, loggedAt(edge.size + count - 1));
    const grown = growLog(edge, entries);
    edge = grown.edge;
    head = { size: edge.size, root: grown.root, lastHash };
    for (const { path, bytes } of grown.files) put(path, bytes);
    const checkpoint = keys.sign({ origin: keys.origin, ...head });
    put(checkpointPath(head.size), checkpoint);
    put(CHECKPOINT_PATH, checkpoint);
  }
  return { files, keys, head };
}

/** A source over objects in memory. */
export function sourceOf(files: ReadonlyMap<string, Uint8Array>): LogSource {
  return {
    read: async (path) => files.get(path),
    async *list() {
      yield* files.keys();
    },
  };
}
