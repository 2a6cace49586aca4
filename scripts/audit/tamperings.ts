/** Every way to tamper with a log that its verifiers are asked about. */
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeBundle, encodeBundle } from '../../functions/kernel/tlog/tiles.ts';
import { writeSyntheticLog, type SyntheticLog } from './synthetic-log.ts';

/** A log that was tampered with, to be asked about and then deleted. */
export interface Tampered {
  readonly kind: string;
  readonly directory: string;
}

/** The honest log: batches of {@link BATCH}, so that it has partial tiles of many sizes. */
export interface Honest extends SyntheticLog {
  /** Numbers from 0 up to, and without, 1: the same ones in every run. */
  readonly random: () => number;
}

export const BATCH = 200;
const BYTES_OF_EACH = 25;

/** A copy whose files are the same ones on disk, until one is replaced. */
async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    else await link(source, target);
  }
}

async function replace(file: string, bytes: Uint8Array | string): Promise<void> {
  await rm(file, { force: true });
  await writeFile(file, bytes);
}

const digits = (size: number): string => String(size).padStart(16, '0');

type Change = (directory: string) => Promise<void>;

/** Makes one tampered log after the other. */
export async function* tamperings(honest: Honest, below: string): AsyncGenerator<Tampered> {
  for (const [kind, change] of changes(honest)) {
    const directory = path.join(below, 'tampered');
    await rm(directory, { recursive: true, force: true });
    await linkTree(honest.directory, directory);
    await change(directory);
    yield { kind, directory };
    await rm(directory, { recursive: true, force: true });
  }
}

function* changes(honest: Honest): Generator<readonly [kind: string, change: Change]> {
  const { entries, random } = honest;
  const last = Math.floor(entries / 256);
  const width = entries % 256;
  const pick = (count: number): number => Math.floor(random() * count);
  const flip =
    (object: () => string, from = 0, to = Infinity): Change =>
    async (directory) => {
      const file = path.join(directory, object());
      const bytes = await readFile(file);
      const at = from + pick(Math.min(to, bytes.length) - from);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(8));
      await replace(file, bytes);
    };
  const entriesOf =
    (change: (list: Uint8Array[], at: number) => void): Change =>
    async (directory) => {
      const file = path.join(directory, `tile/entries/${String(pick(last)).padStart(3, '0')}`);
      const read = decodeBundle(await readFile(file));
      const list = read.ok ? [...read.value] : [];
      change(list, pick(list.length - 1));
      await replace(file, encodeBundle(list));
    };
  const number = (count: number): string => String(pick(count)).padStart(3, '0');
  const upper = entries >= 65_536 ? 'tile/1/001' : 'tile/1/000';
  const upperWidth = Math.floor(entries / 256) % 256;

  for (let at = 0; at < BYTES_OF_EACH; at += 1) {
    yield ["a byte of the checkpoint's text", flip(() => 'checkpoint', 0, 60)];
    yield ['a byte of its Ed25519 signature', flipInSignature(0, random)];
    yield ['a byte of its ECDSA signature', flipInSignature(1, random)];
    yield ['a byte of a tile', flip(() => `tile/0/${number(last)}`)];
    yield ['a byte of a partial tile', flip(() => `tile/0/${String(last).padStart(3, '0')}.p/${width}`)];
    yield ['a byte of a tile above', flip(() => `${upper}.p/${upperWidth}`)];
    yield ['a byte of a bundle', flip(() => `tile/entries/${number(last)}`)];
    yield [
      'a byte of a partial bundle',
      flip(() => `tile/entries/${String(last).padStart(3, '0')}.p/${width}`),
    ];
  }
  // The partial objects of an earlier size, of which a checkpoint is kept: asked about as they were when it was the latest.
  for (let at = 0; at < BYTES_OF_EACH; at += 1)
    for (const object of ['tile/0', 'tile/entries'])
      yield [
        'a byte of a partial object of an earlier size',
        async (directory) => {
          const size = BATCH * (1 + pick(Math.floor(entries / BATCH) - 1));
          if (size % 256 === 0) return flip(() => `${object}/${number(last)}`)(directory);
          const index = String(Math.floor(size / 256)).padStart(3, '0');
          await flip(() => `${object}/${index}.p/${size % 256}`)(directory);
          await replace(
            path.join(directory, 'checkpoint'),
            await readFile(path.join(directory, `checkpoints/${digits(size)}`)),
          );
          await dropKeptAfter(directory, size);
        },
      ];
  for (let at = 0; at < 5; at += 1) {
    yield ['an entry dropped', entriesOf((list, index) => list.splice(index, 1))];
    yield ['an entry inserted', entriesOf((list, index) => list.splice(index, 0, Buffer.from('{}')))];
    yield [
      'an entry doubled',
      entriesOf((list, index) => list.splice(index, 1, list[index + 1] ?? Buffer.alloc(0))),
    ];
    yield [
      'two entries swapped',
      entriesOf((list, index) =>
        list.splice(index, 2, list[index + 1] ?? Buffer.alloc(0), list[index] ?? Buffer.alloc(0)),
      ),
    ];
    yield ['an object missing', (directory) => rm(path.join(directory, `tile/0/${number(last)}`))];
    yield [
      'rolled back to an earlier checkpoint',
      async (directory) => {
        const size = BATCH * (1 + pick(Math.floor(entries / BATCH) - 1));
        await replace(
          path.join(directory, 'checkpoint'),
          await readFile(path.join(directory, `checkpoints/${digits(size)}`)),
        );
      },
    ];
  }
  yield [
    'another history under the same keys, beside one checkpoint that was kept',
    async (directory) => {
      const kept = await readFile(path.join(directory, `checkpoints/${digits(BATCH)}`));
      await rm(directory, { recursive: true });
      await writeSyntheticLog({ ...honest, directory, agent: 'somebody' });
      await replace(path.join(directory, `checkpoints/${digits(BATCH)}`), kept);
    },
  ];
}

function flipInSignature(line: number, random: () => number): Change {
  return async (directory) => {
    const file = path.join(directory, 'checkpoint');
    const lines = (await readFile(file, 'utf8')).split('\n');
    const at = 4 + line;
    const [dash = '', name = '', encoded = ''] = (lines[at] ?? '').split(' ');
    const bytes = Buffer.from(encoded, 'base64');
    const index = 4 + Math.floor(random() * (bytes.length - 4));
    bytes[index] = (bytes[index] ?? 0) ^ (1 << Math.floor(random() * 8));
    lines[at] = [dash, name, bytes.toString('base64')].join(' ');
    await replace(file, lines.join('\n'));
  };
}

async function dropKeptAfter(directory: string, size: number): Promise<void> {
  for (const name of await readdir(path.join(directory, 'checkpoints')))
    if (Number(name) > size) await rm(path.join(directory, 'checkpoints', name));
}
