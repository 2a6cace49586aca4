/** A hypercore's storage as it is at this moment, beside the process that writes it: no lock is taken, nothing is written. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Hypercore from 'hypercore';
import HypercoreStorage from 'hypercore-storage';
import { Trouble } from '../domain/ports.ts';

export interface Snapshot {
  readonly core: Hypercore;
  close(): Promise<void>;
}

export async function openSnapshot(directory: string, key: string): Promise<Snapshot> {
  const storage = new HypercoreStorage(directory, { readOnly: true });
  const core = new Hypercore(storage, Buffer.from(key, 'hex'), { writable: false, createIfMissing: false });
  const close = async (): Promise<void> => {
    await core.close().catch(() => undefined);
    await storage.close().catch(() => undefined);
  };
  try {
    await core.ready();
    // Who replicates from it makes it note down how much they have, which a storage opened for reading refuses.
    core.core.flushHints = () => Promise.resolve();
    return { core, close };
  } catch (error) {
    await close();
    if (error instanceof Error && 'code' in error && error.code === 'STORAGE_EMPTY')
      throw new Trouble('silent', 'The storage holds no log of this key.');
    throw new Trouble('unreachable', 'The storage cannot be opened for reading.');
  }
}

/** Public keys, in hex, of every log in a storage. @throws Trouble `unreachable` when it cannot be opened */
export async function keysIn(directory: string): Promise<string[]> {
  const storage = new HypercoreStorage(directory, { readOnly: true });
  try {
    await storage.ready();
    const keys: string[] = [];
    for await (const { discoveryKey } of storage.createCoreStream()) {
      const auth = await storage.getAuth(discoveryKey);
      if (auth !== null) keys.push(auth.key.toString('hex'));
    }
    return keys;
  } catch {
    throw new Trouble('unreachable', 'The storage cannot be opened for reading.');
  } finally {
    await storage.close().catch(() => undefined);
  }
}

/** Names, sizes and times of the store's files, in one string. @throws Trouble `unreachable` when there are none */
export function filesOf(directory: string): string {
  const db = join(directory, 'db');
  try {
    return readdirSync(db)
      .sort()
      .flatMap((name) => {
        // A file may go between the two looks; the next look tells.
        const stat = statSync(join(db, name), { throwIfNoEntry: false });
        // What RocksDB says about itself is no change of the log.
        return stat === undefined || name.startsWith('LOG') ? [] : [`${name}:${stat.size}:${stat.mtimeMs}`];
      })
      .join(' ');
  } catch {
    throw new Trouble('unreachable', 'There is no storage of a hypercore in this directory.');
  }
}
