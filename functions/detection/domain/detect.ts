/** From the entries of queue messages to findings, without their fingerprints: those need a key that only KMS has. */
import type { EntryBatch, ShippedEntry } from '../../contracts/ingest.ts';
import { SEGMENT_OVERLAP_BYTES } from '../../contracts/ingest.ts';
import type { Finding } from '../../contracts/finding.ts';
import { correlationIdOf, findingIdOf } from '../../kernel/ids.ts';
import { fromIso, toIso } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { parseEntry } from './entry.ts';
import type { Sequence } from './views/split.ts';
import { excerptAround, placeholderOf, redact, redactedKey, type Cut } from './redact.ts';
import type { DetectedMatch, Detector } from './detector.ts';
import { wholeCredential } from './whole-credential.ts';

/** A finding that lacks its fingerprint, and the secrets to make fingerprints from. */
export interface Detection {
  /** Every secret of the entry: the text around one may show the place of another. */
  readonly secrets: readonly Redacted[];
  /** What a revocation needs of it: the secret, or the credential that it is a part of. */
  readonly credential: Redacted;
  /** When the entry was written, by its own word, or handed to the queue where it does not say; epoch milliseconds. */
  readonly leakedAt: number;
  /** The finding under a fingerprint, given every secret's of the entry: text names a secret by its own. */
  readonly toFinding: (fingerprints: (secret: Redacted) => string) => Finding;
}

interface OpenEntry {
  readonly batch: EntryBatch;
  readonly shipped: ShippedEntry;
  readonly bytes: Buffer;
}

/**
 * Scans the entries of several messages in one pass.
 * @param now epoch milliseconds
 * @returns for each message, in order, what was found in it
 */
export function detect(
  batches: readonly EntryBatch[],
  scanner: Detector,
  now: number,
): readonly (readonly Detection[])[] {
  const entries: OpenEntry[] = batches.flatMap((batch) =>
    batch.entries.map((shipped) => ({ batch, shipped, bytes: Buffer.from(shipped.body, shipped.encoding) })),
  );
  const perEntry = new Map<number, DetectedMatch[]>();
  const sequence = sequenceOf(entries);
  const matches = scanner.scan(
    entries.map((entry) => entry.bytes),
    sequence,
  );
  for (const match of matches) {
    const known = perEntry.get(match.entry);
    if (known === undefined) perEntry.set(match.entry, [match]);
    else known.push(match);
  }
  const found = new Map<EntryBatch, Detection[]>(batches.map((batch) => [batch, []]));
  for (const [index, matches] of perEntry) {
    const entry = entries[index];
    if (entry !== undefined) found.get(entry.batch)?.push(...detectionsIn(entry, matches, now));
  }
  return batches.map((batch) => found.get(batch) ?? []);
}

/** Whole entries of one agent in one log follow on one another; who wrote one is read only where it is asked. */
function sequenceOf(entries: readonly OpenEntry[]): Sequence {
  const known = new Map<number, string>();
  return (index) => {
    const entry = entries[index];
    if (entry === undefined || entry.shipped.segment !== undefined) return undefined;
    const { core, fork } = entry.batch;
    const key = known.get(index) ?? JSON.stringify([core, fork, parseEntry(entry.bytes).agent]);
    known.set(index, key);
    return key;
  };
}

/** How many entries a batch of messages carries; a segment counts with its first part. */
export function entriesIn(batches: readonly EntryBatch[]): number {
  return batches.reduce(
    (sum, batch) => sum + batch.entries.filter((entry) => (entry.segment?.offset ?? 0) === 0).length,
    0,
  );
}

/**
 * What stands before a secret decides which rule sees it, and a later segment's beginning lacks that. So each segment
 * leaves the secrets that start in its first bytes to the one before, which carries more than this beyond its own range.
 */
const SEGMENT_LEAD_BYTES = 1024;

function owns(segment: ShippedEntry['segment'], offset: number): boolean {
  if (segment === undefined) return true;
  return (
    (segment.offset === 0 || offset >= SEGMENT_LEAD_BYTES) && offset < segment.owned + SEGMENT_LEAD_BYTES
  );
}

function detectionsIn(
  entry: OpenEntry,
  matches: readonly DetectedMatch[],
  now: number,
): readonly Detection[] {
  const { batch, shipped, bytes } = entry;
  const facts = parseEntry(bytes);
  const position = { core: batch.core, fork: batch.fork, seq: shipped.seq };
  const secrets = matches.map((match) => match.secret);
  const segmentOffset = shipped.segment?.offset ?? 0;
  // A field is text of the entry as well, and may be where the secret stands: as the entry has it, or unescaped.
  const hidden = matches.flatMap(({ secret, covers }) => {
    const placeholder = redactedKey(secret.reveal());
    const spans = covers.flatMap(({ offset, length }) =>
      spellingsIn(bytes.subarray(offset, offset + length)),
    );
    return [Buffer.from(secret.reveal()), ...spans].map((text): Cut => ({
      covers: [],
      secret: text,
      placeholder,
    }));
  });
  const secretFree = (field: string): string => redact(Buffer.from(field), hidden).bytes.toString('utf8');

  return matches
    .filter((match) => owns(shipped.segment, match.offset))
    .map((match) => {
      const offset = segmentOffset + match.offset;
      return {
        secrets,
        credential: wholeCredential(match, matches),
        leakedAt: Math.min(now, fromIso(facts.timestamp ?? '') ?? batch.shippedAt),
        toFinding: (fingerprintOf) => ({
          findingId: findingIdOf(position, match.rule, offset, fingerprintOf(match.secret)),
          detectedAt: toIso(now),
          ...(facts.timestamp !== undefined && { entryTimestamp: secretFree(facts.timestamp) }),
          core: batch.core,
          fork: batch.fork,
          position: shipped.seq,
          offset,
          length: match.length,
          correlationId: correlationIdOf(position),
          ...(facts.messageId !== undefined && { messageId: secretFree(facts.messageId) }),
          agent: secretFree(facts.agent),
          ...(facts.entryType !== undefined && { entryType: secretFree(facts.entryType) }),
          rule: match.rule,
          secretType: match.secretType,
          provider: match.provider,
          severity: match.severity,
          confidence: match.confidence,
          ...(match.disguises.length > 0 && { disguise: match.disguises.join(' ') }),
          redactedKey: redactedKey(match.secret.reveal()),
          redactedContent: contentAround(entry, match, matches, fingerprintOf),
          fingerprint: fingerprintOf(match.secret),
        }),
      };
    });
}

/** A piece of an entry as it stands there, and as the string that it is part of is read. */
function spellingsIn(piece: Buffer): readonly Buffer[] {
  try {
    const text: unknown = JSON.parse(`"${piece.toString('utf8')}"`);
    return typeof text === 'string' ? [piece, Buffer.from(text)] : [piece];
  } catch {
    return [piece];
  }
}

function contentAround(
  { bytes, shipped }: OpenEntry,
  match: DetectedMatch,
  matches: readonly DetectedMatch[],
  fingerprintOf: (secret: Redacted) => string,
): string {
  const cutOf = (each: DetectedMatch): Cut => {
    const secret = each.secret.reveal();
    const reference = fingerprintOf(each.secret).slice(0, 8);
    return {
      covers: each.covers,
      secret: Buffer.from(secret),
      placeholder: placeholderOf(each.secretType, redactedKey(secret), reference),
    };
  };
  // Early in a later segment the text around may be the tail of a secret that began in the segment before,
  // which nothing here would recognise: show the finding alone.
  if ((shipped.segment?.offset ?? 0) > 0 && match.offset < SEGMENT_OVERLAP_BYTES)
    return cutOf(match).placeholder;
  const redacted = redact(bytes, matches.map(cutOf));
  return excerptAround(redacted.bytes, redacted.placeOf(match.offset));
}
