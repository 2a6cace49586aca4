import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretSearch } from '../secret-search.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/_-"\\\n ';
const secretText = fc
  .array(fc.constantFrom(...Array.from(alphabet)), { minLength: 24, maxLength: 80 })
  .map((characters) => characters.join(''));

const writers: Record<string, (text: string) => string> = {
  plain: (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  hex: (text) => Buffer.from(text).toString('hex'),
  'upper-case hex': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  percent: (text) => encodeURIComponent(text),
  JSON: (text) => JSON.stringify({ text }),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify({ text })),
};

describe('the search for secrets at rest', () => {
  it.each(Object.keys(writers))('finds a secret written as %s, anywhere in a text', (name) => {
    fc.assert(
      fc.property(secretText, fc.string(), fc.string(), (secret, before, after) => {
        const search = new SecretSearch([{ type: 't', secret }]);
        const text = writers[name]?.(`${before}${secret}${after}`) ?? '';
        expect(search.in('here', text)).not.toEqual([]);
      }),
    );
  });

  it('finds a piece of a secret that a bad mask left standing', () => {
    const secret = 'kJ8sQz0pLmX4vBn7Rt2Yw9Ac';
    const search = new SecretSearch([{ type: 't', secret }]);
    expect(search.in('here', `${secret.slice(0, 18)}******`)).not.toEqual([]);
  });

  it('is content with a mask that keeps four characters of either end', () => {
    const secret = 'kJ8sQz0pLmX4vBn7Rt2Yw9Ac';
    const search = new SecretSearch([{ type: 't', secret }]);
    expect(search.in('here', `key=${secret.slice(0, 4)}****${secret.slice(-4)}`)).toEqual([]);
  });

  it('says where and what, and never the secret', () => {
    const secret = 'kJ8sQz0pLmX4vBn7Rt2Yw9Ac';
    const exposures = new SecretSearch([{ type: 'token', secret }]).in('table Findings', secret);
    expect(exposures[0]).toEqual({ where: 'table Findings', secretType: 'token', encoding: 'plain' });
    expect(JSON.stringify(exposures)).not.toContain(secret.slice(4, 16));
  });
});
