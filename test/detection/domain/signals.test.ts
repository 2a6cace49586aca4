import { describe, expect, it } from 'vitest';
import {
  isOrdinaryPassword,
  isOrdinaryToken,
  isPlaceholderToken,
  readsLikeText,
  repeatsItsName,
} from '../../../functions/detection/domain/signals.ts';

describe('a value that ought to be random', () => {
  it('is none when it is one short piece over and over, in any case', () => {
    expect(isOrdinaryToken('abcd1234abcd1234ABCD1234ABCD1234--__extra')).toBe(true);
    expect(isOrdinaryToken(`${'k7'.repeat(3)}Xq9TzmB2VpLw4Yd8HcJ3`)).toBe(false);
  });

  it('is none when it is a UUID of time and machine, unless a rule knows its provider', () => {
    const timed = '743b294a-cd03-11ec-9d64-0242ac120002';
    expect(isOrdinaryToken(timed)).toBe(true);
    expect(isPlaceholderToken(timed)).toBe(false);
    expect(isOrdinaryToken('743b294a-cd03-41ec-9d64-0242ac120002')).toBe(false);
  });
});

describe('a placeholder', () => {
  it('is none where random text holds a short word by chance', () => {
    expect(isOrdinaryPassword('JRhEOWpAP4Fakekb6Evg')).toBe(false);
    expect(isOrdinaryToken('mOck9rT2Xw4KpVq8dUmmY1')).toBe(false);
  });

  it.each([
    'fake-9fK2mXwz4KpVq8rT2',
    'fakepassword123',
    'somefaketoken1',
    'mock_9fK2mXwz4K',
    'todo: 9fK2mXwz',
  ])('is one where the word stands by itself or among words: %s', (value) => {
    expect(isOrdinaryPassword(value)).toBe(true);
  });

  it('is what RFC 7617 shows', () => {
    expect(isOrdinaryPassword('open sesame')).toBe(true);
  });

  it('is what has the form of a UUID, but letters that none has', () => {
    expect(isOrdinaryToken('px-api-a1b2c3d4-e5f6-g7h8-i8j0-k0l3m3n4o0p5')).toBe(true);
    expect(isOrdinaryToken('px-api-743b294a-cd03-41ec-9d64-0242ac120002')).toBe(false);
  });
});

describe('the name of something in code', () => {
  it.each([
    'RSA_2048',
    'SASL_SCRAM_512_AUTH',
    'X-Amz-S3session-Token',
    's3_disable_express_session_auth',
    '0x8C2F',
  ])('is neither a token nor a password: %s', (value) => {
    expect(isOrdinaryToken(value)).toBe(true);
    expect(isOrdinaryPassword(value)).toBe(true);
  });

  it('is repeated by a member of an enumeration, in any spelling', () => {
    expect(repeatsItsName('PassThrough', 'PASS_THROUGH = "')).toBe(true);
    expect(repeatsItsName('x-aws-metadata-token', 'const X_AWS_METADATA_TOKEN = "')).toBe(true);
    expect(repeatsItsName('nettle_ccm_aes128_set_key', '#define ccm_aes128_set_key ')).toBe(true);
    expect(repeatsItsName('hunter22', 'password = "')).toBe(false);
  });
});

describe('a token of a known format', () => {
  it('is a path of words, but not where the path holds a number', () => {
    expect(readsLikeText('latest/UserGuide/resource-gateway-apikey')).toBe(true);
    expect(readsLikeText('hooks/catch/99999999/notalive')).toBe(false);
  });

  it('is doubted sooner where only its surroundings name it', () => {
    expect(readsLikeText('apiKeySecretSource')).toBe(false);
    expect(readsLikeText('apiKeySecretSource', false)).toBe(true);
  });
});

describe('a password', () => {
  it.each([
    'the password goes elsewhere',
    'busybox@',
    'ada@acme.net',
    '2016-09-08T21:47:36Z',
    'read_from_file',
    '${PASSWORD}',
  ])('is none: %s', (value) => {
    expect(isOrdinaryPassword(value)).toBe(true);
  });

  it.each(['greyheron', 'Tr0ub4dor&3x', 'grey heron 7', 'open_window'])('may be one: %s', (value) => {
    expect(isOrdinaryPassword(value)).toBe(false);
  });
});

describe('a hostile value', () => {
  // Each of these took a regex that could take it apart in many ways longer than anybody waits.
  const words = 'abcdefgh-'.repeat(1500);
  it.each([
    ['words that end in what no name does', `${words}!`],
    ['capitals that end so', `${words.toUpperCase().replaceAll('-', '_')}!`],
    ['your over and over', 'your_'.repeat(3000)],
    ['commands that never close', '$('.repeat(8000)],
    ['numbers between words', 'ab12-'.repeat(3000)],
  ])('is judged in a time that grows with its length: %s', (_, value) => {
    expect([isOrdinaryToken(value), isOrdinaryPassword(value)]).toHaveLength(2);
    expect(repeatsItsName('x9fK2mXwz4Kp', value)).toBe(false);
  });

  it('is a placeholder wherever it says so after all', () => {
    expect(isOrdinaryToken('of_your_yourself-your_9_key9x')).toBe(true);
    expect(isOrdinaryToken('x9f$(x9f$(mXwz4Kp)')).toBe(true);
  });
});
