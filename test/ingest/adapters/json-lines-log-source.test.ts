import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createJsonLinesLogSource } from '../../../functions/ingest/adapters/json-lines-log-source.ts';
import type { LogSession, Peer } from '../../../functions/ingest/domain/ports.ts';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { logSourceContract } from '../../support/ingest/log-source-contract.ts';

const core = 'cd'.repeat(32);
const never = new AbortController().signal;
const LIMITS = { maxEntries: 1_000, maxBytes: 1_000_000 };

logSourceContract(async () => {
  const root = mkdtempSync(join(tmpdir(), 'shhh-lines-'));
  const file = join(root, 'agent.jsonl');
  writeFileSync(file, '');
  return {
    source: createJsonLinesLogSource(systemClock, root, { pollMs: 10 }),
    peer: { core, driver: 'json-lines', path: 'agent.jsonl' },
    isForkless: true,
    append: async (entries) => appendFileSync(file, entries.map((entry) => `${entry.toString()}\n`).join('')),
    truncate: async (newLength) => {
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, newLength);
      writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    },
    vanish: async () => rmSync(file),
    cleanUp: async () => rmSync(root, { recursive: true, force: true }),
  };
});

class Scene {
  readonly root = mkdtempSync(join(tmpdir(), 'shhh-lines-'));
  readonly file = join(this.root, 'agent.jsonl');

  constructor() {
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
  }

  write(text: string, file = this.file): void {
    appendFileSync(file, text);
  }

  /** Lines as CHORUS writes them, with their position inside. */
  lines(from: number, to: number, file = this.file): void {
    for (let index = from; index < to; index += 1) this.write(`${chorus(index)}\n`, file);
  }

  async open(path = 'agent.jsonl', overrides = {}): Promise<LogSession> {
    const peer: Peer = { core, driver: 'json-lines', path };
    const session = await createJsonLinesLogSource(systemClock, this.root, {
      pollMs: 10,
      ...overrides,
    }).connect(peer, never);
    onTestFinished(() => session.close());
    return session;
  }
}

const chorus = (index: number): string => JSON.stringify({ index, type: 'task_progress', data: {} });

async function shows(session: LogSession, length: number): Promise<void> {
  for (let head = session.head(); head.length !== length; head = session.head())
    await session.changed(head, 100, never);
}

const textsOf = async (session: LogSession, from: number): Promise<string[]> =>
  ((await session.read(from, LIMITS))?.entries ?? []).map((entry) => Buffer.from(entry).toString());

describe('a file of JSON lines', () => {
  test('has its entries at the positions that they say, also once its beginning was deleted', async () => {
    const scene = new Scene();
    scene.lines(5_000, 5_030);
    const session = await scene.open();
    expect(session.head()).toEqual({ fork: 0, length: 5_030 });
    const window = await session.read(0, LIMITS);
    expect(window).toMatchObject({ seqStart: 5_000, seqEnd: 5_030 });
    expect(window?.entries.map(String)[7]).toBe(chorus(5_007));
  });

  test('keeps positions and checkpoints while it is rotated, and when the oldest part is deleted', async () => {
    const scene = new Scene();
    scene.lines(0, 40);
    const session = await scene.open();
    const hash = await session.treeHash(40);
    renameSync(scene.file, `${scene.file}.1`);
    scene.lines(40, 70);
    await shows(session, 70);
    renameSync(`${scene.file}.1`, `${scene.file}.2`);
    renameSync(scene.file, `${scene.file}.1`);
    scene.lines(70, 80);
    await shows(session, 80);
    expect(session.takeTruncation()).toBeUndefined();
    expect(session.head().fork).toBe(0);
    expect(await textsOf(session, 0)).toEqual(Array.from({ length: 80 }, (_, index) => chorus(index)));
    // Another session finds the same, and after the deletion still what it has in common.
    expect(await (await scene.open()).treeHash(40)).toBe(hash);
    const late = await session.treeHash(70);
    rmSync(`${scene.file}.2`);
    const next = await scene.open();
    expect(next.head().length).toBe(80);
    expect(await next.treeHash(70)).toBe(late);
    expect(await next.treeHash(40)).not.toBe(hash);
  });

  test('that is deleted in the rotation before it was read is read to its end all the same', async () => {
    const scene = new Scene();
    scene.lines(0, 20);
    const session = await scene.open();
    rmSync(scene.file);
    scene.lines(20, 25);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await textsOf(session, 0)).toEqual(Array.from({ length: 20 }, (_, index) => chorus(index)));
    await session.release(0, 20);
    while (session.head().fork === 0) await session.changed(session.head(), 100, never);
    expect(await textsOf(session, session.takeTruncation() ?? 0)).toEqual([20, 21, 22, 23, 24].map(chorus));
  });

  test('that is cut and written anew, longer than before, is a rewritten log', async () => {
    const scene = new Scene();
    scene.lines(0, 20);
    const session = await scene.open();
    const hash = await session.treeHash(20);
    writeFileSync(scene.file, '');
    scene.write(`${chorus(0)}\n${chorus(1)}\n`);
    for (let n = 2; n < 30; n += 1) scene.write(`{"index":${String(n)},"other":true}\n`);
    while (session.head().fork === 0 || session.head().length < 30)
      await session.changed(session.head(), 100, never);
    expect(session.takeTruncation()).toBeLessThanOrEqual(2);
    expect(await session.treeHash(20)).not.toBe(hash);
    expect(session.mayLag).toBe(false);
  });

  test('ships a last line without an end once it is whole, and does not count its end as a line', async () => {
    const scene = new Scene();
    scene.write(`{"a":1}\n{"b":`);
    const session = await scene.open('agent.jsonl', { unendedMs: 60 });
    expect(session.head().length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(session.head().length).toBe(1);
    scene.write('2}');
    await shows(session, 2);
    scene.write('\n{"c":3}\n');
    await shows(session, 3);
    expect(await textsOf(session, 0)).toEqual(['{"a":1}', '{"b":2}', '{"c":3}']);
    expect(await textsOf(await scene.open(), 0)).toEqual(['{"a":1}', '{"b":2}', '{"c":3}']);
  });

  test('ships what is no JSON, and cuts a line that is longer than an entry may be', async () => {
    const scene = new Scene();
    scene.write(`not json\n\n${'x'.repeat(25)}\n`);
    const session = await scene.open('agent.jsonl', { maxLineBytes: 10 });
    const texts = await textsOf(session, 0);
    expect(texts[0]).toBe('not json');
    expect(texts.slice(1).join('')).toBe('x'.repeat(25));
  });

  test('does not lead out of the directory of logs, by dots or by links', async () => {
    const scene = new Scene();
    const outside = mkdtempSync(join(tmpdir(), 'shhh-outside-'));
    onTestFinished(() => rmSync(outside, { recursive: true }));
    writeFileSync(join(outside, 'other.jsonl'), '{}\n');
    symlinkSync(join(outside, 'other.jsonl'), join(scene.root, 'link.jsonl'));
    for (const path of [
      `../${outside.split('/').at(-1) ?? ''}/other.jsonl`,
      'link.jsonl',
      join(outside, 'other.jsonl'),
    ])
      await expect(scene.open(path)).rejects.toMatchObject({ reason: 'unreachable' });
  });
});

describe('a directory of JSON lines', () => {
  test('is one log, in the order of the names, which grows at its end', async () => {
    const scene = new Scene();
    const at = (name: string): string => join(scene.root, 'export', name);
    mkdirSync(join(scene.root, 'export'));
    scene.write('{"n":2}\n', at('log-10.jsonl'));
    scene.write('{"n":0}\n{"n":1}', at('log-9.jsonl'));
    scene.write('ignored\n', at('notes.txt'));
    const session = await scene.open('export');
    expect(await textsOf(session, 0)).toEqual(['{"n":0}', '{"n":1}', '{"n":2}']);
    scene.write('{"n":3}\n', at('log-10.jsonl'));
    scene.write('{"n":4}\n', at('log-11.jsonl'));
    await shows(session, 5);
    expect(await textsOf(session, 3)).toEqual(['{"n":3}', '{"n":4}']);
    expect(session.takeTruncation()).toBeUndefined();
  });
});
