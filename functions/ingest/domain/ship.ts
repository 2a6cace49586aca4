/** The shipper's run: one lease, every registered log, until the time is up or the lease is lost. */
import { addressOf } from '../../contracts/ingest-state.ts';
import { Dispatcher, type DispatchSettings } from './dispatch.ts';
import type { Observe, ShipEvent } from './events.ts';
import { followLog, type FollowDeps, type FollowSettings } from './follow.ts';
import type {
  EntryQueue,
  Grant,
  Lease,
  Peer,
  PeerDirectory,
  StatusBoard,
  Suspicion,
  Suspicions,
} from './ports.ts';
import { StatusKeeper } from './status.ts';

export interface ShipSettings extends FollowSettings {
  readonly dispatch: DispatchSettings;
  readonly lease: {
    readonly ttlMs: number;
    readonly renewEveryMs: number;
    /** How often a waiting successor asks. */
    readonly pollEveryMs: number;
  };
  readonly directoryEveryMs: number;
  readonly statusEveryMs: number;
}

export interface ShipDeps extends Omit<FollowDeps, 'granted' | 'onFenced' | 'dispatcher' | 'suspect'> {
  readonly queue: EntryQueue;
  readonly directory: PeerDirectory;
  readonly statuses: StatusBoard;
  readonly suspicions: Suspicions;
  readonly lease: Lease;
  /** Who asks for the lease; another for every run. */
  readonly holder: string;
}

export const SHIP_SETTINGS: ShipSettings = {
  dispatch: {
    window: { maxEntries: 1_024, maxBytes: 768 * 1024 },
    spacingMs: 40,
    gatherMs: 20,
    inFlightBytes: 16 * 1024 * 1024,
    send: { attempts: 6, baseMs: 100, maxMs: 3_000 },
  },
  checkpointEveryMs: 1_000,
  reconnect: { baseMs: 250, maxMs: 15_000 },
  lease: { ttlMs: 10_000, renewEveryMs: 3_000, pollEveryMs: 200 },
  directoryEveryMs: 1_000,
  statusEveryMs: 5_000,
  excludedTypes: new Set(),
};

/** `never-held`: another shipper held the lease all the time. */
export type ShipOutcome = 'finished' | 'lease-lost' | 'never-held';

/**
 * Connects to every registered log, waits for the lease, then ships until `until`.
 * @param until milliseconds since the epoch, by the pacer's clock
 * @param asked ends the run earlier, in the same good order
 * @throws what kept the lease or the directory from answering even once in the whole run: such a run did nothing
 */
export async function ship(
  deps: ShipDeps,
  settings: ShipSettings,
  until: number,
  asked?: AbortSignal,
): Promise<ShipOutcome> {
  const aside = new Aside(deps.observe);
  const stopping = new AbortController();
  asked?.addEventListener('abort', () => stopping.abort(), { once: true });
  if (asked?.aborted === true) stopping.abort();
  const stop = stopping.signal;
  const run: { held?: Grant; lost: boolean } = { lost: false };
  const lose = (): void => {
    if (run.held !== undefined && !run.lost) deps.observe({ kind: 'lease-lost', token: run.held.token });
    run.lost = true;
    stopping.abort();
  };
  const gate = Promise.withResolvers<Grant>();
  // Once for each log and suspicion: a peer that goes on being bad is met again with every attempt.
  const raised = new Set<string>();
  const suspect = (suspicion: Suspicion): void => {
    const what = `${suspicion.peer.core} ${suspicion.suspicion}`;
    if (raised.has(what)) return;
    raised.add(what);
    deps.observe({ kind: 'suspected', suspicion });
    void aside.run('suspicions', () => deps.suspicions.raise(suspicion));
  };
  const dispatcher = new Dispatcher(deps, settings.dispatch, stop);
  const followers = new Followers(
    { ...deps, dispatcher, granted: gate.promise, onFenced: lose, suspect },
    settings,
    aside,
    stop,
  );

  const deadline = deps.pacer.sleep(until - deps.pacer.now(), stop).then(() => stopping.abort());
  const directory = repeat(deps, settings.directoryEveryMs, stop, () =>
    aside.run('peer-directory', async () => followers.reconcile(await deps.directory.list())),
  );
  const statuses = repeat(deps, settings.statusEveryMs, stop, () => followers.postAll());
  const lease = keepLease(deps, settings.lease, aside, stop, lose, (grant) => {
    run.held = grant;
    followers.mayPost = true;
    gate.resolve(grant);
  });

  await Promise.all([deadline, directory, statuses]);
  await followers.settled();
  const last = await lease;
  if (run.lost) return 'lease-lost';
  aside.assertAnswered('lease', 'peer-directory');
  if (last === undefined) return 'never-held';
  await aside.run('lease', () => deps.lease.release(last));
  return 'finished';
}

/** Waits for the lease and renews it until stopped. @returns the newest grant, if there was one */
async function keepLease(
  deps: ShipDeps,
  settings: ShipSettings['lease'],
  aside: Aside,
  stop: AbortSignal,
  onLost: () => void,
  onGranted: (grant: Grant) => void,
): Promise<Grant | undefined> {
  const first = await acquire(deps, settings, aside, stop);
  if (first === undefined) return undefined;
  onGranted(first);
  let current = first;
  for (;;) {
    await deps.pacer.sleep(settings.renewEveryMs, stop);
    if (stop.aborted) return current;
    const renewed = await aside.run('lease', () =>
      deps.lease.renew(current, deps.pacer.now(), settings.ttlMs),
    );
    if (renewed?.ok === true) current = renewed.value;
    else if (renewed?.ok === false) onLost();
    // The store could not be asked; past the expiry a successor may ship already.
    else if (deps.pacer.now() >= current.expiresAt) onLost();
  }
}

async function acquire(
  deps: ShipDeps,
  settings: ShipSettings['lease'],
  aside: Aside,
  stop: AbortSignal,
): Promise<Grant | undefined> {
  const startedAt = deps.pacer.now();
  while (!stop.aborted) {
    const now = deps.pacer.now();
    const asked = await aside.run('lease', () => deps.lease.acquire(deps.holder, now, settings.ttlMs));
    if (asked?.ok === true) {
      deps.observe({ kind: 'lease-acquired', token: asked.value.token, waitedMs: now - startedAt });
      return asked.value;
    }
    await deps.pacer.sleep(settings.pollEveryMs, stop);
  }
  return undefined;
}

type FollowersDeps = FollowDeps & ShipDeps & { readonly dispatcher: Dispatcher };

/** The running loops, one per registered log. */
class Followers {
  mayPost = false;
  readonly #deps: FollowersDeps;
  readonly #settings: ShipSettings;
  readonly #aside: Aside;
  readonly #stop: AbortSignal;
  readonly #refused = new Set<string>();
  readonly #running = new Map<
    string,
    {
      readonly peer: Peer;
      readonly stopping: AbortController;
      readonly status: StatusKeeper;
      done: Promise<void>;
    }
  >();

  constructor(deps: FollowersDeps, settings: ShipSettings, aside: Aside, stop: AbortSignal) {
    this.#deps = deps;
    this.#settings = settings;
    this.#aside = aside;
    this.#stop = stop;
  }

  /** Starts what is new, ends what is gone, and starts afresh what has moved. */
  reconcile({ peers, unreadable }: Awaited<ReturnType<PeerDirectory['list']>>): void {
    for (const why of unreadable) {
      if (!this.#refused.has(why)) this.#deps.observe({ kind: 'peer-refused', why });
      this.#refused.add(why);
    }
    const wanted = new Map(peers.map((peer) => [peer.core, peer]));
    for (const [core, follower] of this.#running) {
      const peer = wanted.get(core);
      if (peer === undefined || addressOf(peer) !== addressOf(follower.peer)) follower.stopping.abort();
    }
    for (const peer of wanted.values()) {
      if (!this.#running.has(peer.core) && !this.#stop.aborted) this.#start(peer);
    }
    this.#deps.dispatcher.logs = Math.max(1, this.#running.size);
  }

  async postAll(): Promise<void> {
    for (const { status } of this.#running.values()) await this.#post(status);
  }

  async settled(): Promise<void> {
    await Promise.all(Array.from(this.#running.values(), ({ done }) => done));
  }

  #start(peer: Peer): void {
    const stopping = new AbortController();
    const stop = AbortSignal.any([this.#stop, stopping.signal]);
    const status: StatusKeeper = new StatusKeeper(
      peer.core,
      () => this.#deps.pacer.now(),
      () => void this.#post(status),
    );
    // One that has ended leaves the map only then, so that a log never has two loops.
    const done = followLog(peer, this.#deps, this.#settings, status, stop).finally(() =>
      this.#running.delete(peer.core),
    );
    this.#running.set(peer.core, { peer, stopping, status, done });
  }

  /** Only the holder of the lease speaks for a log. */
  async #post(status: StatusKeeper): Promise<void> {
    if (this.mayPost) await this.#aside.run('status', () => this.#deps.statuses.post(status.current));
  }
}

/** Does `work` now and every `everyMs` until stopped. */
async function repeat(
  { pacer }: Pick<ShipDeps, 'pacer'>,
  everyMs: number,
  stop: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!stop.aborted) {
    await work();
    await pacer.sleep(everyMs, stop);
  }
}

type Part = Extract<ShipEvent, { kind: 'degraded' }>['what'];

/** What goes on beside the entries' way: a failure there is told and tried again, and stops nothing. */
class Aside {
  readonly #observe: Observe;
  readonly #answered = new Set<Part>();
  readonly #failures = new Map<Part, unknown>();

  constructor(observe: Observe) {
    this.#observe = observe;
  }

  /** @returns what `work` gave; `undefined` when it failed */
  async run<T>(part: Part, work: () => Promise<T>): Promise<T | undefined> {
    try {
      const value = await work();
      this.#answered.add(part);
      return value;
    } catch (error) {
      this.#failures.set(part, error);
      this.#observe({ kind: 'degraded', what: part, error });
      return undefined;
    }
  }

  /** @throws the last failure of a part that failed always */
  assertAnswered(...parts: readonly Part[]): void {
    for (const part of parts) {
      if (this.#failures.has(part) && !this.#answered.has(part)) throw this.#failures.get(part);
    }
  }
}
