/** Verification in full: everything is hashed again, from the entries up. Memory does not grow with the log. */
import type { AuditCommitment } from '../../contracts/audit.ts';
import { ahead } from '../../kernel/ahead.ts';
import { fromIso } from '../../kernel/clock.ts';
import { besidePath } from './beside-path.ts';
import { openContent } from './commitment.ts';
import { readEntry, readStandingAlone, GENESIS, type AuditEntry, type ChainHead } from './entry.ts';
import { openCheckpoint, type Checkpoint, type OpenedCheckpoint } from '../../kernel/tlog/checkpoint.ts';
import type { LogSource } from '../../kernel/tlog/log-source.ts';
import { HASH_BYTES, leafHash, sameHash, type Hash } from '../../kernel/tlog/merkle.ts';
import { signsAt, type NoteKey } from '../../kernel/tlog/signed-note.ts';
import {
  bundlePath,
  CHECKPOINT_PATH,
  checkpointPath,
  decodeBundle,
  decodeTile,
  encodeTile,
  parsePath,
  tilePath,
  TILE_WIDTH,
  TreeEdge,
  type LogObject,
  type TileRef,
} from '../../kernel/tlog/tiles.ts';

export interface Problem {
  /** The object or the entry, e.g. `tile/0/017` or `entry 4711`. */
  readonly where: string;
  /** What is wrong with it; never content of an entry. */
  readonly what: string;
}

export interface Verification {
  /** What the log's current checkpoint says; absent where it is not to be believed. */
  readonly checkpoint?: OpenedCheckpoint;
  /** How many of each were verified. */
  readonly entries: number;
  readonly tiles: number;
  readonly checkpoints: number;
  /** All that were found; the first {@link MAX_PROBLEMS} of them are told. */
  readonly problemCount: number;
  readonly problems: readonly Problem[];
  /** Where it was asked for. */
  readonly beside?: BesideCount;
}

export interface VerifyOptions {
  readonly source: LogSource;
  /** The log's keys, from somewhere else than the log: each must have signed all that it signs. And those of witnesses. */
  readonly keys: readonly NoteKey[];
  /** Checkpoints that the reader kept from earlier: the log must still contain them. */
  readonly seen?: readonly Checkpoint[];
  /**
   * Everything was verified when the log had this size: kept checkpoints and partial objects of sizes up to it, which
   * nothing else is built on, are not read again. Entries and tiles are.
   */
  readonly verifiedTo?: number;
  /** Told after every bundle. */
  readonly progress?: (entries: number, of: number) => void;
  /** Shown every entry that can be read. */
  readonly visit?: (entry: AuditEntry) => void;
  /** Where the content of commitments lies, and the time, in epoch milliseconds: without it they are not looked at. */
  readonly beside?: { readonly source: Pick<LogSource, 'read'>; readonly now: number };
}

/** What became of what entries commit to. What is missing before its time, or is something else, is a problem. */
export interface BesideCount {
  /** There, and what was committed to. */
  readonly held: number;
  /** Gone, as it should be. */
  readonly expired: number;
  /** Still there, though its time was over before yesterday: no fault of the log, and nothing that should be. */
  readonly overdue: number;
}

const MAX_PROBLEMS = 100;
/** Objects that are asked for before they are needed. */
const READ_AHEAD = 16;

/**
 * Verifies that every checkpoint is signed by the log's keys and is the root over its entries, that every entry is what
 * its hash says and follows the one before it, that every tile is what the entries hash to, and that nothing else is there.
 * @throws only where the source cannot be read; what is wrong with the log is in the answer
 */
export async function verifyLog(options: VerifyOptions): Promise<Verification> {
  const { source, keys, seen = [], verifiedTo = 0 } = options;
  const problems = new Problems();
  const kept = await keptSizes(source);
  const opened = await openAt(source, CHECKPOINT_PATH, keys, problems);
  if (opened === undefined) return { entries: 0, tiles: 0, checkpoints: 0, ...problems.told() };
  const { checkpoint } = opened;
  for (const { size } of seen)
    if (size > checkpoint.size)
      problems.add(
        CHECKPOINT_PATH,
        `says size ${checkpoint.size}, and the log had ${size} entries when it was seen before`,
      );
  const unverified = kept.filter((size) => size > verifiedTo).map((size) => ({ size }));
  const known = [...unverified, ...seen, checkpoint].sort((a, b) => a.size - b.size);
  const walk = new Walk(options, checkpoint, known, problems);
  await walk.run();
  if (walk.complete) await verifyRest(source, checkpoint.size, verifiedTo, problems);
  await verifyNotRolledBack(source, keys, kept.at(-1) ?? 0, checkpoint, problems);
  const { entries, tiles, checkpoints, beside } = walk;
  return {
    ...{ checkpoint: opened, entries, tiles, checkpoints },
    ...(options.beside && { beside }),
    ...problems.told(),
  };
}

/** Sizes of the checkpoints that are kept, ascending. */
async function keptSizes(source: LogSource): Promise<readonly number[]> {
  const sizes: number[] = [];
  for await (const path of source.list()) {
    const object = parsePath(path);
    if (object?.kind === 'kept') sizes.push(object.size);
  }
  return sizes.sort((a, b) => a - b);
}

async function openAt(
  source: LogSource,
  path: string,
  keys: readonly NoteKey[],
  problems: Problems,
): Promise<OpenedCheckpoint | undefined> {
  const bytes = await source.read(path);
  if (bytes === undefined) {
    problems.add(path, 'is missing');
    return undefined;
  }
  const opened = openCheckpoint(bytes, keys);
  if (!opened.ok) {
    problems.add(path, opened.error);
    return undefined;
  }
  const { signers } = opened.value;
  for (const key of keys)
    // Witnesses come and go; the log signs with all of its keys, or something is wrong with its signatures.
    if (key.kind !== 'cosignature' && signsAt(key, opened.value.checkpoint.size) && !signers.includes(key))
      problems.add(path, `is not signed by ${key.name} (${key.kind}, ${key.id})`);
  return opened.value;
}

/** A bundle and its tile of level 0, as they were found. */
interface Fetched {
  readonly path: string;
  readonly bundle: Found | undefined;
  readonly tile: Found | undefined;
}

/** An object; or the full one that took the place of a partial one, of which more is to be expected than was asked for. */
interface Found {
  readonly bytes: Uint8Array;
  readonly inPlace: boolean;
}

/** One pass over the entries, from the first to the last that the checkpoint counts. */
class Walk {
  entries = 0;
  tiles = 0;
  checkpoints = 0;
  /** Whether it came to the end. */
  complete = false;
  readonly beside = { held: 0, expired: 0, overdue: 0 };
  /** What the entries of this bundle commit to, and was not looked at yet. */
  #committed: (readonly [where: string, commitment: AuditCommitment])[] = [];
  readonly #options: VerifyOptions;
  readonly #checkpoint: Checkpoint;
  /** What to compare the root with, by size, ascending; without a root: read it from where it is kept. */
  readonly #known: readonly ({ readonly size: number } | Checkpoint)[];
  readonly #problems: Problems;
  readonly #edge = new TreeEdge();
  #nextKnown = 0;
  /** Undefined behind an entry that cannot be read: what follows it cannot be compared with it. */
  #chain: ChainHead | undefined = { size: 0, hash: GENESIS };

  constructor(
    options: VerifyOptions,
    checkpoint: Checkpoint,
    known: readonly ({ readonly size: number } | Checkpoint)[],
    problems: Problems,
  ) {
    this.#options = options;
    this.#checkpoint = checkpoint;
    this.#known = known;
    this.#problems = problems;
  }

  async run(): Promise<void> {
    const { size } = this.#checkpoint;
    await this.#compareRoots();
    for await (const fetched of ahead(Math.ceil(size / TILE_WIDTH), READ_AHEAD, (at) => this.#fetch(at))) {
      const leaves = this.#leavesOf(fetched);
      if (leaves === undefined) {
        this.#problems.add(fetched.path, 'and its tile cannot be read: what comes after it was not verified');
        return;
      }
      const above: (readonly [TileRef, readonly Hash[]])[] = [];
      const first = this.#edge.size;
      for (const [at, { bytes, hash }] of leaves.entries()) {
        if (bytes !== undefined) this.#readEntry(bytes, first + at);
        this.#edge.append(hash, (tile, hashes) => above.push([tile, hashes]));
        await this.#compareRoots();
      }
      await this.#lookBeside();
      if (this.#edge.size === size) above.push(...this.#edge.partial());
      for (const [tile, hashes] of above) await this.#compareTile(tile, hashes, fetched.tile);
      this.#options.progress?.(this.#edge.size, size);
    }
    this.complete = true;
  }

  #widthAt(index: number): number {
    return Math.min(TILE_WIDTH, this.#checkpoint.size - index * TILE_WIDTH);
  }

  async #fetch(index: number): Promise<Fetched> {
    const width = this.#widthAt(index);
    const path = bundlePath(index, width);
    const [bundle, tile] = await Promise.all([
      readOrFull(this.#options.source, path, bundlePath(index, TILE_WIDTH)),
      readOrFull(
        this.#options.source,
        tilePath({ level: 0, index, width }),
        tilePath({ level: 0, index, width: TILE_WIDTH }),
      ),
    ]);
    return { path, bundle, tile };
  }

  /** The leaves of a bundle; where it cannot be read, those that its tile says, without entries. */
  #leavesOf({ path, bundle, tile }: Fetched): readonly { bytes?: Uint8Array; hash: Hash }[] | undefined {
    const width = Math.min(TILE_WIDTH, this.#checkpoint.size - this.#edge.size);
    const entries = bundle && decodeBundle(bundle.bytes);
    if (entries === undefined) this.#problems.add(path, 'is missing');
    else if (!entries.ok) this.#problems.add(path, entries.error);
    else {
      const count = entries.value.length;
      if (bundle?.inPlace === true ? count !== width : count < width)
        this.#problems.add(path, `has ${count} entries instead of ${width}`);
      if (count >= width)
        return entries.value.slice(0, width).map((bytes) => ({ bytes, hash: leafHash(bytes) }));
    }
    this.#chain = undefined;
    const hashes = tile && decodeTile(tile.bytes.subarray(0, width * HASH_BYTES), width);
    return hashes?.ok ? hashes.value.map((hash) => ({ hash })) : undefined;
  }

  #readEntry(bytes: Uint8Array, seq: number): void {
    const chain = this.#chain ?? this.#standInFor(bytes, seq);
    const read = chain && readEntry(bytes, chain);
    if (read?.ok) {
      this.entries += 1;
      this.#chain = read.value.head;
      this.#options.visit?.(read.value.entry);
      if (this.#options.beside)
        for (const [name, commitment] of Object.entries(read.value.entry.commitments ?? {}))
          this.#committed.push([`${name} of entry ${seq}`, commitment]);
      return;
    }
    this.#problems.add(`entry ${seq}`, read?.error ?? 'cannot be read');
    const alone = readStandingAlone(bytes);
    this.#chain = alone.ok ? { size: seq + 1, hash: alone.value.hash } : undefined;
  }

  /** A few at a time: each may have a mebibyte. */
  async #lookBeside(): Promise<void> {
    const { beside } = this.#options;
    const committed = this.#committed;
    this.#committed = [];
    for (let at = 0; beside !== undefined && at < committed.length; at += READ_AHEAD)
      await Promise.all(
        committed.slice(at, at + READ_AHEAD).map(async ([where, commitment]) => {
          const what = await lookAt(commitment, beside.source, beside.now);
          if (what === 'missing' || what === 'changed')
            this.#problems.add(where, BESIDE_PROBLEMS[what](commitment));
          else this.beside[what] += 1;
        }),
      );
  }

  /** What an entry says that stood before it, where that could not be read. */
  #standInFor(bytes: Uint8Array, seq: number): ChainHead | undefined {
    const alone = readStandingAlone(bytes);
    return alone.ok ? { size: seq, hash: alone.value.prev_hash } : undefined;
  }

  async #compareTile(tile: TileRef, hashes: readonly Hash[], levelZero: Found | undefined): Promise<void> {
    const path = tilePath(tile);
    const found =
      tile.level === 0
        ? levelZero
        : await readOrFull(this.#options.source, path, tilePath({ ...tile, width: TILE_WIDTH }));
    this.tiles += 1;
    if (found === undefined) this.#problems.add(path, 'is missing');
    else if (!sameAs(found, encodeTile(hashes))) this.#problems.add(path, 'is not what its entries hash to');
  }

  /** Compares the root with every checkpoint of the present size. */
  async #compareRoots(): Promise<void> {
    for (; ; this.#nextKnown += 1) {
      const known = this.#known[this.#nextKnown];
      if (known === undefined || known.size > this.#edge.size) return;
      if (known.size < this.#edge.size) continue;
      const path = checkpointPath(known.size);
      const { source, keys } = this.#options;
      const said = 'root' in known ? known : (await openAt(source, path, keys, this.#problems))?.checkpoint;
      if (said === undefined) continue;
      this.checkpoints += 1;
      const where = known === this.#checkpoint ? CHECKPOINT_PATH : path;
      if (said.origin !== this.#checkpoint.origin) this.#problems.add(where, 'is of another log');
      else if (said.size !== known.size) this.#problems.add(where, `says size ${said.size}`);
      else if (!sameHash(said.root, this.#edge.root()))
        this.#problems.add(where, 'has another root than the entries up to it: the log has two histories');
    }
  }
}

const BESIDE_PROBLEMS = {
  missing: ({ expires_at }: AuditCommitment) =>
    `lies beside the log until ${expires_at}, and is missing: it was deleted before its time`,
  changed: () => 'is not what was committed to',
};

/** What is deleted by the day, and listed a moment late, is not overdue before the end of the day after. */
const OVERDUE_AFTER_MS = 2 * 86_400_000;

async function lookAt(
  { sha256, bytes, expires_at }: AuditCommitment,
  source: Pick<LogSource, 'read'>,
  now: number,
): Promise<'held' | 'expired' | 'overdue' | 'missing' | 'changed'> {
  const expiredFor = now - (fromIso(expires_at) ?? Number.NaN);
  const sealed = await source.read(besidePath(sha256, expires_at));
  if (sealed === undefined) return expiredFor > 0 ? 'expired' : 'missing';
  if (openContent(sha256, sealed)?.length !== bytes) return 'changed';
  return expiredFor > OVERDUE_AFTER_MS ? 'overdue' : 'held';
}

/** A partial object, or the full one that took its place. */
async function readOrFull(source: LogSource, path: string, full: string): Promise<Found | undefined> {
  const bytes = await source.read(path);
  if (bytes !== undefined) return { bytes, inPlace: true };
  const instead = path === full ? undefined : await source.read(full);
  return instead && { bytes: instead, inPlace: false };
}

const sameAs = ({ bytes, inPlace }: Found, expected: Uint8Array): boolean =>
  (!inPlace || bytes.length === expected.length) && beginsWith(bytes, expected);

const beginsWith = (bytes: Uint8Array, start: Uint8Array): boolean =>
  Buffer.compare(bytes.subarray(0, start.length), start) === 0;

/**
 * What the pass over the entries did not look at: partial tiles and bundles of earlier sizes must be how the present ones
 * begin, and a full object must not have more than its entries. Whatever is not the log's does not belong there.
 */
async function verifyRest(
  source: LogSource,
  size: number,
  verifiedTo: number,
  problems: Problems,
): Promise<void> {
  const reading = new Set<Promise<void>>();
  for await (const path of source.list()) {
    const object = parsePath(path);
    if (object === undefined) problems.add(path, 'is nothing that belongs to the log');
    else if ((object.kind === 'tile' || object.kind === 'bundle') && entriesUpTo(object) > verifiedTo) {
      const one = verifyOlder(source, path, object, size, problems);
      reading.add(one);
      // Where another one fails first, nobody else hears of this one's failure.
      one.then(
        () => reading.delete(one),
        () => undefined,
      );
      if (reading.size >= READ_AHEAD) await Promise.race(reading);
    }
  }
  await Promise.all(reading);
}

/** How many entries the log has at least, if the object is there. */
const entriesUpTo = (object: Extract<LogObject, { readonly index: number }>): number =>
  (object.index * TILE_WIDTH + object.width) * TILE_WIDTH ** (object.kind === 'tile' ? object.level : 0);

async function verifyOlder(
  source: LogSource,
  path: string,
  object: Extract<LogObject, { readonly index: number }>,
  size: number,
  problems: Problems,
): Promise<void> {
  const hashes = Math.floor(size / TILE_WIDTH ** (object.kind === 'tile' ? object.level : 0));
  const width = Math.min(TILE_WIDTH, hashes - object.index * TILE_WIDTH);
  // Of a batch that is being written while we read: no checkpoint counts it yet.
  if (object.width > width || object.width === TILE_WIDTH) return;
  if (object.width === width) return;
  const present = object.kind === 'tile' ? tilePath({ ...object, width }) : bundlePath(object.index, width);
  const full =
    object.kind === 'tile'
      ? tilePath({ ...object, width: TILE_WIDTH })
      : bundlePath(object.index, TILE_WIDTH);
  const [older, newer] = await Promise.all([source.read(path), readOrFull(source, present, full)]);
  // Deleted meanwhile, as it may be.
  if (older === undefined || newer === undefined) return;
  const complete =
    object.kind === 'tile'
      ? older.length === object.width * HASH_BYTES
      : decodeBundle(older, object.width).ok;
  if (!complete || !beginsWith(newer.bytes, older)) problems.add(path, 'is not how the present one begins');
}

/** A checkpoint that is kept of a larger size than the current one: read again, for the log may have grown meanwhile. */
async function verifyNotRolledBack(
  source: LogSource,
  keys: readonly NoteKey[],
  largest: number,
  before: Checkpoint,
  problems: Problems,
): Promise<void> {
  if (largest <= before.size) return;
  const now = await openAt(source, CHECKPOINT_PATH, keys, problems);
  if (now !== undefined && now.checkpoint.size < largest)
    problems.add(
      CHECKPOINT_PATH,
      `says size ${now.checkpoint.size}, and a checkpoint of size ${largest} is kept: the log was rolled back, or its last batch is not published yet`,
    );
}

class Problems {
  #count = 0;
  readonly #first: Problem[] = [];

  add(where: string, what: string): void {
    this.#count += 1;
    if (this.#first.length < MAX_PROBLEMS) this.#first.push({ where, what });
  }

  told(): { problemCount: number; problems: readonly Problem[] } {
    return { problemCount: this.#count, problems: this.#first };
  }
}
