/** One log's loop: connect → resume → follow → (trouble: back off → connect). It ends only when stopped. */
import { backoffMs } from './backoff.ts';
import {
  beginningsWithin,
  checkpointAfter,
  decideResume,
  type Beginning,
  type Checkpoint,
  type Head,
  type Resume,
} from './checkpoint.ts';
import type { Dispatcher } from './dispatch.ts';
import type { Observe } from './events.ts';
import { withoutTypes } from './exclusion.ts';
import { listedIn } from './index-log.ts';
import {
  Trouble,
  type CheckpointStore,
  type Grant,
  type LogSession,
  type LogSource,
  type Pacer,
  type Peer,
  type PeerDirectory,
  type Suspicion,
  type TroubleReason,
} from './ports.ts';
import type { StatusKeeper } from './status.ts';

export interface FollowSettings {
  /** A checkpoint is written at most this often while entries flow; a crash ships that much again. */
  readonly checkpointEveryMs: number;
  readonly reconnect: { readonly baseMs: number; readonly maxMs: number };
  /** Types of entries that are not shipped. */
  readonly excludedTypes: ReadonlySet<string>;
}

export interface FollowDeps {
  readonly source: LogSource;
  readonly checkpoints: CheckpointStore;
  readonly directory: Pick<PeerDirectory, 'enroll'>;
  /** Tells of a suspicion, beside the entries' way; never rejects. */
  readonly suspect: (suspicion: Suspicion) => void;
  /** Ships for every log. */
  readonly dispatcher: Pick<Dispatcher, 'ship'>;
  readonly pacer: Pacer;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly observe: Observe;
  /** Settles when the lease is held; never when it is not. */
  readonly granted: Promise<Grant>;
  /** A newer holder exists: everything must stop. */
  readonly onFenced: () => void;
}

/** How long to sleep at most while a log says nothing. */
const IDLE_MS = 1_000;

/** Follows one log until stopped. Never rejects: whatever happens to this log must not disturb the others. */
export async function followLog(
  peer: Peer,
  deps: FollowDeps,
  settings: FollowSettings,
  status: StatusKeeper,
  stop: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!stop.aborted) {
    try {
      const session = await deps.source.connect(peer, stop);
      try {
        deps.observe({ kind: 'connected', peer, head: session.head() });
        status.connected(session.head());
        await followSession(session, peer, deps, settings, status, stop, () => (failures = 0));
      } finally {
        await session.close();
      }
    } catch (error) {
      // Being stopped ends a session as a trouble would; anything else is worth a word even then.
      if (error instanceof Trouble && isStopped(stop)) return;
      failures += 1;
      const retryInMs = backoffMs(failures, deps.random(), settings.reconnect);
      status.troubled(error);
      const suspicion = suspicionIn(error);
      if (suspicion !== undefined)
        deps.suspect({ peer, suspicion, observedAt: deps.pacer.now(), evidence: metBy(error) });
      deps.observe({ kind: 'troubled', peer, error, retryInMs });
      await deps.pacer.sleep(retryInMs, stop);
    }
  }
}

/** Resolves when stopped, and when a new session should go on. */
async function followSession(
  session: LogSession,
  peer: Peer,
  deps: FollowDeps,
  settings: FollowSettings,
  status: StatusKeeper,
  stop: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  const grant = await Promise.race([deps.granted, session.ended, untilStopped(stop)]);
  if (grant === 'stopped') return;
  if (grant instanceof Trouble) throw grant;

  const claimed = await deps.checkpoints.claim(peer.core, grant.token);
  if (!claimed.ok) {
    deps.onFenced();
    return;
  }
  const resume = await findResume(session, peer, claimed.value, deps, status, stop);
  if (resume === undefined) return;

  const known = beginningsWithin(claimed.value, resume.from);
  const ledger = new Ledger(peer.core, grant.token, known, deps, settings.checkpointEveryMs);
  let position = resume.from;
  status.shipped(position, session.head());
  try {
    while (!stop.aborted) {
      const cut = session.takeTruncation();
      const head = session.head();
      if (cut !== undefined && cut < position) {
        deps.observe({
          kind: 'truncated',
          core: peer.core,
          fork: head.fork,
          newLength: cut,
          shippedLength: position,
        });
        position = cut;
        ledger.rewind(cut);
      }
      if (!(await ledger.settleIfDue())) return;
      if (head.length <= position) {
        status.caughtUp(head);
        await session.changed(head, ledger.waitMs(IDLE_MS), stop);
        continue;
      }
      const from = position;
      let listings: readonly Peer[] = [];
      const window = await deps.dispatcher.ship(
        async (limits) => {
          const read = await session.read(from, limits);
          if (read === undefined) return undefined;
          if (peer.isIndex === true) listings = listedIn(read, peer);
          const { window: shipped, excluded } = withoutTypes(read, settings.excludedTypes);
          if (excluded.size > 0) deps.observe({ kind: 'excluded', core: peer.core, excluded });
          return shipped;
        },
        head.length - position,
        stop,
      );
      if (window === undefined) continue;
      if (window.seqStart > from) deps.observe({ kind: 'gone', core: peer.core, from, to: window.seqStart });
      for (const listed of listings) await deps.directory.enroll(listed, peer.core);
      position = window.seqEnd;
      ledger.accepted({ fork: window.fork, length: window.seqEnd, treeHash: window.treeHash });
      status.shipped(position, session.head());
      onProgress();
      await session.release(window.seqStart, window.seqEnd);
      if (session.isSpent?.() === true) return;
    }
  } finally {
    await ledger.settle();
  }
}

/** Waits until it is clear where to go on; `undefined` when stopped before. */
async function findResume(
  session: LogSession,
  peer: Peer,
  checkpoint: Checkpoint | undefined,
  deps: FollowDeps,
  status: StatusKeeper,
  stop: AbortSignal,
): Promise<Exclude<Resume, { why: 'behind' }> | undefined> {
  let told = false;
  while (!stop.aborted) {
    // Truncations from before this look at the head are part of what it shows; those from now on are not.
    session.takeTruncation();
    const head = session.head();
    const common = await firstInCommon(beginningsWithin(checkpoint, head.length), session);
    const resume = decideResume(checkpoint, head, common, session.mayLag);
    if (resume.why !== 'behind') {
      deps.observe({ kind: 'resumed', core: peer.core, head, resume });
      if (resume.why === 'diverged' && checkpoint !== undefined)
        deps.suspect({
          peer,
          suspicion: 'rewritten',
          observedAt: deps.pacer.now(),
          evidence: await proofOfRewrite(checkpoint, head, session),
        });
      return resume;
    }
    // A head that was not told yet looks like a short log; only one that stays short is worth a word.
    if (!told && head.length > 0) {
      told = true;
      deps.observe({ kind: 'resumed', core: peer.core, head, resume });
      status.behind(checkpoint?.length ?? 0, head);
    }
    await session.changed(head, IDLE_MS, stop);
  }
  return undefined;
}

/** The longest beginning that was shipped and that the log is long enough to show, beside what it shows in its place. */
async function proofOfRewrite(
  checkpoint: Checkpoint,
  head: Head,
  session: LogSession,
): Promise<Suspicion['evidence']> {
  const [longest = checkpoint] = beginningsWithin(checkpoint, head.length);
  const { length, treeHash } = longest;
  return {
    shipped: { fork: checkpoint.fork, length, treeHash },
    shown:
      length <= head.length
        ? { fork: head.fork, length, treeHash: await session.treeHash(length) }
        : { fork: head.fork, length: head.length },
  };
}

const SUSPICIONS: Partial<Record<TroubleReason, Suspicion['suspicion']>> = {
  'verification-failed': 'bad-proof',
  'wrong-key': 'wrong-key',
  'log-closed': 'conflict',
};

/** What a trouble says about the peer's honesty; most say nothing. */
function suspicionIn(error: unknown): Suspicion['suspicion'] | undefined {
  return error instanceof Trouble ? SUSPICIONS[error.reason] : undefined;
}

function metBy(error: unknown): Suspicion['evidence'] {
  return error instanceof Trouble && error.met !== undefined ? { met: error.met } : {};
}

/** The longest of these beginnings that the log still has. */
async function firstInCommon(
  beginnings: readonly Beginning[],
  session: LogSession,
): Promise<Beginning | undefined> {
  for (const beginning of beginnings) {
    if (beginning.length === 0 || (await session.treeHash(beginning.length)) === beginning.treeHash)
      return beginning;
  }
  return undefined;
}

/** Keeps the newest accepted checkpoint and writes it now and then; it never runs ahead of what the queue accepted. */
class Ledger {
  readonly #core: string;
  readonly #token: number;
  readonly #deps: FollowDeps;
  readonly #everyMs: number;
  /** Accepted beginnings that the log still has, longest first. */
  #known: readonly Beginning[];
  #unsaved: Checkpoint | undefined;
  #dueAt = 0;

  constructor(core: string, token: number, known: readonly Beginning[], deps: FollowDeps, everyMs: number) {
    this.#core = core;
    this.#token = token;
    this.#known = known;
    this.#deps = deps;
    this.#everyMs = everyMs;
  }

  accepted(beginning: Beginning & { readonly fork: number }): void {
    this.#unsaved = checkpointAfter(this.#known, beginning);
    this.#known = [this.#unsaved, ...this.#unsaved.ancestors];
  }

  /** The log was cut back: longer beginnings are no more. What is stored may still name them; resuming sees through that. */
  rewind(length: number): void {
    this.#known = this.#known.filter((beginning) => beginning.length <= length);
  }

  /** @returns false when a newer holder exists */
  async settleIfDue(): Promise<boolean> {
    return this.#unsaved === undefined || this.#deps.pacer.now() < this.#dueAt || (await this.settle());
  }

  async settle(): Promise<boolean> {
    const checkpoint = this.#unsaved;
    if (checkpoint === undefined) return true;
    this.#unsaved = undefined;
    this.#dueAt = this.#deps.pacer.now() + this.#everyMs;
    const advanced = await this.#deps.checkpoints.advance(this.#core, this.#token, checkpoint);
    if (!advanced.ok) this.#deps.onFenced();
    return advanced.ok;
  }

  /** How long one may sleep before the next write is due, at most `atMost`. */
  waitMs(atMost: number): number {
    if (this.#unsaved === undefined) return atMost;
    return Math.max(1, Math.min(atMost, this.#dueAt - this.#deps.pacer.now()));
  }
}

/** `aborted` changes while one waits, which the compiler does not expect of a property. */
function isStopped(stop: AbortSignal): boolean {
  return stop.aborted;
}

function untilStopped(stop: AbortSignal): Promise<'stopped'> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve('stopped');
    else stop.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
}
