/**
 * `npm run fuzz:scan -- [--minutes N] [--seed S]`: plants secrets in random disguises, surroundings and batches and
 * checks that each is found where it stands, cut out whole, and found no more; that a batch gives what its entries give;
 * that random bytes break nothing; and that no input is slow. Ends with one line of JSON; exit code 1 where something
 * broke, with the seed and the smallest case that still breaks.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { createBatch, build, smaller, type Batch } from '../test/support/disguises.ts';
import { brokenInvariant } from '../test/support/detector-invariants.ts';
import { createRandom, type Random } from '../test/support/fleet/random.ts';
import { createProjectScanner } from './support/project-scanner.ts';

const options = z.object({
  minutes: z.coerce.number<string>().positive().default(1),
  seed: z.coerce.number<string>().int().nonnegative().optional(),
});

/** A hostile text must be read at no less than this, by the better of two attempts. */
const LEAST_MB_PER_S = 0.1;
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
];

function hostile(random: Random): Buffer {
  const unit = (): string => HOSTILE_UNITS[random.int(HOSTILE_UNITS.length)] ?? 'a';
  const few = Array.from({ length: 1 + random.int(3) }, unit).join('');
  let text = few.repeat(Math.ceil(HOSTILE_BYTES / few.length)).slice(0, HOSTILE_BYTES);
  for (let depth = random.int(6); depth > 0; depth -= 1)
    text = Buffer.from(text).toString('base64').slice(0, HOSTILE_BYTES);
  return random.int(8) === 0 ? random.bytes(HOSTILE_BYTES) : Buffer.from(text);
}

function shrink(batch: Batch, breaks: (batch: Batch) => string | undefined): Batch {
  for (const candidate of smaller(batch))
    if (breaks(candidate) !== undefined) return shrink(candidate, breaks);
  return batch;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
  const asked = options.safeParse(values);
  if (!asked.success) {
    console.error('Usage: npm run fuzz:scan -- [--minutes N] [--seed S]; N is above 0, S a whole number');
    return 2;
  }
  const detector = await createProjectScanner();
  const breaks = (batch: Batch): string | undefined => {
    try {
      return brokenInvariant(batch, detector);
    } catch (error) {
      return `it threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    }
  };
  const start = performance.now();
  const first = asked.data.seed ?? Date.now() % 2 ** 31;
  console.log(`seeds from ${String(first)} on`);
  const tally = { batches: 0, entries: 0, planted: 0, hostile: 0, worstMbPerS: Infinity };
  const failures = new Map<string, number>();
  for (
    let seed = first;
    performance.now() - start < asked.data.minutes * 60_000 || tally.batches === 0;
    seed += 1
  ) {
    const batch = createBatch(seed);
    tally.batches += 1;
    tally.entries += batch.length;
    tally.planted += batch.flatMap((entry) => build(entry).plants).length;
    const broken = breaks(batch);
    if (broken !== undefined) {
      failures.set(broken, seed);
      const least = shrink(batch, breaks);
      console.error(
        `seed ${String(seed)}: ${broken}\n  least: ${breaks(least) ?? ''}\n  ${JSON.stringify(least)}`,
      );
      if (failures.size >= 10) break;
    }
    if (seed % HOSTILE_EVERY === 0) {
      const text = hostile(createRandom(seed));
      const attempt = (): number => {
        const began = performance.now();
        detector.scan([text]);
        return text.length / 1000 / (performance.now() - began);
      };
      let speed = attempt();
      if (speed < LEAST_MB_PER_S) speed = Math.max(speed, attempt());
      tally.hostile += 1;
      tally.worstMbPerS = Math.min(tally.worstMbPerS, speed);
      if (speed < LEAST_MB_PER_S) {
        failures.set(`slow ${String(seed)}`, seed);
        console.error(
          `seed ${String(seed)}: a hostile text at ${speed.toFixed(2)} MB/s: ${text.toString('latin1', 0, 60)}`,
        );
      }
    }
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  const worstMbPerS = Number.isFinite(tally.worstMbPerS) ? Number(tally.worstMbPerS.toFixed(2)) : null;
  console.log(JSON.stringify({ ...tally, worstMbPerS, seconds, failures: failures.size }));
  return failures.size === 0 ? 0 : 1;
}

process.exitCode = await main();
