import Hypercore from 'hypercore';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  createGuard,
  guardByteStream,
  guardCore,
  guardObjectStream,
  guardSend,
  jsonEncoding,
  MessageBlocked,
  textEncoding,
  type CheckResult,
} from '../../../functions/detection/guard/index.ts';
import type { AppendableCore } from '../../../functions/detection/guard/hypercore.ts';
import { createLeak } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';

const random = createRandom(5);
const leak = (): string => createLeak('github-pat', random).text;
const blocking = createGuard();
const redacting = createGuard({ policy: { HIGH: 'redact', CRITICAL: 'redact' } });

describe('a guarded Hypercore', () => {
  /** Of hypercore 11, what these tests need beyond what the shipper uses. */
  interface AnyCore extends AppendableCore {
    readonly length: number;
    ready(): Promise<void>;
    get(index: number): Promise<unknown>;
    session(): AnyCore;
    close(): Promise<void>;
  }
  const openCore = (storage: string, options?: object): AnyCore =>
    new (Hypercore as unknown as new (storage: string, options?: object) => AnyCore)(storage, options);
  let directory: string;
  let core: AnyCore;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'shhh-guarded-core-'));
  });
  let number = 0;
  beforeEach(async () => {
    core = openCore(path.join(directory, String(number++)));
    await core.ready();
  });
  afterEach(() => core.close());
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const blocks = async (): Promise<string[]> =>
    Promise.all(Array.from({ length: core.length }, async (_, index) => String(await core.get(index))));

  it('appends what holds no secret as it is, one block and a batch', async () => {
    guardCore(core, blocking);
    await core.append(Buffer.from('one'));
    await core.append([Buffer.from('two'), Buffer.from([0xff, 0x00])]);
    expect(await blocks()).toEqual(['one', 'two', '\ufffd\u0000']);
  });

  it('appends nothing of a batch in which one block is blocked, and tells the sender', async () => {
    guardCore(core, blocking, () => ({ agent: 'writer-1' }));
    const secret = leak();
    const refused = await core
      .append([Buffer.from('fine'), Buffer.from(`token ${secret}`)])
      .catch((e: unknown) => e);
    expect(refused).toBeInstanceOf(MessageBlocked);
    expect(core.length).toBe(0);
    expect(String(refused)).not.toContain(secret);
    expect((refused as MessageBlocked).result.findings[0]).toMatchObject({
      agent: 'writer-1',
      stage: 'blocked-before-send',
    });
  });

  it('appends the redacted block where the policy redacts', async () => {
    guardCore(core, redacting);
    const secret = leak();
    await core.append(Buffer.from(`token ${secret}`));
    const [block] = await blocks();
    expect(block).toContain('SHHH removed a credential here');
    expect(block).not.toContain(secret);
  });

  it('guards the sessions opened from it, and leaves when it is taken away', async () => {
    const unguard = guardCore(core, blocking);
    const session = core.session();
    await session.ready();
    await expect(session.append(Buffer.from(leak()))).rejects.toThrow(/did not send/);
    await session.close();
    unguard();
    await core.append(Buffer.from(leak()));
    expect(core.length).toBe(1);
  });

  it.each(['json', 'utf-8'] as const)(
    'looks at the very bytes of a block encoded as %s',
    async (valueEncoding) => {
      const encoded = openCore(path.join(directory, String(number++)), { valueEncoding });
      await encoded.ready();
      guardCore(encoded, redacting);
      const secret = leak();
      const value = valueEncoding === 'json' ? { note: `token ${secret}` } : `token ${secret}`;
      await encoded.append(value);
      const kept = await encoded.get(0);
      expect(JSON.stringify(kept)).toContain('SHHH removed a credential here');
      expect(JSON.stringify(kept)).not.toContain(secret);
      await encoded.close();
    },
  );

  it('blocks a redaction that the encoding cannot carry, such as text behind its length', async () => {
    const prefixed = openCore(path.join(directory, String(number++)), {
      valueEncoding: {
        preencode: (state: { end: number }, value: string) =>
          void (state.end += 2 + Buffer.byteLength(value)),
        encode: (state: { start: number; buffer: Buffer }, value: string) => {
          state.buffer.writeUInt16LE(Buffer.byteLength(value), state.start);
          state.start += 2 + state.buffer.write(value, state.start + 2);
        },
        decode: (state: { start: number; buffer: Buffer }) => {
          const length = state.buffer.readUInt16LE(state.start);
          return state.buffer.toString('utf8', state.start + 2, (state.start += 2 + length));
        },
      },
    });
    await prefixed.ready();
    guardCore(prefixed, redacting);
    await expect(prefixed.append(`token ${leak()}`)).rejects.toThrow(/did not send this message/);
    expect(prefixed.length).toBe(0);
    await prefixed.close();
  });
});

describe('a guarded stream of objects', () => {
  const encoding = jsonEncoding((value) => z.object({ note: z.string() }).parse(value));
  const run = async (
    objects: object[],
    options: Parameters<typeof guardObjectStream<{ note: string }>>[1],
    guard = blocking,
  ) => {
    const out: unknown[] = [];
    await pipeline(
      Readable.from(objects),
      guardObjectStream(guard, options),
      new Writable({
        objectMode: true,
        write: (chunk, _, done) => {
          out.push(chunk);
          done();
        },
      }),
    );
    return out;
  };

  it('ends at the first blocked message by default', async () => {
    await expect(run([{ note: 'fine' }, { note: leak() }], { encoding })).rejects.toBeInstanceOf(
      MessageBlocked,
    );
  });

  it('drops blocked messages where it is told to, and goes on', async () => {
    const stopped: CheckResult[] = [];
    const out = await run([{ note: 'a' }, { note: leak() }, { note: 'b' }], {
      encoding,
      whenBlocked: 'drop',
      onStopped: (each) => stopped.push(each),
    });
    expect(out).toEqual([{ note: 'a' }, { note: 'b' }]);
    expect(stopped.map(({ verdict }) => verdict)).toEqual(['block']);
  });

  it('hands on redacted objects', async () => {
    const [out] = await run([{ note: `token ${leak()}` }], { encoding }, redacting);
    expect(JSON.stringify(out)).toContain('SHHH removed a credential here');
  });
});

describe('a guarded stream of bytes', () => {
  const run = async (
    chunks: (string | Buffer)[],
    options: Parameters<typeof guardByteStream>[1] = {},
    guard = blocking,
  ) => {
    const out: Buffer[] = [];
    await pipeline(
      Readable.from(chunks, { objectMode: false }),
      guardByteStream(guard, options),
      new Writable({
        write: (chunk: Buffer, _, done) => {
          out.push(chunk);
          done();
        },
      }),
    );
    return Buffer.concat(out).toString('utf8');
  };

  it('hands lines on as they came, wherever the chunks break', async () => {
    const text = 'one\r\n\nthree — ünïcode\nno newline at the end';
    const bytes = Buffer.from(text);
    for (const size of [1, 2, 3, 7, 100]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      expect(await run(chunks)).toBe(text);
    }
  });

  it('finds a secret that is spread over chunks, and sends nothing of its line', async () => {
    const secret = leak();
    const out: Buffer[] = [];
    const stream = guardByteStream(blocking);
    stream.on('data', (chunk: Buffer) => out.push(chunk));
    const ended = new Promise((resolve) => stream.on('error', resolve));
    for (const char of `fine\ntoken ${secret}\n`) stream.write(char);
    expect(await ended).toBeInstanceOf(MessageBlocked);
    expect(Buffer.concat(out).toString()).toBe('fine\n');
  });

  it('drops blocked lines where it is told to', async () => {
    expect(await run([`a\n${leak()}\nb\n`], { whenBlocked: 'drop' })).toBe('a\nb\n');
  });

  it('refuses a line that is longer than it may hold', async () => {
    await expect(run(['x'.repeat(60), 'y'.repeat(60)], { maxLineBytes: 100 })).rejects.toThrow(
      /longer than 100 bytes/,
    );
  });
});

describe('a guarded send', () => {
  it('calls send with what may be sent, or not at all', async () => {
    const sent: [string, number][] = [];
    const send = async (message: string, channel: number) => sent.push([message, channel]);
    const secret = leak();
    const strict = guardSend(blocking, send, textEncoding, (_message, channel) => ({
      agent: `channel-${channel}`,
    }));
    await strict('hello', 1);
    const refused = await strict(`token ${secret}`, 2).catch((e: unknown) => e);
    expect(refused).toBeInstanceOf(MessageBlocked);
    expect((refused as MessageBlocked).result.findings[0]?.agent).toBe('channel-2');
    await guardSend(redacting, send, textEncoding)(`token ${secret}`, 3);
    expect(sent.map(([, channel]) => channel)).toEqual([1, 3]);
    expect(sent[0]).toEqual(['hello', 1]);
    expect(sent[1]?.[0]).not.toContain(secret);
  });
});
