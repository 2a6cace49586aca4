import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { occurrences } from '../../../functions/detection/domain/occurrences.ts';

/** Few letters, so that secrets overlap, repeat and hold one another. */
const text = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength, maxLength });

function oneByOne(secret: string, texts: readonly Buffer[]) {
  const sought = Buffer.from(secret);
  return texts.flatMap((bytes, index) => {
    const found = [];
    for (let at = bytes.indexOf(sought); at >= 0; at = bytes.indexOf(sought, at + sought.length))
      found.push({ text: index, from: at, to: at + sought.length });
    return found;
  });
}

describe('occurrences of many secrets', () => {
  it('are those that a search for each of them gives', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(text(6, 12), { minLength: 1, maxLength: 6 }),
        fc.array(text(0, 80), { maxLength: 4 }),
        (secrets, texts) => {
          const bodies = [...texts, secrets.join('b')].map((one) => Buffer.from(one));
          const found = occurrences(secrets, bodies);
          for (const secret of secrets) expect(found.get(secret) ?? []).toEqual(oneByOne(secret, bodies));
        },
      ),
    );
  });

  it('take few comparisons where many secrets are alike in the middle', () => {
    const secrets = Array.from({ length: 400 }, (_, index) => {
      const digits = String(index).padStart(8, '0');
      return `${digits}-e84c-1fe7-f526-${digits}`;
    });
    const body = Buffer.from(secrets.join(' '));
    let looks = 0;
    const counting = new Proxy(body, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1;
        return Reflect.get(target, key, target) as unknown;
      },
    });
    const found = occurrences(secrets, [counting]);
    for (const secret of secrets) expect(found.get(secret)).toEqual(oneByOne(secret, [body]));
    expect(looks).toBeLessThan(10 * body.length);
  });

  it('are not looked for where a secret is so short that chance would give them', () => {
    expect(occurrences(['abcde'], [Buffer.from('abcde abcde')]).size).toBe(0);
  });
});
