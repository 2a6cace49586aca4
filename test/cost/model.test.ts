import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES } from '../../functions/contracts/ingest.ts';
import { pack } from '../../functions/ingest/domain/packing.ts';
import {
  activityOf,
  ASSUMED,
  MONTH_SECONDS,
  dispatchesPerSecond,
  type Load,
} from '../../scripts/cost/load.ts';
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
  spacingMs: fc.integer({ min: 0, max: 1_000 }),
});

describe('the cost of a month', () => {
  it('agrees with a case computed by hand', () => {
    // At one entry a second and a spacing of 1 s, a dispatch every 2 s.
    const { lines, activity } = monthlyCost(
      { entriesPerSecond: 1, logs: 1, spacingMs: 1_000 },
      inventory,
      prices,
    );
    const usd = (service: string) => lines.find((line) => line.service === service)?.usd;

    expect(activity.dispatchesPerSecond).toBeCloseTo(0.5);
    expect(activity.findings).toBeCloseTo(26.28);
    // 43,800 runs of 65 s with 1 GB, and 1 GB of storage beyond the free half.
    expect(usd('Lambda: shipper')).toBeCloseTo(
      43_800 * 0.2e-6 + 2_847_000 * (0.0000133334 + 0.0000000309),
      4,
    );
    // Sent, received and deleted 1,314,000 times; two queues polled in vain as often.
    // Evaluations: three for a finding; deliveries: of 21.024 alerts two messages over five channels; each sent, received and deleted.
    const [evaluations, deliveries] = [3 * 26.28, 10 * 21.024];
    // Acts of the audit log: eight for a finding, and a thousand others.
    const acts = 8 * 26.28 + 1_000;
    // Each finding goes to the queues of revocations and of rotations too, three in ten become a run of 8 steps, and each run's end is queued.
    const runs = 26.28 * 0.3;
    expect(activity.sqsRequests).toBeCloseTo(
      4 * 1_314_000 + 3 * (evaluations + deliveries + 2 * 26.28 + runs + acts),
      2,
    );
    expect(usd('SQS')).toBeCloseTo(2.1043, 3);
    // Of each run 24 transitions, and 20 rotations of 90.
    expect(usd('Step Functions')).toBeCloseTo((runs * 24 + 20 * 90) * 25e-6, 8);
    // Two keys; 22 principals and tables every 300 s, 2 queues with 3 calls an hour, 26.28 fingerprints, 42.048 publications,
    // evidence opened in each step of a run.
    expect(usd('KMS')).toBeCloseTo(2 + (192_720 + 4_380 + 26.28 + 84.096 + runs * 9) * 3e-6, 6);
    // A checkpoint of up to 2 KB for each dispatch, a status every 5 s, the lease every 3 s and 27 times more at each hand-over;
    // a record for each scan, a finding of 2 KB in a table with four indexes, written and then marked in a transaction,
    // with its case, counters and the state of its alert; two writes for a delivery; a counter for each
    // of the 26,280 messages that the guard's endpoint is asked about; 14 writes of a run's record of 2 KB, its evidence, and the end of its case;
    // 40 of a rotation's record of 4 KB;
    // six for an act, and the head's two for a batch.
    const batches = 876_000 * (1 - Math.exp(-(2 * 26.28 + 1_000) / 876_000));
    expect(activity.auditBatches).toBeCloseTo(batches, 4);
    expect(activity.writeUnits).toBeCloseTo(
      2 * 1_314_000 +
        525_600 +
        876_000 +
        43_800 * 27 +
        1_314_000 +
        26.28 * (10 + 12 + 7 + 16) +
        deliveries * 2 +
        26_280 +
        runs * 36 +
        acts * 6 +
        batches * 2 +
        20 * 160,
      2,
    );
    // The sequencer waits with half a GB for most of the month; a check each hour and four a day read a year's log;
    // each act is searched for secrets, a thousand more come from other programs.
    const log = acts * 12;
    const checks = 730 + (4 * 730) / 24;
    const sweeps = 730 / 24;
    const gbSeconds =
      43_800 * 58 * 0.5 +
      acts * 0.1 +
      checks * (1.5 + (log * 0.06) / 1_000) +
      (acts + 1_000) * 0.04 +
      1_000 * (0.12 + 0.01) +
      sweeps;
    expect(usd('The audit log: Lambda, S3 and signatures')).toBeCloseTo(
      gbSeconds * 0.0000133334 +
        (43_800 + acts + checks + (acts + 1_000) + 2 * 1_000 + sweeps) * 0.2e-6 +
        1_000 * 1e-6 +
        batches * (6 * 5e-6 + 11 * 0.4e-6 + 2 * 15e-6) +
        checks * (log / 128) * 0.4e-6 +
        // Six reports a month, and each act read for three of them.
        ((52 / 12 + 4 / 3) * 5_000 + (acts * 3) / 256) * 0.4e-6 +
        ((acts + batches * 128) * 1_100 * 12 * 0.023) / 1e9,
      4,
    );
    expect(usd('EventBridge and SNS')).toBeCloseTo(26.28e-6 + 42.048 * (0.5e-6 + 20e-6), 8);
    // Steps and their publications, acknowledgements, comparisons for each finding and each run, an hourly look.
    const ROTATION_CALLS = 20 * 30 * 3 + 20 * 3 * 30 + 26.28 + runs + 730;
    expect(usd('X-Ray')).toBeCloseTo(
      (43_800 * 3 +
        2_920 +
        1_314_000 +
        26.28 * 3.3 +
        runs * (9 + 0.3 + 18 + 1) +
        ROTATION_CALLS +
        deliveries +
        2 * 26_280 +
        acts) *
        5e-6,
      6,
    );
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
    const idle = total({ entriesPerSecond: 1e-6, logs: 1, spacingMs: 40 });
    expect(idle).toBeGreaterThan(40);
    expect(idle).toBeLessThan(80);
  });

  it('ships every entry: a dispatch holds at least one, and its messages all of it', () => {
    fc.assert(
      fc.property(load, (some) => {
        expect(some.entriesPerSecond / dispatchesPerSecond(some)).toBeGreaterThanOrEqual(1 - 1e-9);
        const { messages } = activityOf(some, inventory);
        expect(messages * MAX_MESSAGE_BYTES).toBeGreaterThan(
          some.entriesPerSecond * MONTH_SECONDS * ASSUMED.contentBytesPerEntry * 0.999,
        );
      }),
    );
  });

  it('assumes of a message what packing makes of the entries of a fleet', () => {
    const factory = createEntries(createRandom(1));
    // What 3,000 entries a second from 30 logs have ready for one dispatch.
    const ranges = Array.from({ length: 30 }, (_, log) => ({
      core: String(log).padStart(64, '0'),
      fork: 0,
      seqStart: 1_000_000,
      seqEnd: 1_000_006,
      entries: Array.from({ length: 6 }, (__, seq) => factory.next(seq, 1_780_000_000_000 + seq)),
    }));
    const written = ranges.flatMap(({ entries }) => entries).reduce((sum, entry) => sum + entry.length, 0);
    const packed = pack(ranges, 1_780_000_000_000);
    const content = packed.reduce((sum, message) => sum + message.contentBytes, 0);
    const growth = (content - ranges.length * ASSUMED.contentBytesPerBatch) / written;
    expect(growth).toBeLessThan(ASSUMED.contentBytesPerEntry / 600);
    expect(growth).toBeGreaterThan((ASSUMED.contentBytesPerEntry / 600) * 0.85);
    const compression = content / packed.reduce((sum, message) => sum + message.bytes, 0);
    expect(compression).toBeGreaterThan(ASSUMED.compression);
    expect(compression).toBeLessThan(ASSUMED.compression * 1.3);
  });

  it('refuses a load without entries or without logs', () => {
    expect(() => activityOf({ entriesPerSecond: 0, logs: 1, spacingMs: 40 }, inventory)).toThrow(RangeError);
    expect(() => activityOf({ entriesPerSecond: 1, logs: 0, spacingMs: 40 }, inventory)).toThrow(RangeError);
  });
});
