import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES } from '../../../functions/contracts/ingest.ts';
import { readMessages } from '../../../functions/detection/adapters/entry-messages.ts';
import { batchOf, messageOf, sqsEvent } from '../support/batches.ts';

const compressed = (content: Buffer, bytes = content.length): string =>
  JSON.stringify({
    version: 2,
    compression: 'br',
    bytes,
    data: brotliCompressSync(content).toString('base64'),
  });
const read = (body: string) => readMessages(sqsEvent(body))[0]?.batches;

describe('the reader of queue messages', () => {
  const batch = batchOf(['an entry that is long enough'.repeat(30), 'another']);

  it('reads the same from a message whether it is compressed or not', () => {
    const expected = { ok: true, value: [batch] };
    expect(read(messageOf(batch))).toEqual(expected);
    expect(read(compressed(Buffer.from(messageOf(batch))))).toEqual(expected);
  });

  it('unpacks no more than a message may hold, whatever is in it', () => {
    const bomb = Buffer.alloc(8 * 1024 * 1024, ' ');
    // It lies about its size, or says it.
    for (const bytes of [MAX_MESSAGE_BYTES, bomb.length]) {
      const body = compressed(bomb, bytes);
      expect(read(body)).toMatchObject({ ok: false });
    }
  });

  it.each([
    ['data that is no Brotli', JSON.stringify({ version: 2, compression: 'br', bytes: 9, data: 'AAAA' })],
    ['data that is no base64', JSON.stringify({ version: 2, compression: 'br', bytes: 9, data: '***' })],
    ['another compression', JSON.stringify({ version: 2, compression: 'gzip', bytes: 9, data: 'AAAA' })],
    ['content that is no JSON', compressed(Buffer.from('not json'))],
    ['content of another shape', compressed(Buffer.from('{"version":2,"batches":[]}'))],
  ])('refuses %s', (_, body) => {
    expect(read(body)).toMatchObject({ ok: false });
  });
});
