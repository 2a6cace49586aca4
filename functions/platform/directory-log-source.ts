import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { KeptCheckpoints, LogSource } from '../kernel/tlog/log-source.ts';
import { parsePath } from '../kernel/tlog/tiles.ts';

/** A log in a directory: a copy of its bucket. */
export function createDirectorySource(root: string): LogSource & KeptCheckpoints {
  return {
    async read(object) {
      try {
        return await readFile(path.join(root, object));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async *list() {
      yield* walk(root, '');
    },
    async keptFrom(size) {
      let next: number | undefined;
      for (const name of await readdir(path.join(root, 'checkpoints'))) {
        const object = parsePath(`checkpoints/${name}`);
        if (object?.kind === 'kept' && object.size >= size && object.size < (next ?? Infinity))
          next = object.size;
      }
      return next;
    },
  };
}

// One directory at a time: tiles lie in directories of a thousand.
async function* walk(root: string, below: string): AsyncGenerator<string> {
  for (const entry of await readdir(path.join(root, below), { withFileTypes: true })) {
    const object = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, object);
    else yield object;
  }
}

/** Whether a failure of the file system says that there is nothing. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
