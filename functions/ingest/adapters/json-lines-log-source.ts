/**
 * Follows a log that is exported as JSON lines: a file that grows, or a directory whose `.jsonl` files, in the order of
 * their names, are one log. Of a file that is rotated (`x.jsonl` becomes `x.jsonl.1`), what was rotated comes first.
 * Each line is an entry, whatever is in it; a position is the `index` of the oldest line there is, as CHORUS writes it,
 * or else 0, plus the lines since then.
 *
 * What this proves: nothing but what the files say. They are not signed. A tree hash here covers the last
 * {@link WITNESS_LINES} lines before a length, so that it outlives the deletion of old files; an edit of an older line
 * passes unseen.
 */
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import type { Head } from '../domain/checkpoint.ts';
import { Trouble, type LogSource, type LogWindow, type Peer, type WindowLimits } from '../domain/ports.ts';
import { noDriver } from './drivers.ts';
import { pathBelow } from './local-path.ts';
import { PolledSession } from './polled-session.ts';
import { openSession } from './session-life.ts';

interface JsonLinesSettings {
  /** How often the files are looked at. */
  readonly pollMs: number;
  /** A last line without its end is taken for whole, if it is JSON, once it has not grown for so long. */
  readonly unendedMs: number;
  /** A longer line is cut into several entries; as long as the longest block of a hypercore by default. */
  readonly maxLineBytes: number;
}

const SETTINGS: JsonLinesSettings = { pollMs: 100, unendedMs: 2_000, maxLineBytes: 15_000_000 };

/** Lines before a length that its tree hash covers. */
const WITNESS_LINES = 16;
const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

const indexed = z.object({ index: z.int().nonnegative() });

/** @param root directory that logs may lie in */
export function createJsonLinesLogSource(
  clock: Clock,
  root: string,
  overrides: Partial<JsonLinesSettings> = {},
): LogSource {
  const settings = { ...SETTINGS, ...overrides };
  return {
    connect: async (peer, stop) => {
      if (peer.driver !== 'json-lines') throw noDriver(peer);
      return openSession(
        stop,
        () => new JsonLinesSession(peer, pathBelow(root, peer.path), clock, settings, stop),
      );
    },
  };
}

class JsonLinesSession extends PolledSession {
  readonly #peer: Peer;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #settings: JsonLinesSettings;
  #lines: Lines;
  /** How often the log was seen to be rewritten in this session: files know no fork of their own. */
  #fork = 0;
  /** Up to here entries need not be read again. */
  #released = 0;

  constructor(peer: Peer, path: string, clock: Clock, settings: JsonLinesSettings, stop: AbortSignal) {
    super(clock, settings.pollMs, stop);
    this.#peer = peer;
    this.#path = path;
    this.#clock = clock;
    this.#settings = settings;
    this.#lines = new Lines(settings);
  }

  protected async openFiles(): Promise<number> {
    await this.#lines.extend(partsOf(this.#path), this.#clock.now());
    return this.#lines.length;
  }

  head(): Head {
    this.life.assertAlive();
    return { fork: this.#fork, length: this.#lines.length };
  }

  async treeHash(length: number): Promise<string> {
    return this.alone(() => this.#lines.witness(length));
  }

  async read(start: number, { maxEntries, maxBytes }: WindowLimits): Promise<LogWindow | undefined> {
    return this.alone(async () => {
      this.life.assertAlive();
      const seqStart = Math.max(start, this.#lines.first);
      if (seqStart >= this.#lines.length) return undefined;
      const entries = await this.#lines.read(seqStart, seqStart + maxEntries, maxBytes);
      const seqEnd = seqStart + entries.length;
      return {
        core: this.#peer.core,
        fork: this.#fork,
        seqStart,
        seqEnd,
        entries,
        treeHash: await this.#lines.witness(seqEnd),
        knownAt: this.life.knownAt(seqStart),
      };
    });
  }

  async release(_seqStart: number, seqEnd: number): Promise<void> {
    this.life.assertAlive();
    this.#released = Math.max(this.#released, seqEnd);
  }

  protected async closeFiles(): Promise<void> {
    await this.#lines.close();
  }

  protected async lookAgain(): Promise<void> {
    await this.alone(() => this.#look()).catch(() => this.end('The files can no longer be read.'));
  }

  async #look(): Promise<void> {
    const parts = partsOf(this.#path);
    const before = this.#lines.length;
    const now = this.#clock.now();
    const isSame = await this.#lines.continuesIn(parts);
    if (isSame) {
      await this.#lines.extend(parts, now);
      await this.#lines.forget(this.#released);
      if (this.#lines.length > before) this.life.grew(this.#lines.length);
      return;
    }
    // Files that are gone can be read to their end while they are open.
    if (this.#lines.isGone(parts) && this.#released < before) return;
    const next = new Lines(this.#settings);
    await next.extend(parts, now);
    const common = this.#lines.lengthInCommon(next);
    await this.#lines.close();
    this.#lines = next;
    this.#fork += 1;
    this.#released = Math.min(this.#released, common);
    if (common < before) this.life.cut(common, next.length);
    else this.life.grew(next.length);
  }
}

/** A file of the log as it lies there now. */
interface FoundPart {
  readonly path: string;
  /** What stays the same when it is renamed. */
  readonly id: string;
  readonly bytes: number;
}

/** The log's files, oldest first. @throws Trouble when the file or directory is no more */
function partsOf(path: string): readonly FoundPart[] {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const folder = isDirectory ? path : dirname(path);
  const name = basename(path);
  const found = namesIn(folder)
    .filter((one) =>
      isDirectory ? one.endsWith('.jsonl') : one === name || rotation(one, name) !== undefined,
    )
    .sort((a, b) =>
      isDirectory
        ? a.localeCompare(b, 'en', { numeric: true })
        : (rotation(b, name) ?? 0) - (rotation(a, name) ?? 0),
    )
    .flatMap((one) => {
      const stat = statSync(join(folder, one), { throwIfNoEntry: false });
      if (stat?.isFile() !== true) return [];
      return [{ path: join(folder, one), id: `${stat.dev}:${stat.ino}`, bytes: stat.size }];
    });
  if (!isDirectory && found.length === 0)
    throw new Trouble('unreachable', 'The file of JSON lines is not there.');
  return found;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    throw new Trouble('unreachable', 'The directory of JSON lines is not there.');
  }
}

/** How often `name` was rotated to get this one: 2 for `x.jsonl.2`. */
function rotation(rotated: string, name: string): number | undefined {
  const digits = rotated.startsWith(`${name}.`) ? rotated.slice(name.length + 1) : '';
  return /^\d{1,9}$/.test(digits) ? Number(digits) : undefined;
}

interface Part {
  readonly id: string;
  readonly file: FileHandle;
  /** Up to where its lines are known. */
  scanned: number;
}

/** Where a line lies. */
interface Line {
  readonly part: Part;
  readonly start: number;
  readonly end: number;
  /** Six bytes of its hash: to see where two readings differ, no proof. */
  readonly mark: number;
}

/** The lines of some files, as far as they were read. */
class Lines {
  /** Position of the oldest line that is there. */
  first = 0;
  readonly #settings: JsonLinesSettings;
  #parts: Part[] = [];
  #lines: Line[] = [];
  #witness = '';
  /** Bytes after the last line's end, and since when they are so many. */
  #rest = { bytes: 0, since: 0 };

  constructor(settings: JsonLinesSettings) {
    this.#settings = settings;
  }

  get length(): number {
    return this.first + this.#lines.length;
  }

  /** Whether these files are the known ones, or the last of them, and then more; none shorter or with another end. */
  async continuesIn(found: readonly FoundPart[]): Promise<boolean> {
    if (this.#parts.length === 0) return true;
    const skipped = this.#skipped(found);
    const known = this.#parts.slice(skipped);
    if (known.length === 0) return false;
    for (const [index, part] of known.entries()) {
      const there = found[index];
      if (there?.id !== part.id || there.bytes < part.scanned) return false;
      if (index < known.length - 1 && there.bytes !== part.scanned) return false;
    }
    const isGrown = found.length > known.length || (found.at(-1)?.bytes ?? 0) > (known.at(-1)?.scanned ?? 0);
    return !isGrown || (await this.#computeWitness(this.length)) === this.#witness;
  }

  /** Whether none of the known files is there any more. */
  isGone(found: readonly FoundPart[]): boolean {
    return this.#skipped(found) === this.#parts.length;
  }

  /** Reads on to the end of these files, which continue the known ones. @param now milliseconds since the epoch */
  async extend(found: readonly FoundPart[], now: number): Promise<void> {
    const skipped = this.#skipped(found);
    const before = this.length;
    for (const [index, { path, id }] of found.entries()) {
      let part = this.#parts[skipped + index];
      if (part === undefined) {
        part = { id, file: await open(path, 'r'), scanned: 0 };
        this.#parts.push(part);
      }
      await this.#scan(part, now);
      // A file that another one follows grows no more: what its last line is, it is.
      const { size } = await part.file.stat();
      if (index < found.length - 1 && size > part.scanned)
        this.#take(part, await bytesOf(part.file, part.scanned, size), size);
    }
    if (this.length !== before || this.#witness === '')
      this.#witness = await this.#computeWitness(this.length);
  }

  /** Forgets files that are no more and whose lines need not be read again. */
  async forget(released: number): Promise<void> {
    for (;;) {
      const [oldest, next] = this.#parts;
      if (oldest === undefined || next === undefined) return;
      const { nlink } = await oldest.file.stat();
      const lines = this.#lines.findIndex(({ part }) => part !== oldest);
      const count = lines === -1 ? this.#lines.length : lines;
      // The lines that the next witness covers stay.
      if (nlink > 0 || this.first + count + WITNESS_LINES > Math.min(released, this.length)) return;
      this.#lines.splice(0, count);
      this.first += count;
      this.#parts.shift();
      await oldest.file.close();
    }
  }

  /** The longest beginning that another reading has as well. */
  lengthInCommon(other: Lines): number {
    if (this.first !== other.first) return Math.min(this.first, other.first);
    const differs = this.#lines.findIndex(({ mark }, index) => mark !== other.#lines[index]?.mark);
    return this.first + (differs === -1 ? this.#lines.length : differs);
  }

  /** Lines from `start` on, before `end`, up to the one that fills `maxBytes`. */
  async read(start: number, end: number, maxBytes: number): Promise<Buffer[]> {
    const entries: Buffer[] = [];
    const wanted = this.#lines.slice(start - this.first, end - this.first);
    let bytes = 0;
    while (entries.length < wanted.length && bytes < maxBytes) {
      const next = wanted.slice(entries.length);
      // Neighbours in a file are read at once.
      let count = 0;
      for (const { part, start: from, end: to } of next) {
        if (part !== next[0]?.part || bytes >= maxBytes) break;
        bytes += to - from;
        count += 1;
      }
      entries.push(...(await linesOf(next.slice(0, count))));
    }
    return entries;
  }

  /** What stands for the log's beginning of a length; hex. */
  async witness(length: number): Promise<string> {
    return length === this.length ? this.#witness : this.#computeWitness(length);
  }

  async close(): Promise<void> {
    for (const { file } of this.#parts) await file.close();
    this.#parts = [];
  }

  async #computeWitness(length: number): Promise<string> {
    const hash = createHash('sha256').update(`json-lines ${length}`);
    const from = Math.max(this.first, length - WITNESS_LINES);
    // Of lines that are no more nothing can be said: that equals nothing that was ever said.
    if (length < this.first || (length === this.first && length > 0)) hash.update(' gone');
    for (const line of await this.read(from, Math.max(from, length), Number.POSITIVE_INFINITY))
      hash.update(createHash('sha256').update(line).digest());
    return hash.digest('hex');
  }

  /** How many of the known files are no more: those before the first that is there. */
  #skipped(found: readonly FoundPart[]): number {
    const oldest = this.#parts.findIndex(({ id }) => id === found[0]?.id);
    return oldest === -1 ? this.#parts.length : oldest;
  }

  async #scan(part: Part, now: number): Promise<void> {
    let rest = Buffer.alloc(0);
    let at = part.scanned;
    for (;;) {
      const { bytesRead, buffer } = await part.file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      let from = 0;
      for (let newline = rest.indexOf(NEWLINE, from); newline !== -1; newline = rest.indexOf(NEWLINE, from)) {
        this.#take(part, rest.subarray(from, newline), part.scanned + newline + 1 - from);
        from = newline + 1;
      }
      rest = rest.subarray(from);
      while (rest.length > this.#settings.maxLineBytes) {
        const piece = rest.subarray(0, this.#settings.maxLineBytes);
        this.#take(part, piece, part.scanned + piece.length);
        rest = rest.subarray(piece.length);
      }
    }
    if (rest.length !== this.#rest.bytes) this.#rest = { bytes: rest.length, since: now };
    const isOld = now - this.#rest.since >= this.#settings.unendedMs;
    if (rest.length > 0 && isOld && isJson(rest)) this.#take(part, rest, part.scanned + rest.length);
  }

  /** The part's next line, and where the one after it begins. An empty one is the end of one that was taken without. */
  #take(part: Part, line: Buffer, next: number): void {
    const start = part.scanned;
    part.scanned = next;
    if (line.length === 0) return;
    if (this.length === 0) this.first = indexOf(line) ?? 0;
    const mark = createHash('sha256').update(line).digest().readUIntBE(0, 6);
    this.#lines.push({ part, start, end: start + line.length, mark });
  }
}

/** Lines that lie behind each other in one file. */
async function linesOf(lines: readonly Line[]): Promise<Buffer[]> {
  const [first, last] = [lines[0], lines.at(-1)];
  if (first === undefined || last === undefined) return [];
  const bytes = await bytesOf(first.part.file, first.start, last.end);
  return lines.map(({ start, end }) => bytes.subarray(start - first.start, end - first.start));
}

async function bytesOf(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
  return bytes.subarray(0, bytesRead);
}

function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

/** What a line says of its own position. */
function indexOf(line: Buffer): number | undefined {
  try {
    const parsed = indexed.safeParse(JSON.parse(line.toString('utf8')));
    return parsed.success ? parsed.data.index : undefined;
  } catch {
    return undefined;
  }
}
