import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES } from '../../functions/contracts/ingest.ts';
import { pack } from '../../functions/ingest/domain/packing.ts';
import { activityOf, ASSUMED, MONTH_SECONDS, windowsPerSecond, type Load } from '../../scripts/cost/load.ts';
import { monthlyCost } from '../../scripts/cost/model.ts';
import { readPriceList } from '../../scripts/cost/prices.ts';
import { createEntries } from '../support/fleet/entries.ts';
import { createRandom } from '../support/fleet/random.ts';
import { smallInventory } from './small-deployment.ts';

const prices = readPriceList();
const inventory = smallInventory();
const total = (load: Load) => monthlyCost(load, inventory, prices).totalUsd;

const load = fc.record({
  entriesPerSecond: fc.double({ min: 0.01, max: 10_000, noNaN: true }),
  logs: fc.integer({ min: 1, max: 500 }),
  lingerMs: fc.integer({ min: 0, max: 1_000 }),
});

describe('the cost of a month', () => {
  it('agrees with a case computed by hand', () => {
    // 980 ms of linger and 20 ms of work are a cycle of 1 s: at one entry a second, a window every 2 s.
    const { lines, activity } = monthlyCost(
      { entriesPerSecond: 1, logs: 1, lingerMs: 980 },
      inventory,
      prices,
    );
    const usd = (service: string) => lines.find((line) => line.service === service)?.usd;

    expect(activity.windowsPerSecond).toBeCloseTo(0.5);
    expect(activity.findings).toBeCloseTo(26.28);
    // 43,800 runs of 65 s with 1 GB, and 1 GB of storage beyond the free half.
    expect(usd('Lambda: shipper')).toBeCloseTo(
      43_800 * 0.2e-6 + 2_847_000 * (0.0000133334 + 0.0000000309),
      4,
    );
    // Sent, received and deleted 1,314,000 times; two queues polled in vain as often; 21.024 alerts.
    expect(activity.sqsRequests).toBeCloseTo(4 * 1_314_000 + 3 * 21.024, 2);
    expect(usd('SQS')).toBeCloseTo(2.1024, 3);
    // Two keys; 14 principals and tables every 300 s, 2 queues with 3 calls an hour, 26.28 fingerprints, 21.024 alerts.
    expect(usd('KMS')).toBeCloseTo(2 + (122_640 + 4_380 + 26.28 + 42.048) * 3e-6, 6);
    // A checkpoint of up to 2 KB for each window, a status every 5 s, the lease every 3 s and 27 times more at each hand-over;
    // a record for each scan, a finding of 2 KB in a table with four indexes, written and then marked in a transaction,
    // with its case and counters; two writes for an alert; a counter for each
      // of the 26,280 messages that the guard's endpoint is asked about.
    expect(activity.writeUnits).toBeCloseTo(
      2 * 1_314_000 + 525_600 + 876_000 + 43_800 * 27 + 1_314_000 + 26.28 * (10 + 12 + 7) + 21.024 * 2 + 26_280,
      2,
    );
    expect(usd('EventBridge and SNS')).toBeCloseTo(26.28e-6 + 21.024 * (0.5e-6 + 20e-6), 8);
    expect(usd('X-Ray')).toBeCloseTo((43_800 * 2 + 2_920 + 1_314_000 + 26.28 * 2.3 + 2 * 26_280) * 5e-6, 6);
  });

  it('never falls when more entries come', () => {
    fc.assert(
      fc.property(load, fc.double({ min: 1, max: 10, noNaN: true }), (lower, factor) => {
        const higher = { ...lower, entriesPerSecond: lower.entriesPerSecond * factor };
        // SQS rounds up to 64 KB: larger windows may waste a little less of it.
        expect(total(higher)).toBeGreaterThanOrEqual(total(lower) * 0.99);
      }),
    );
  });

  it('never falls when the same entries come from more logs, as long as a window fits one billed request', () => {
    const slow = load.filter(({ entriesPerSecond }) => entriesPerSecond < 50);
    fc.assert(
      fc.property(slow, fc.integer({ min: 1, max: 10 }), (fewer, factor) => {
        expect(total({ ...fewer, logs: fewer.logs * factor })).toBeGreaterThanOrEqual(
          total(fewer) * (1 - 1e-9),
        );
      }),
    );
  });

  it('charges what is there although nothing leaks and next to nothing is written', () => {
    const idle = total({ entriesPerSecond: 1e-6, logs: 1, lingerMs: 40 });
    expect(idle).toBeGreaterThan(40);
    expect(idle).toBeLessThan(80);
  });

  it('ships every entry: windows hold between one entry and as many as a window may', () => {
    fc.assert(
      fc.property(load, (some) => {
        const entriesPerWindow = some.entriesPerSecond / windowsPerSecond(some);
        expect(entriesPerWindow).toBeGreaterThanOrEqual(1 - 1e-9);
        expect(entriesPerWindow).toBeLessThanOrEqual(1_024 + 1e-6);
        const { messages } = activityOf(some, inventory);
        expect(messages * MAX_MESSAGE_BYTES).toBeGreaterThan(
          some.entriesPerSecond * MONTH_SECONDS * ASSUMED.wireBytesPerEntry * 0.999,
        );
      }),
    );
  });

  it('assumes for the wire what packing makes of the entries of a fleet', () => {
    const factory = createEntries(createRandom(1));
    const entries = Array.from({ length: 2_000 }, (_, index) =>
      factory.next(index, 1_780_000_000_000 + index),
    );
    const written = entries.reduce((sum, entry) => sum + entry.length, 0);
    const packed = pack(
      { core: 'a'.repeat(64), fork: 0, seqStart: 0, seqEnd: 2_000, entries },
      1_780_000_000_000,
    );
    const growth = packed.reduce((sum, message) => sum + message.bytes, 0) / written;
    expect(growth).toBeLessThan(ASSUMED.wireBytesPerEntry / 600);
    expect(growth).toBeGreaterThan((ASSUMED.wireBytesPerEntry / 600) * 0.85);
  });

  it('refuses a load without entries or without logs', () => {
    expect(() => activityOf({ entriesPerSecond: 0, logs: 1, lingerMs: 40 }, inventory)).toThrow(RangeError);
    expect(() => activityOf({ entriesPerSecond: 1, logs: 0, lingerMs: 40 }, inventory)).toThrow(RangeError);
  });
});
