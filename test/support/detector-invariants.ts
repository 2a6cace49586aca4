/** What must hold of every scan, whatever was planted and wherever: the property tests and the fuzz run share it. */
import { createHash } from 'node:crypto';
import type { DetectedMatch, Detector } from '../../functions/detection/domain/detector.ts';
import { placeholderOf, redact, redactedKey } from '../../functions/detection/domain/redact.ts';
import { build, type Batch, type BuiltEntry, type BuiltPlant } from './disguises.ts';
import { redactedAlike } from './redacted-alike.ts';

/** What base64's padding may take at the end, encoded again: of the whole, and at least so much. */
const PADDING_SHARE = 0.15;
const PADDING_BYTES = 8;

/** @returns what does not hold, or undefined */
export function brokenInvariant(batch: Batch, detector: Detector): string | undefined {
  const entries = batch.map(build);
  const matches = detector.scan(entries.map(({ bytes }) => bytes));
  for (const [index, entry] of entries.entries()) {
    const here = matches.filter((match) => match.entry === index);
    const alone = detector.scan([entry.bytes]);
    if (shown(here) !== shown(alone))
      return `entry ${String(index)} gives something else in a batch than alone`;
    const broken = brokenEntry(entry, here, detector);
    if (broken !== undefined) return `entry ${String(index)}: ${broken}`;
  }
  return leftBy(batch, detector);
}

/** How many other secrets are tried for one that is written as long, escapes and all. */
const OTHERS = 24;

/** Whether what redaction leaves depends on which secrets were planted. */
function leftBy(batch: Batch, detector: Detector): string | undefined {
  const builtWith = (step: number): readonly BuiltEntry[] =>
    batch.map(({ json, parts }) =>
      build({
        json,
        parts: parts.map((part) => (typeof part === 'string' ? part : { ...part, seed: part.seed + step })),
      }),
    );
  const placesIn = (entries: readonly BuiltEntry[]): string =>
    JSON.stringify(entries.map(({ plants }) => plants.map(({ from, to, widths }) => [from, to, ...widths])));
  const own = builtWith(0);
  if (own.every(({ plants }) => plants.length === 0)) return undefined;
  const places = placesIn(own);
  for (let step = 1; step <= OTHERS; step += 1)
    if (placesIn(builtWith(step)) === places)
      return redactedAlike(detector, [0, step], (chosen) => {
        const entries = builtWith(chosen);
        return {
          entries: entries.map(({ bytes }) => bytes),
          secrets: entries.flatMap(({ plants }) => plants.map(({ secret }) => secret)),
        };
      });
  return undefined;
}

const shown = (matches: readonly DetectedMatch[]): string =>
  JSON.stringify(matches.map((match) => ({ ...match, entry: 0, secret: match.secret.reveal() })));

function brokenEntry(
  { bytes, plants }: BuiltEntry,
  matches: readonly DetectedMatch[],
  detector: Detector,
): string | undefined {
  for (const [at, match] of matches.entries()) {
    const next = matches[at + 1];
    if (match.offset < 0 || match.length <= 0 || match.offset + match.length > bytes.length)
      return 'a span lies outside';
    if (next !== undefined && next.offset < match.offset + match.length)
      return 'spans overlap or are out of order';
  }
  const cuts = matches.map((match) => {
    const secret = match.secret.reveal();
    const reference = createHash('sha256').update(secret).digest('hex').slice(0, 8);
    return {
      covers: match.covers,
      secret: Buffer.from(secret),
      placeholder: placeholderOf(match.secretType, redactedKey(secret), reference),
    };
  });
  const redacted = redact(bytes, cuts).bytes;
  const again = detector.scan([redacted]);
  for (const plant of plants) {
    const name = `${plant.plant.trick ?? 'plain'} ${plant.plant.encoders.join(' ')}`;
    const found = matches.find((match) => match.secret.reveal() === plant.secret && isAt(match, plant));
    if (found === undefined) {
      const near = matches.filter(
        (match) => match.offset < plant.to && plant.from < match.offset + match.length,
      );
      const what = near.map(
        (match) =>
          `${match.rule} ${String(match.offset)}+${String(match.length)} ${match.disguises.join(' ')}`,
      );
      return `lost or misplaced: ${plant.plant.type} ${name} at ${String(plant.from)}-${String(plant.to)}; there: ${what.join(', ') || 'nothing'}`;
    }
    if (again.some((match) => match.secret.reveal() === plant.secret))
      return `found again after it was redacted: ${name}`;
  }
  return undefined;
}

function isAt({ offset, length }: DetectedMatch, { from, to, plant }: BuiltPlant): boolean {
  const end = offset + length;
  const isPadded = plant.encoders.some((encoder) => encoder.startsWith('base64'));
  const slack = isPadded ? PADDING_BYTES + PADDING_SHARE * (to - from) : 0;
  // A last separator or joint may stand after what is the secret; never before.
  return offset === from && end <= to && to - end <= slack;
}
