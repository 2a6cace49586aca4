/** The scheduled check: the log is verified as a stranger would, under what was seen of it before. */
import { createHash } from 'node:crypto';
import { toIso, type Clock } from '../../kernel/clock.ts';
import type { Checkpoint } from '../../kernel/tlog/checkpoint.ts';
import type { LogSource } from '../../kernel/tlog/log-source.ts';
import type { NoteKey } from '../../kernel/tlog/signed-note.ts';
import { verifyLog, type Problem } from './verify-log.ts';

/** Remembers the checkpoint that was verified last. */
export interface SeenCheckpoint {
  read(): Promise<Checkpoint | undefined>;
  write(checkpoint: Checkpoint): Promise<void>;
}

/** A deviation, for people to be told of. */
export interface Deviation {
  /** The same for the same deviation: it is told once, however often it is found. */
  readonly eventId: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  /** The first of what was found, and how much more; never content of an entry. */
  readonly reason: string;
}

export interface CheckIntegrity {
  readonly source: LogSource;
  readonly keys: readonly NoteKey[];
  readonly seen: SeenCheckpoint;
  readonly announce: (deviation: Deviation) => Promise<void>;
  readonly clock: Clock;
  readonly wait: (milliseconds: number) => Promise<void>;
}

export interface Checked {
  readonly entries: number;
  readonly problemCount: number;
  readonly problems: readonly Problem[];
}

const MAX_REASON = 240;
/** Longer than a batch takes: what is only half written is whole by then. */
const LOOK_AGAIN_MS = 15_000;

/**
 * Verifies all of the log, and that it still contains what it had when it was checked last.
 * @param scope `new`: kept checkpoints and older partial objects only as far as they came since the last check
 * @throws where the log cannot be read
 */
export async function checkIntegrity(scope: 'all' | 'new', needed: CheckIntegrity): Promise<Checked> {
  const { source, keys, seen, announce, clock, wait } = needed;
  const before = await seen.read();
  if (before === undefined && (await isEmpty(source))) return { entries: 0, problemCount: 0, problems: [] };
  const verify = () =>
    verifyLog({
      source,
      keys,
      seen: before ? [before] : [],
      ...(scope === 'new' && before && { verifiedTo: before.size }),
    });
  let found = await verify();
  if (found.problemCount > 0) {
    // The sequencer may be in the middle of a batch: only what stays is a deviation.
    await wait(LOOK_AGAIN_MS);
    found = await verify();
  }
  const { checkpoint, entries, problemCount, problems } = found;
  const [first] = problems;
  if (first === undefined && checkpoint !== undefined) await seen.write(checkpoint.checkpoint);
  else if (first !== undefined) {
    const reason = `${first.where}: ${first.what}`.slice(0, MAX_REASON);
    await announce({
      eventId: `audit-${createHash('sha256').update(`${first.where}\n${first.what}`).digest('hex').slice(0, 32)}`,
      at: toIso(clock.now()),
      reason: problemCount > 1 ? `${reason}; and ${problemCount - 1} more` : reason,
    });
  }
  return { entries, problemCount, problems };
}

/** A log that nothing was ever written to has no checkpoint, and that is no deviation. */
async function isEmpty(source: LogSource): Promise<boolean> {
  for await (const _ of source.list()) return false;
  return true;
}
