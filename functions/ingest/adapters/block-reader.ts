import type Hypercore from 'hypercore';
import { Trouble } from '../domain/ports.ts';

/** Blocks asked of the store at once: each alone would wait for its own round through the thread pool. */
const READ_AHEAD = 64;

/** What a block is taken to weigh before one was seen. */
const FIRST_GUESS_BYTES = 16 * 1024;

/** Reads a range of blocks up to so many bytes, although nobody tells a block's size in advance. */
export class BlockReader {
  readonly #readMs: number;
  /** Bytes of the largest block of late. */
  #largest = FIRST_GUESS_BYTES;

  /** @param readMs how long a block may take */
  constructor(readMs: number) {
    this.#readMs = readMs;
  }

  /** @throws Trouble when a block was taken away; hypercore's own errors when it cannot be had */
  async read(core: Hypercore, start: number, end: number, maxBytes: number): Promise<Buffer[]> {
    const entries: Buffer[] = [];
    let bytes = 0;
    while (start + entries.length < end && bytes < maxBytes) {
      const seq = start + entries.length;
      const ahead = Math.min(end - seq, this.#readAhead(maxBytes - bytes));
      const blocks = await Promise.all(
        Array.from({ length: ahead }, (_, offset) => core.get(seq + offset, { timeout: this.#readMs })),
      );
      for (const block of blocks) {
        if (block === null) throw new Trouble('log-closed', 'A block was taken away while it was read.');
        this.#largest = Math.max(block.length, this.#largest * 0.99);
        if (bytes >= maxBytes) break;
        entries.push(block);
        bytes += block.length;
      }
    }
    return entries;
  }

  /** As many blocks at once as would fit if they were as large as the largest of late. */
  #readAhead(bytes: number): number {
    return Math.min(READ_AHEAD, Math.max(1, Math.floor(bytes / this.#largest)));
  }
}
