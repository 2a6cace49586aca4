/**
 * `npm run fuzz:scan -- [--minutes N] [--seed S]`: plants secrets in random disguises, surroundings and batches and
 * checks that each is found where it stands, cut out whole, and found no more; that a batch gives what its entries give;
 * that random bytes break nothing; and that no input is slow. It stops when its time is over, tells how far it is each
 * half minute, and ends with one line of JSON; exit code 1 where something broke, with the seed and the smallest case that
 * still breaks. The scans run in a thread of their own, so that one that never ends is told from one that is long.
 */
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { createBatch, build, smaller, type Batch } from '../test/support/disguises.ts';
import { brokenInvariant } from '../test/support/detector-invariants.ts';
import { createRandom, type Random } from '../test/support/fleet/random.ts';
import { createProjectScanner } from './support/project-scanner.ts';

const options = z.object({
  minutes: z.coerce.number<string>().positive().default(1),
  seed: z.coerce.number<string>().int().nonnegative().optional(),
});

const PROGRESS_MS = 30_000;
/** A thread that says nothing for so long hangs. */
const HANGS_AFTER_MS = 60_000;
const MOST_FAILURES = 10;

/** A hostile text must be read at no less than this, of processor time, by the better of two attempts. */
const LEAST_MB_PER_S = 0.5;
const HOSTILE_BYTES = 64 * 1024;
const HOSTILE_EVERY = 20;

const HOSTILE_UNITS = [
  '%25',
  '\\\\',
  '\\u005c',
  '&amp;',
  '&#38;',
  '" + "',
  'a b ',
  'a-',
  'eyJ',
  'QUFB',
  '4141',
  '\u200bа',
  'ａ',
  '\\n',
  'ghp_',
  'GHP_a',
  'token=',
  '.join(',
  'VkZa',
  'KEY=SK_LIVE_q1E6',
  'id-0b1c2d3e-4f5a-',
];

function hostile(random: Random): Buffer {
  const unit = (): string => HOSTILE_UNITS[random.int(HOSTILE_UNITS.length)] ?? 'a';
  const few = Array.from({ length: 1 + random.int(3) }, unit).join('');
  let text = few.repeat(Math.ceil(HOSTILE_BYTES / few.length)).slice(0, HOSTILE_BYTES);
  for (let depth = random.int(6); depth > 0; depth -= 1)
    text = Buffer.from(text).toString('base64').slice(0, HOSTILE_BYTES);
  return random.int(8) === 0 ? random.bytes(HOSTILE_BYTES) : Buffer.from(text);
}

function shrink(batch: Batch, breaks: (batch: Batch) => unknown): Batch {
  for (const candidate of smaller(batch))
    if (breaks(candidate) !== undefined) return shrink(candidate, breaks);
  return batch;
}

const tallySchema = z.object({
  batches: z.number(),
  entries: z.number(),
  planted: z.number(),
  hostile: z.number(),
  /** Of the slowest hostile text; null before the first. */
  worstMbPerS: z.number().nullable(),
});
type Tally = z.infer<typeof tallySchema>;

/** What the scanning thread says: what it begins, what broke, and what it has done. */
const wordSchema = z.union([
  z.object({ begins: z.number() }),
  z.object({ broke: z.string(), what: z.enum(['lost', 'crash', 'slow']) }),
  z.object({ least: z.string() }),
  tallySchema,
]);
type Word = z.infer<typeof wordSchema>;

/** Scans batch after batch, forever. */
async function scanFrom(first: number, say: (word: Word) => void): Promise<never> {
  const detector = await createProjectScanner();
  const breaks = (batch: Batch): { readonly broke: string; readonly what: 'lost' | 'crash' } | undefined => {
    try {
      const broke = brokenInvariant(batch, detector);
      return broke === undefined ? undefined : { broke, what: 'lost' };
    } catch (error) {
      return {
        broke: error instanceof Error ? (error.stack ?? error.message) : String(error),
        what: 'crash',
      };
    }
  };
  const tally: Tally = { batches: 0, entries: 0, planted: 0, hostile: 0, worstMbPerS: null };
  for (let seed = first; ; seed += 1) {
    say({ begins: seed });
    const batch = createBatch(seed);
    const broken = breaks(batch);
    if (broken !== undefined) {
      say(broken);
      const least = shrink(batch, (candidate) => {
        say({ begins: seed });
        return breaks(candidate);
      });
      say({ least: `${breaks(least)?.broke ?? ''}\n  ${JSON.stringify(least)}` });
    }
    tally.batches += 1;
    tally.entries += batch.length;
    tally.planted += batch.flatMap((entry) => build(entry).plants).length;
    if (seed % HOSTILE_EVERY === 0) {
      const text = hostile(createRandom(seed));
      const attempt = (): number => {
        const began = process.cpuUsage();
        detector.scan([text]);
        const { user, system } = process.cpuUsage(began);
        return text.length / Math.max(1, user + system);
      };
      let speed = attempt();
      if (speed < LEAST_MB_PER_S) speed = Math.max(speed, attempt());
      tally.hostile += 1;
      tally.worstMbPerS = Number(Math.min(tally.worstMbPerS ?? Infinity, speed).toFixed(2));
      if (speed < LEAST_MB_PER_S)
        say({
          broke: `a hostile text at ${speed.toFixed(2)} MB/s: ${text.toString('latin1', 0, 60)}`,
          what: 'slow',
        });
    }
    say(tally);
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
  const asked = options.safeParse(values);
  if (!asked.success) {
    console.error('Usage: npm run fuzz:scan -- [--minutes N] [--seed S]; N is above 0, S a whole number');
    return 2;
  }
  const start = performance.now();
  const seconds = (): number => Math.round((performance.now() - start) / 1000);
  const first = asked.data.seed ?? Date.now() % 2 ** 31;
  console.log(`seeds from ${String(first)} on`);
  const failures = { lost: 0, crash: 0, slow: 0, hang: 0 };
  const failed = (): number => Object.values(failures).reduce((sum, count) => sum + count, 0);
  // What threads did that were stopped because they hung, and what the present one did.
  let before: Tally = { batches: 0, entries: 0, planted: 0, hostile: 0, worstMbPerS: null };
  let tally = before;
  let seed = first;
  let heard = performance.now();

  await new Promise<void>((resolve) => {
    let worker = startFrom(first);
    function startFrom(from: number): Worker {
      heard = performance.now();
      const started = new Worker(import.meta.filename, { workerData: { first: from } });
      started.on('message', (message: unknown) => {
        heard = performance.now();
        const word = wordSchema.parse(message);
        if ('begins' in word) seed = word.begins;
        else if ('broke' in word) {
          failures[word.what] += 1;
          console.error(`seed ${String(seed)}: ${word.what}: ${word.broke}`);
          if (failed() >= MOST_FAILURES) finish();
        } else if ('least' in word) console.error(`  least: ${word.least}`);
        else tally = added(before, word);
      });
      started.on('error', (error) => {
        failures.crash += 1;
        console.error(`seed ${String(seed)}: the thread died: ${String(error)}`);
        startAnew();
      });
      return started;
    }
    function startAnew(): void {
      before = tally;
      void worker.terminate();
      if (failed() >= MOST_FAILURES) finish();
      else worker = startFrom(seed + 1);
    }
    const watch = setInterval(() => {
      if (performance.now() - heard < HANGS_AFTER_MS) return;
      failures.hang += 1;
      console.error(`seed ${String(seed)}: nothing for ${String(HANGS_AFTER_MS / 1000)} s`);
      startAnew();
    }, 1000);
    const progress = setInterval(() => {
      console.log(
        `${String(seconds())} s: ${String(tally.batches)} batches, ${String(tally.planted)} secrets, ${String(failed())} failures`,
      );
    }, PROGRESS_MS);
    const end = setTimeout(finish, asked.data.minutes * 60_000);
    function finish(): void {
      clearInterval(watch);
      clearInterval(progress);
      clearTimeout(end);
      void worker.terminate();
      resolve();
    }
  });
  console.log(JSON.stringify({ ...tally, seconds: seconds(), ...failures, failures: failed() }));
  return failed() === 0 && tally.batches > 0 ? 0 : 1;
}

const added = (one: Tally, other: Tally): Tally => ({
  batches: one.batches + other.batches,
  entries: one.entries + other.entries,
  planted: one.planted + other.planted,
  hostile: one.hostile + other.hostile,
  worstMbPerS:
    one.worstMbPerS === null || other.worstMbPerS === null
      ? (one.worstMbPerS ?? other.worstMbPerS)
      : Math.min(one.worstMbPerS, other.worstMbPerS),
});

if (isMainThread) process.exitCode = await main();
else
  await scanFrom(z.object({ first: z.number() }).parse(workerData).first, (word) => {
    parentPort?.postMessage(word);
  });
