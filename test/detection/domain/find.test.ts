import { describe, expect, it } from 'vitest';
import { findDisguised, prefixKey, type Prefixes } from '../../../functions/detection/domain/views/find.ts';

const prefixes: Prefixes = new Map(
  ['test_', 'API-', 'sk_live_'].map((prefix) => {
    const bytes = Buffer.from(prefix);
    return [prefixKey(bytes, 0), [bytes]] as const;
  }),
);
const find = (bytes: Buffer) =>
  findDisguised({ bytes, starts: [0], ends: [bytes.length - 1] }, prefixes, undefined);
/** A byte that is in no text stands after it. */
const bytesOf = (text: string): Buffer => Buffer.concat([Buffer.from(text), Buffer.of(0xff)]);
const separated = (text: string) => find(bytesOf(text)).filter(({ disguise }) => disguise === 'separators');

describe('separators', () => {
  it.each([
    'AKIA-Q7RT-2MXW-Z4KP-VQ8R',
    'key: A K I A Q 7 R T 2 M X W Z 4 K P V Q 8 R',
    'pass = Z2hw-X3lL-dUhU-cVlZ-QT09==',
    'AIza Synl _Zhe VXss HMcp ANrR YCDY uh-L Yirz lqy',
    'a.b.c.d.1.2.3.4.e.f.g.h.5.6.7.8',
  ])('are seen at equal steps in what looks random: %s', (text) => {
    expect(separated(text)).not.toEqual([]);
  });

  it.each([
    ['names with a value', 'STRIPE_SECRET_KEY=sk_live_9fK2mXwz4KpVq8rT2aLdQ7Rt2'],
    ['a uuid', 'id 0b1c2d3e-4f5a-6b7c-8d9e-0f1a2b3c4d5e'],
    ['a uuid in a key', 'pat-na1-0b1c2d3e-4f5a-6b7c-8d9e-0f1a2b3c4d5e'],
    ['two of them', '0b1c2d3e-4f5a-6b7c-8d9e-0f1a2b3c4d5e-0b1c2d3e-4f5a-6b7c-8d9e-0f1a2b3c4d5e'],
    ['words', 'well-known-text-with-four-long-rows'],
  ])('are none in %s', (_, text) => {
    expect(separated(text)).toEqual([]);
  });
});

/** What these texts take at present is up to 7. */
const MOST_LOOKS = 12;

describe('the bytes that are looked at', () => {
  function looksAt(text: string): number {
    const bytes = bytesOf(text);
    let looks = 0;
    const counting = new Proxy(bytes, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    find(counting);
    return looks;
  }

  it.each([
    'KEY=TEST_q1E6U4L41SHIPENGINE_',
    'KEY=api-BKWEZEOCTOPUS_',
    'SK_live_',
    'a-',
    'a b ',
    'ab_12_cd_',
    'eyJhbGciOiJIUzI1NiJ9.',
    '0b1c2d3e-4f5a-',
    '%41&#65;\\u0041',
    '+ "',
    '\u200bа',
    '4141',
    'QUFB',
  ])('are some for each byte of the text, however long it is: %j', (piece) => {
    const short = piece.repeat(Math.ceil(4_000 / piece.length));
    const perByte = looksAt(short) / Buffer.byteLength(short);
    expect(perByte).toBeLessThan(MOST_LOOKS);
    expect(looksAt(short.repeat(6)) / Buffer.byteLength(short) / 6).toBeLessThan(1.5 * perByte + 1);
  });
});
