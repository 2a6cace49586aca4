import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressOf } from '../../../functions/contracts/ingest-state.ts';
import { err } from '../../../functions/kernel/result.ts';
import { FakeLog, type LogFault } from '../../support/ingest/fake-log.ts';
import type { QueueFault } from '../../support/ingest/fake-stores.ts';
import { Harness } from '../../support/ingest/harness.ts';
import type { Peer } from '../../../functions/ingest/domain/ports.ts';
import type { ShipDeps } from '../../../functions/ingest/domain/ship.ts';

const A = 'aa'.repeat(32);
const B = 'bb'.repeat(32);
const SECOND = 1_000;

let written = 0;
const entries = (count: number): Buffer[] =>
  Array.from({ length: count }, () => Buffer.from(`{"index":${String(written++)}}`));

const at = async (harness: Harness, ms: number, what: () => void): Promise<void> => {
  await harness.pacer.sleep(ms, new AbortController().signal);
  what();
};

describe('shipping', () => {
  test('begins a new log at its start and follows what is appended', async () => {
    const log = new FakeLog(A);
    log.append(...entries(3_000));
    const harness = new Harness(log);
    const appended = at(harness, 3 * SECOND, () => log.append(...entries(5)));
    expect(await harness.run(10 * SECOND)).toBe('finished');
    await appended;
    expect(harness.missing(log)).toEqual([]);
    expect(harness.accepted).toHaveLength(3_005);
    expect(harness.broken).toEqual([]);
    expect(harness.advances.at(-1)?.checkpoint.length).toBe(3_005);
    expect(harness.eventsOf('resumed')[0]?.resume).toEqual({ why: 'first', from: 0 });
  });

  test('goes on at the checkpoint and ships nothing twice', async () => {
    const log = new FakeLog(A);
    log.append(...entries(100));
    const harness = new Harness(log);
    await harness.run(5 * SECOND);
    log.append(...entries(20));
    await harness.run(5 * SECOND);
    expect(harness.accepted).toHaveLength(120);
    expect(harness.eventsOf('resumed')[1]?.resume).toEqual({ why: 'unchanged', from: 100 });
  });

  test('goes on at once, and ships nothing twice, where a session asks for one in its place', async () => {
    const log = new FakeLog(A);
    log.readsPerSession = 2;
    log.append(...entries(10_000));
    const harness = new Harness(log);
    const checked = at(harness, 2 * SECOND, () => expect(harness.missing(log)).toEqual([]));
    await harness.run(10 * SECOND);
    await checked;
    expect(harness.accepted).toHaveLength(10_000);
    expect(harness.eventsOf('connected').length).toBeGreaterThan(3);
    expect(harness.eventsOf('troubled')).toEqual([]);
    expect(harness.broken).toEqual([]);
  });

  test('offers again only the messages that were refused', async () => {
    const log = new FakeLog(A);
    log.append(...Array.from({ length: 4 }, () => Buffer.alloc(150_000, 'x')));
    const harness = new Harness(log);
    harness.queueFaults.push('refuse-first', 'refuse-first');
    await harness.run(5 * SECOND);
    expect(harness.accepted.map(({ seq }) => seq)).toEqual([1, 2, 3, 0]);
    expect(harness.eventsOf('troubled')).toEqual([]);
  });

  test('leaves the checkpoint where it is while the queue refuses, and goes on when it accepts', async () => {
    const log = new FakeLog(A);
    log.append(...entries(10));
    const harness = new Harness(log);
    harness.queueFaults.push(...Array.from({ length: 30 }, () => 'refuse-all' as const));
    const checked = at(harness, 3 * SECOND, () => expect(harness.advances).toEqual([]));
    await harness.run(30 * SECOND);
    await checked;
    expect(harness.eventsOf('troubled')[0]?.error).toMatchObject({ reason: 'queue-refused' });
    expect(harness.missing(log)).toEqual([]);
    expect(harness.broken).toEqual([]);
  });

  test('a sick log does not hold up the others', async () => {
    const sick = new FakeLog(A);
    const sound = new FakeLog(B);
    sick.append(...entries(10));
    sick.faults.push('stall', 'refuse-connection', 'stall', 'refuse-connection', 'stall');
    sound.append(...entries(10));
    const harness = new Harness(sick, sound);
    const checked = at(harness, 2 * SECOND, () => {
      expect(harness.missing(sound)).toEqual([]);
      expect(harness.missing(sick)).toHaveLength(10);
    });
    await harness.run(60 * SECOND);
    await checked;
    expect(harness.missing(sick)).toEqual([]);
    expect(harness.eventsOf('troubled').map(({ peer }) => peer.core)).toEqual(
      Array.from({ length: 5 }, () => A),
    );
  });

  test('picks up a log that is registered while it runs, within little more than a second', async () => {
    const log = new FakeLog(A);
    log.append(...entries(3));
    const harness = new Harness(log);
    harness.directory.peers = [];
    const registered = at(harness, 5_300, () => (harness.directory.peers = [log.peer]));
    const checked = at(harness, 6_500, () => expect(harness.missing(log)).toEqual([]));
    await harness.run(10 * SECOND);
    await Promise.all([registered, checked]);
  });

  test('follows what an index lists within little more than a second, and ships the index as well', async () => {
    const index = new FakeLog(A);
    const listed = new FakeLog(B);
    listed.append(...entries(3));
    const harness = new Harness(index, listed);
    harness.directory.peers = [{ ...index.peer, isIndex: true }];
    const appended = at(harness, 5_300, () =>
      index.append(
        Buffer.from('no listing'),
        Buffer.from(JSON.stringify({ type: 'core', key: 'not a key' })),
        Buffer.from(JSON.stringify({ type: 'core', key: A })),
        Buffer.from(JSON.stringify({ type: 'core', key: B, name: 'agent 7' })),
      ),
    );
    const checked = at(harness, 6_600, () => {
      expect(harness.missing(listed)).toEqual([]);
      expect(harness.missing(index)).toEqual([]);
    });
    await harness.run(10 * SECOND);
    await Promise.all([appended, checked]);
    expect(harness.directory.peers.slice(1)).toEqual([{ ...listed.peer, name: 'agent 7' }]);
  });

  test('keeps no checkpoint of an index before what it lists is registered', async () => {
    const index = new FakeLog(A);
    const listed = new FakeLog(B);
    const harness = new Harness(index, listed);
    harness.directory.peers = [{ ...index.peer, isIndex: true }];
    index.append(Buffer.from(JSON.stringify({ type: 'core', key: B })));
    let attempts = 0;
    const directory = {
      list: () => harness.directory.list(),
      enroll: async (peer: Peer) => {
        attempts += 1;
        if (attempts < 3) throw new Error('no');
        expect(harness.advances).toEqual([]);
        await harness.directory.enroll(peer);
      },
    };
    await harness.run(20 * SECOND, { directory });
    expect(harness.directory.peers).toHaveLength(2);
    expect(harness.broken).toEqual([]);
  });

  test('lets go of a log that is no longer registered', async () => {
    const log = new FakeLog(A);
    const harness = new Harness(log);
    const removed = at(harness, 2 * SECOND, () => (harness.directory.peers = []));
    const appended = at(harness, 5 * SECOND, () => log.append(...entries(1)));
    await harness.run(10 * SECOND);
    await Promise.all([removed, appended]);
    expect(harness.accepted).toEqual([]);
  });

  test('connects anew when a peer has moved', async () => {
    const log = new FakeLog(A);
    const harness = new Harness(log);
    const moved = at(harness, 2 * SECOND, () => (harness.directory.peers = [{ ...log.peer, port: 4002 }]));
    await harness.run(10 * SECOND);
    await moved;
    expect(harness.eventsOf('connected').map(({ peer }) => addressOf(peer))).toEqual([
      'peer.invalid:4001',
      'peer.invalid:4002',
    ]);
  });

  test('says once which registered peer it cannot understand, and follows the others', async () => {
    const log = new FakeLog(A);
    log.append(...entries(1));
    const harness = new Harness(log);
    harness.directory.unreadable = ['xyz: port: invalid_type'];
    await harness.run(10 * SECOND);
    expect(harness.eventsOf('peer-refused')).toEqual([
      { kind: 'peer-refused', why: 'xyz: port: invalid_type' },
    ]);
    expect(harness.missing(log)).toEqual([]);
  });

  test('survives a directory and a status board that fail', async () => {
    const log = new FakeLog(A);
    log.append(...entries(1));
    const harness = new Harness(log);
    let asked = 0;
    const directory = {
      list: async () => {
        if (asked++ % 2 === 0) throw new Error('no');
        return harness.directory.list();
      },
      enroll: async () => undefined,
    };
    const statuses = { post: () => Promise.reject(new Error('no')) };
    await harness.run(10 * SECOND, { directory, statuses });
    expect(harness.missing(log)).toEqual([]);
    expect(new Set(harness.eventsOf('degraded').map(({ what }) => what))).toEqual(
      new Set(['peer-directory', 'status']),
    );
  });

  test('posts where each log stands, and why one is not followed', async () => {
    const sound = new FakeLog(A);
    const lost = new FakeLog(B);
    sound.append(...entries(7));
    const harness = new Harness(sound, lost);
    lost.faults.push(...Array.from({ length: 20 }, () => 'refuse-connection' as const));
    await harness.run(20 * SECOND);
    expect(harness.statuses.statuses.get(A)).toMatchObject({
      connected: true,
      remoteLength: 7,
      shippedLength: 7,
    });
    expect(harness.statuses.statuses.get(A)?.lastError).toBeUndefined();
    expect(harness.statuses.statuses.get(B)).toMatchObject({
      connected: false,
      lastError: 'unreachable: as the test wants it',
    });
  });
});

describe('a log that is rewritten', () => {
  test('is shipped on from where it was cut back while it was followed', async () => {
    const log = new FakeLog(A);
    log.append(...entries(100));
    const harness = new Harness(log);
    const rewritten = at(harness, 3 * SECOND, () => {
      log.truncate(60);
      log.append(...entries(70));
    });
    await harness.run(10 * SECOND);
    await rewritten;
    expect(harness.missing(log)).toEqual([]);
    expect(harness.accepted).toHaveLength(170);
    expect(harness.accepted.filter(({ fork }) => fork === 1).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 70 }, (_, index) => 60 + index),
    );
    expect(harness.eventsOf('truncated')).toEqual([
      { kind: 'truncated', core: A, fork: 1, newLength: 60, shippedLength: 100 },
    ]);
    expect(harness.broken).toEqual([]);
  });

  test.each([
    ['shorter', 0],
    ['longer', 90],
  ])('while nobody looked is shipped again from what it has in common when it is %s now', async (_, more) => {
    const log = new FakeLog(A);
    const harness = new Harness(log);
    const appended = [1, 2, 3, 4, 5].map((n) => at(harness, n * SECOND, () => log.append(...entries(20))));
    await harness.run(8 * SECOND);
    await Promise.all(appended);
    log.truncate(70);
    log.append(...entries(more));
    await harness.run(5 * SECOND);
    expect(harness.missing(log)).toEqual([]);
    expect(harness.eventsOf('resumed')[1]?.resume).toEqual({ why: 'truncated', from: 20 });
    expect(harness.broken).toEqual([]);
  });

  test('while nobody looked is shipped again from the start when nothing is known to be the same', async () => {
    const log = new FakeLog(A);
    log.append(...entries(100));
    const harness = new Harness(log);
    await harness.run(5 * SECOND);
    log.truncate(60);
    await harness.run(5 * SECOND);
    expect(harness.missing(log)).toEqual([]);
    expect(harness.eventsOf('resumed')[1]?.resume).toEqual({ why: 'truncated', from: 0 });
  });

  test.each([
    ['longer', 50, 20],
    ['shorter', 10, 0],
  ])('under the same fork, from a backup, is shipped again when it is %s', async (_, kept, from) => {
    const log = new FakeLog(A);
    const harness = new Harness(log);
    const appended = [1, 2, 3, 4, 5].map((n) => at(harness, n * SECOND, () => log.append(...entries(20))));
    await harness.run(8 * SECOND);
    await Promise.all(appended);
    log.rewrite([...log.entries.slice(0, kept), ...entries(80)]);
    await harness.run(5 * SECOND);
    expect(harness.missing(log)).toEqual([]);
    expect(harness.eventsOf('resumed')[1]?.resume).toEqual({ why: 'diverged', from });
    expect(harness.broken).toEqual([]);
  });

  test('is not mistaken for a copy that lags behind: that one is waited for', async () => {
    const log = new FakeLog(A);
    log.append(...entries(100));
    const harness = new Harness(log);
    await harness.run(5 * SECOND);
    log.showsAtMost = 40;
    log.append(...entries(10));
    const caughtUp = at(harness, 8 * SECOND, () => {
      expect(harness.statuses.statuses.get(A)?.lastError).toContain('40 entries of the 100');
      log.showsAtMost = Number.POSITIVE_INFINITY;
      log.append(...entries(1));
    });
    await harness.run(15 * SECOND);
    await caughtUp;
    expect(harness.eventsOf('resumed').map(({ resume }) => resume.why)).toEqual([
      'first',
      'behind',
      'unchanged',
    ]);
    expect(harness.accepted).toHaveLength(111);
  });
});

describe('a suspicion', () => {
  test('is raised with the proof when a log was rewritten without a newer fork, once in a run', async () => {
    const log = new FakeLog(A);
    log.append(...entries(20));
    const harness = new Harness(log);
    await harness.run(5 * SECOND);
    const shipped = log.hashOf(20);
    log.rewrite(entries(30));
    const cut = at(harness, 2 * SECOND, () => log.disconnect('disconnected'));
    await harness.run(10 * SECOND);
    await cut;
    expect(harness.suspicions).toEqual([
      {
        peer: log.peer,
        suspicion: 'rewritten',
        observedAt: expect.any(Number) as number,
        evidence: {
          shipped: { fork: 0, length: 20, treeHash: shipped },
          shown: { fork: 0, length: 20, treeHash: log.hashOf(20) },
        },
      },
    ]);
    expect(harness.missing(log)).toEqual([]);
  });

  test.each([
    ['verification-failed', 'bad-proof'],
    ['log-closed', 'conflict'],
  ] as const)(
    'is raised once when a session ends as %s, and the log is followed on',
    async (reason, suspicion) => {
      const log = new FakeLog(A);
      const harness = new Harness(log);
      const ends = [2, 4, 6].map((n) => at(harness, n * SECOND, () => log.disconnect(reason)));
      const appended = at(harness, 7 * SECOND, () => log.append(...entries(3)));
      await harness.run(20 * SECOND);
      await Promise.all([...ends, appended]);
      expect(harness.suspicions).toMatchObject([{ peer: log.peer, suspicion, evidence: {} }]);
      expect(harness.eventsOf('suspected')).toHaveLength(1);
      expect(harness.missing(log)).toEqual([]);
    },
  );

  test('that cannot be told stops nothing', async () => {
    const log = new FakeLog(A);
    log.append(...entries(3));
    const harness = new Harness(log);
    const ended = at(harness, 2 * SECOND, () => log.disconnect('verification-failed'));
    const suspicions = { raise: () => Promise.reject(new Error('no')) };
    expect(await harness.run(10 * SECOND, { suspicions })).toBe('finished');
    await ended;
    expect(harness.eventsOf('degraded').map(({ what }) => what)).toEqual(['suspicions']);
    expect(harness.missing(log)).toEqual([]);
  });

  test('is not raised for a truncation, a lagging copy or a peer that is gone', async () => {
    const log = new FakeLog(A);
    log.append(...entries(50));
    const harness = new Harness(log);
    await harness.run(5 * SECOND);
    log.truncate(20);
    await harness.run(5 * SECOND);
    log.showsAtMost = 5;
    await harness.run(5 * SECOND);
    log.vanish();
    await harness.run(5 * SECOND);
    expect(harness.suspicions).toEqual([]);
  });
});

describe('the lease', () => {
  test('is handed over within a fraction of a second, the successor being connected already', async () => {
    const log = new FakeLog(A);
    log.append(...entries(10));
    const harness = new Harness(log);
    const first = harness.start(10 * SECOND);
    const second = at(harness, 5 * SECOND, () => undefined).then(() => harness.start(20 * SECOND));
    const appended = at(harness, 10 * SECOND + 1, () => log.append(...entries(1)));
    const checked = at(harness, 10 * SECOND + 300, () => expect(harness.missing(log)).toEqual([]));
    expect(await harness.pacer.run(Promise.all([first, second]))).toEqual(['finished', 'finished']);
    await Promise.all([appended, checked]);
    expect(harness.eventsOf('lease-acquired').map(({ token }) => token)).toEqual([1, 2]);
    expect(harness.accepted).toHaveLength(11);
  });

  test('is never got from one that keeps it: the run ends quietly and has shipped nothing', async () => {
    const log = new FakeLog(A);
    log.append(...entries(10));
    const harness = new Harness(log);
    const lease = { ...harness.lease, acquire: async () => err('held' as const) };
    expect(await harness.run(10 * SECOND, { lease })).toBe('never-held');
    expect(harness.accepted).toEqual([]);
    expect(harness.statuses.statuses.size).toBe(0);
  });

  test('or the directory that never answers makes the run fail, so that an alarm hears of it', async () => {
    const harness = new Harness(new FakeLog(A));
    const lease = { ...harness.lease, acquire: () => Promise.reject(new Error('no lease')) };
    await expect(harness.run(10 * SECOND, { lease })).rejects.toThrow('no lease');
    const directory = {
      list: () => Promise.reject(new Error('no directory')),
      enroll: async () => undefined,
    };
    await expect(harness.run(10 * SECOND, { directory })).rejects.toThrow('no directory');
  });

  test('that was lost stops everything at once', async () => {
    const log = new FakeLog(A);
    const harness = new Harness(log);
    const lease = { ...harness.lease, renew: async () => err('lost' as const) };
    const appended = at(harness, 3_100, () => log.append(...entries(1)));
    const startedAt = harness.pacer.now();
    expect(await harness.run(60 * SECOND, { lease })).toBe('lease-lost');
    expect(harness.pacer.now() - startedAt).toBe(3_000);
    await harness.pacer.run(appended);
    expect(harness.accepted).toEqual([]);
  });

  test('that cannot be renewed counts as lost when it expires, not before', async () => {
    const log = new FakeLog(A);
    const harness = new Harness(log);
    const lease = { ...harness.lease, renew: () => Promise.reject(new Error('no')) };
    const startedAt = harness.pacer.now();
    expect(await harness.run(60 * SECOND, { lease })).toBe('lease-lost');
    expect(harness.pacer.now() - startedAt).toBe(12_000);
  });

  test('of a shipper that was frozen and wakes up no longer moves a checkpoint', async () => {
    const log = new FakeLog(A);
    log.append(...entries(10));
    const harness = new Harness(log);
    const frozen = Promise.withResolvers<undefined>();
    const queue = {
      send: async (batch: Parameters<ShipDeps['queue']['send']>[0]) => {
        await frozen.promise;
        return harness.queue.send(batch);
      },
    };
    const lease = { ...harness.lease, renew: () => frozen.promise.then(() => err('lost' as const)) };
    const first = harness.start(60 * SECOND, { queue, lease });
    const second = at(harness, SECOND, () => undefined).then(() => harness.start(30 * SECOND));
    expect(await harness.pacer.run(second)).toBe('finished');
    frozen.resolve(undefined);
    expect(await harness.pacer.run(first)).toBe('lease-lost');
    expect(harness.advances.map(({ token }) => token)).toEqual([2]);
    expect(harness.broken).toEqual([]);
  });
});

describe('whatever happens', () => {
  const queueFaults = fc.array(
    fc.constantFrom<QueueFault>('accept', 'refuse-first', 'refuse-all', 'fail-before', 'fail-after'),
    { maxLength: 30 },
  );
  const logFaults = fc.array(fc.constantFrom<LogFault>('refuse-connection', 'disconnect', 'stall'), {
    maxLength: 6,
  });
  const deed = fc.record({
    at: fc.nat(20 * SECOND),
    log: fc.constantFrom(0, 1),
    what: fc.oneof(
      fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ kind: fc.constant('truncate' as const), to: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ kind: fc.constant('disconnect' as const) }),
    ),
  });
  const shipper = fc.record({
    at: fc.nat(15 * SECOND),
    seconds: fc.integer({ min: 5, max: 20 }),
    /** It never does anything again after so long, and nobody is told. */
    dies: fc.option(fc.nat(12 * SECOND), { nil: undefined }),
    /** The answer to every nth checkpoint write is lost. */
    losesAnswers: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  });

  /** After its death a port's answers never come, and what is asked is not done. */
  function mortal(
    harness: Harness,
    { dies, losesAnswers }: { dies?: number | undefined; losesAnswers?: number | undefined },
  ) {
    const life = { over: false };
    let writes = 0;
    const alive = <T>(work: () => Promise<T>): Promise<T> =>
      life.over
        ? new Promise(() => undefined)
        : work().then((value) => (life.over ? new Promise(() => undefined) : value));
    const overrides: Partial<ShipDeps> = {
      queue: { send: (batch) => alive(() => harness.queue.send(batch)) },
      lease: {
        acquire: (...asked) => alive(() => harness.lease.acquire(...asked)),
        renew: (...asked) => alive(() => harness.lease.renew(...asked)),
        release: (...asked) => alive(() => harness.lease.release(...asked)),
      },
      checkpoints: {
        claim: (...asked) => alive(() => harness.checkpoints.claim(...asked)),
        advance: (...asked) =>
          alive(async () => {
            const done = await harness.checkpoints.advance(...asked);
            writes += 1;
            if (losesAnswers !== undefined && writes % losesAnswers === 0)
              throw new Error('The answer was lost.');
            return done;
          }),
      },
    };
    return { overrides, dies, die: () => void (life.over = true) };
  }

  test('every entry is shipped, no checkpoint is ahead of the queue, no older holder moves one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(deed, { maxLength: 12 }),
        fc.array(shipper, { minLength: 1, maxLength: 4 }),
        queueFaults,
        logFaults,
        async (deeds, shippers, faults, sickness) => {
          const logs = [new FakeLog(A), new FakeLog(B)] as const;
          logs[0].append(...entries(40));
          logs[0].faults.push(...sickness);
          const harness = new Harness(...logs);
          harness.queueFaults.push(...faults);
          const happening = deeds.map(({ at: when, log, what }) =>
            at(harness, when, () => {
              const target = log === 0 ? logs[0] : logs[1];
              if (what.kind === 'append') target.append(...entries(what.count));
              else if (what.kind === 'truncate') target.truncate(Math.floor(target.entries.length * what.to));
              else target.disconnect('disconnected');
            }),
          );
          const runs = shippers.map(async (plan) => {
            await at(harness, plan.at, () => undefined);
            const { overrides, dies, die } = mortal(harness, plan);
            const run = harness.start(plan.seconds * SECOND, overrides);
            await (dies === undefined ? run : Promise.race([run, at(harness, dies, die)]));
          });
          await harness.pacer.run(Promise.all([...happening, ...runs]));
          // The next minute's run, with nothing in its way any more, finds all that is still open.
          logs[0].faults.length = 0;
          harness.queueFaults.length = 0;
          expect(await harness.run(60 * SECOND)).toBe('finished');
          expect(harness.broken).toEqual([]);
          for (const log of logs) expect(harness.missing(log)).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
