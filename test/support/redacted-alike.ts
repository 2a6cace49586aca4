/** Whether redacted text tells two secrets apart: the property tests and the fuzz run share it. */
import type { DetectedMatch, Detector } from '../../functions/detection/domain/detector.ts';
import { redact } from '../../functions/detection/domain/redact.ts';
import type { Sequence } from '../../functions/detection/domain/views/split.ts';

interface Planted {
  readonly entries: readonly Buffer[];
  /** Each must be found. */
  readonly secrets: readonly string[];
}

/** No text that is generated here holds it. */
const CUT = '\u0001';

/**
 * Builds the same entries around two secrets and compares what redaction leaves of them, kept ends aside. What is left
 * of either must stand at the same place of the other: then it is no part of the secret, in whatever encoding.
 * @returns what is wrong: a secret that is not found, or text that still depends on which secret it was
 */
export function redactedAlike(
  detector: Detector,
  [one, other]: readonly [number, number],
  build: (seed: number) => Planted,
  sequence?: Sequence,
): string | undefined {
  const [first, second] = [build(one), build(other)];
  const [left, right] = [first, second].map(({ entries }) => detector.scan(entries, sequence));
  return (
    lost(first, left ?? []) ??
    lost(second, right ?? []) ??
    telling(first.entries, second.entries, left ?? [], right ?? [])
  );
}

function lost({ entries, secrets }: Planted, matches: readonly DetectedMatch[]): string | undefined {
  const found = new Set(matches.map((match) => match.secret.reveal()));
  const missed = secrets.find((secret) => !found.has(secret));
  return missed === undefined
    ? undefined
    : `lost ${missed} in ${entries.map((entry) => entry.toString()).join('\n')}; found ${[...found].join(', ')}`;
}

function telling(
  first: readonly Buffer[],
  second: readonly Buffer[],
  inFirst: readonly DetectedMatch[],
  inSecond: readonly DetectedMatch[],
): string | undefined {
  for (const [index, one] of first.entries()) {
    const other = second[index] ?? Buffer.alloc(0);
    const [left, right] = [leftOf(one, index, inFirst), leftOf(other, index, inSecond)];
    const same =
      one.length === other.length
        ? left.every((byte, at) => byte === undefined || byte === other[at]) &&
          right.every((byte, at) => byte === undefined || byte === one[at])
        : textOf(left) === textOf(right);
    if (!same) return `what is left tells the secrets apart:\n${textOf(left)}\n${textOf(right)}`;
  }
  return undefined;
}

/** Each byte of an entry that redaction leaves, at its place; undefined for what it cuts. */
function leftOf(
  entry: Buffer,
  index: number,
  matches: readonly DetectedMatch[],
): readonly (number | undefined)[] {
  const cuts = matches
    .filter((match) => match.entry === index)
    .map(({ covers, secret }) => ({ covers, secret: Buffer.from(secret.reveal()), placeholder: CUT }));
  const { bytes, placeOf } = redact(entry, cuts);
  return Array.from(entry, (byte, at) => (bytes[placeOf(at)] === CUT.charCodeAt(0) ? undefined : byte));
}

const textOf = (left: readonly (number | undefined)[]): string =>
  left
    .map((byte) => (byte === undefined ? CUT : String.fromCharCode(byte)))
    .join('')
    .replaceAll(new RegExp(`${CUT}+`, 'g'), '[cut]');
