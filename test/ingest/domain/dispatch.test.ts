import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteBudget } from '../../../functions/ingest/domain/byte-budget.ts';
import { Dispatcher } from '../../../functions/ingest/domain/dispatch.ts';
import type { ShipEvent } from '../../../functions/ingest/domain/events.ts';
import type { PackedMessage } from '../../../functions/ingest/domain/packing.ts';
import type { EntryQueue, LogWindow } from '../../../functions/ingest/domain/ports.ts';
import { SHIP_SETTINGS } from '../../../functions/ingest/domain/ship.ts';
import { createFakeEntryQueue, type QueueFault } from '../../support/ingest/fake-stores.ts';
import { batchesIn } from '../../support/ingest/read-message.ts';
import { VirtualPacer } from '../../support/ingest/virtual-pacer.ts';

const never = new AbortController().signal;
const SPACING_MS = SHIP_SETTINGS.dispatch.spacingMs;
const GATHER_MS = SHIP_SETTINGS.dispatch.gatherMs;
const core = (log: number): string => String(log).padStart(64, '0');

function stage(
  faults: QueueFault[] = [],
  overrides: Partial<typeof SHIP_SETTINGS.dispatch> = {},
  otherQueue?: EntryQueue,
) {
  const pacer = new VirtualPacer();
  const startedAt = pacer.now();
  const sent: { at: number; message: PackedMessage }[] = [];
  const events: ShipEvent[] = [];
  const queue =
    otherQueue ??
    createFakeEntryQueue(faults, (message) => sent.push({ at: pacer.now() - startedAt, message }));
  const stopping = new AbortController();
  const dispatcher = new Dispatcher(
    { queue, pacer, random: () => 0.5, observe: (event) => events.push(event) },
    { ...SHIP_SETTINGS.dispatch, ...overrides },
    stopping.signal,
  );
  const windowOf = (log: number, entries: readonly Buffer[]): LogWindow => ({
    core: core(log),
    fork: 0,
    seqStart: 0,
    seqEnd: entries.length,
    entries,
    treeHash: '',
    knownAt: pacer.now(),
  });
  /** Ships these entries of a log; `readMs` is how long it takes to read them. */
  const ship = (log: number, entries: readonly Buffer[], { readMs = 0, available = 1, stop = never } = {}) =>
    dispatcher.ship(
      async () => {
        if (readMs > 0) await pacer.sleep(readMs, never);
        return windowOf(log, entries);
      },
      available,
      stop,
    );
  return { pacer, startedAt, sent, events, dispatcher, ship, windowOf, stopping };
}

const after = (pacer: VirtualPacer, ms: number): Promise<void> => pacer.sleep(ms, never);
const coresOf = ({ message }: { message: PackedMessage }): string[] =>
  batchesIn(message.body).map((batch) => batch.core);
const entry = (text: string): Buffer => Buffer.from(text);

describe('the dispatcher', () => {
  test('sends at once after a quiet time', async () => {
    const { pacer, sent, ship } = stage();
    await pacer.run(ship(1, [entry('a')]));
    await pacer.run(after(pacer, 1_000));
    await pacer.run(ship(1, [entry('b')]));
    expect(sent.map(({ at }) => at)).toEqual([0, 1_000]);
  });

  test('lets what several logs have at the same moment leave in one message', async () => {
    const { pacer, sent, events, ship } = stage();
    await pacer.run(
      Promise.all([1, 2, 3].map((log) => ship(log, [entry(`of ${String(log)}`)], { readMs: 5 }))),
    );
    await pacer.run(
      Promise.all([4, 5, 6].map((log) => ship(log, [entry(`of ${String(log)}`)], { readMs: log }))),
    );
    // The first finds nobody in its way; who comes after it waits for the next departure.
    expect(sent.map(coresOf)).toEqual([[core(1)], [core(2), core(3)], [core(4), core(5), core(6)]]);
    expect(events.map((event) => event.kind === 'shipped' && event.windows.length)).toEqual([1, 2, 3]);
    const gaps = sent.slice(1).map(({ at }, index) => at - (sent[index]?.at ?? 0));
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(SPACING_MS);
  });

  test('waits for no log that is slow to read longer than it gathers', async () => {
    const { pacer, sent, ship } = stage();
    await pacer.run(ship(0, [entry('first')]));
    await pacer.run(Promise.all([ship(1, [entry('quick')]), ship(2, [entry('sick')], { readMs: 4_000 })]));
    expect(sent.map(coresOf)).toEqual([[core(0)], [core(1)], [core(2)]]);
    expect(sent[1]?.at).toBeLessThanOrEqual(SPACING_MS + GATHER_MS);
  });

  test('lets a log with a backlog neither wait nor be waited for', async () => {
    const { pacer, sent, ship } = stage();
    const backlog = Array.from({ length: 1_024 }, (_, n) => entry(`old ${String(n)}`));
    await pacer.run(ship(0, [entry('first')]));
    await pacer.run(
      Promise.all([ship(1, backlog, { available: 5_000, readMs: 30 }), ship(2, [entry('live')])]),
    );
    expect(sent.map(({ at }) => at)).toEqual([0, 30, SPACING_MS]);
  });

  test('names the log of a message that is of one alone, so that a fair queue can tell it', async () => {
    const { pacer, sent, ship } = stage();
    await pacer.run(ship(1, [entry('a')]));
    await pacer.run(Promise.all([ship(1, [entry('b')]), ship(2, [entry('c')])]));
    expect(sent.map(({ message }) => message.group)).toEqual([core(1), undefined]);
  });

  test('tells only those whose messages were refused', async () => {
    const refusing = {
      send: async (batch: readonly PackedMessage[]) =>
        batch.map(({ body }) =>
          batchesIn(body).some((one) => one.core === core(1))
            ? ({ accepted: false, code: 'InternalError' } as const)
            : ({ accepted: true } as const),
        ),
    };
    const { pacer, ship } = stage([], {}, refusing);
    const large = Array.from({ length: 3 }, () => Buffer.alloc(170_000, 'x'));
    const results = await pacer.run(
      Promise.allSettled([ship(1, large, { available: 5_000 }), ship(2, large, { readMs: 1 })]),
    );
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(results[0]).toMatchObject({ reason: { reason: 'queue-refused' } });
  });

  test('gives up waiting when it is stopped, and sends what was read', async () => {
    const { pacer, sent, ship, stopping } = stage();
    await pacer.run(ship(0, [entry('first')]));
    const stopped = ship(1, [entry('a')], { stop: stopping.signal });
    const read = ship(2, [entry('b')]);
    stopping.abort();
    expect(await pacer.run(stopped)).toBeUndefined();
    expect((await pacer.run(read))?.core).toBe(core(2));
    expect(sent.map(coresOf)).toEqual([[core(0)], [core(2)]]);
  });

  test('holds no more bytes at once than its budget and one entry of each log that is over its share', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ log: fc.nat(40), size: fc.nat(200_000), readMs: fc.nat(50) }), {
          minLength: 1,
          maxLength: 60,
        }),
        async (shipments) => {
          const budget = 512 * 1024;
          const { pacer, dispatcher, windowOf } = stage([], { inFlightBytes: budget });
          dispatcher.logs = 41;
          let inFlight = 0;
          let most = 0;
          let overrun = 0;
          const work = shipments.map(async ({ log, size, readMs }) => {
            let held = 0;
            await dispatcher.ship(
              async ({ maxBytes }) => {
                await pacer.sleep(readMs, never);
                held = size;
                inFlight += size;
                overrun += Math.max(0, size - maxBytes);
                most = Math.max(most, inFlight - overrun);
                return windowOf(log, [Buffer.alloc(size, 'x')]);
              },
              5_000,
              never,
            );
            inFlight -= held;
          });
          await pacer.run(Promise.all(work));
          expect(inFlight).toBe(0);
          expect(most).toBeLessThanOrEqual(budget);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('gives each of many logs its share of the budget, and a few no more than a window', async () => {
    const { pacer, dispatcher, windowOf } = stage();
    const shareWith = async (logs: number): Promise<number> => {
      dispatcher.logs = logs;
      let share = 0;
      await pacer.run(
        dispatcher.ship(
          async ({ maxBytes }) => {
            share = maxBytes;
            return windowOf(1, [entry('a')]);
          },
          1,
          never,
        ),
      );
      return share;
    };
    expect(await shareWith(1)).toBe(768 * 1024);
    expect(await shareWith(64)).toBe(256 * 1024);
    expect(await shareWith(10_000)).toBe(64 * 1024);
  });
});

describe('the byte budget', () => {
  test('serves in the order in which it was asked, a large wish before a small one', async () => {
    const budget = new ByteBudget(10);
    const served: string[] = [];
    await budget.take(8, never);
    const large = budget.take(10, never).then(() => served.push('large'));
    const small = budget.take(1, never).then(() => served.push('small'));
    budget.give(8);
    await large;
    expect(served).toEqual(['large']);
    budget.give(10);
    await small;
    expect(served).toEqual(['large', 'small']);
  });

  test('forgets one who stopped waiting, and serves the next', async () => {
    const budget = new ByteBudget(10);
    await budget.take(5, never);
    const stopping = new AbortController();
    const large = budget.take(10, stopping.signal);
    const small = budget.take(5, never);
    stopping.abort();
    expect(await large).toBe(false);
    expect(await small).toBe(true);
    expect(await budget.take(1, AbortSignal.abort())).toBe(false);
  });

  test('lets an entry that is larger than its share be booked, and waits until it is gone', async () => {
    const budget = new ByteBudget(10);
    await budget.take(5, never);
    budget.adjust(5, 30);
    let got = false;
    const next = budget.take(1, never).then(() => (got = true));
    budget.give(20);
    await Promise.resolve();
    expect(got).toBe(false);
    budget.give(10);
    expect(await next).toBe(true);
  });
});
