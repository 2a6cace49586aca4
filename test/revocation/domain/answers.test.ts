import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { at, holds, readJson } from '../../../functions/kernel/answers.ts';
import { findEntry } from '../../../functions/revocation/domain/answers.ts';

const plain = (text: string) => text;

describe('a place in an answer', () => {
  test('is found by its pointer, escaped characters included', () => {
    const json = readJson('{"a":[{"b/c":{"~":1}}]}');
    expect(at(json, '/a/0/b~1c/~0')).toBe(1);
  });

  test('is nothing where it is inherited, not there, or the body is no JSON', () => {
    expect(at({}, '/constructor')).toBeUndefined();
    expect(at({ a: null }, '/a/b')).toBeUndefined();
    expect(at(readJson('<html>'), '/a')).toBeUndefined();
  });

  test('can be asked of any body without a fault', () => {
    fc.assert(
      fc.property(fc.anything(), fc.array(fc.string()), (value, keys) => {
        at(value, keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
      }),
    );
  });
});

describe('a condition', () => {
  test('that something is absent does not hold where nothing can be read', () => {
    const condition = { status: [200], lacks: ['/revokedAt'] };
    expect(holds(condition, { status: 200, body: '<html>', json: undefined })).toBe(false);
    expect(holds(condition, { status: 200, body: '{}', json: {} })).toBe(true);
    expect(holds(condition, { status: 200, body: '', json: { revokedAt: 'now' } })).toBe(false);
  });
});

describe('a key of which a list shows both ends', () => {
  const hint = { at: '/hint', sharedPrefix: 'sk-', sharedSuffix: '', shown: 6 };
  const secret = 'sk-abcdefghijklmnop';
  const find = (...hints: readonly string[]) =>
    findEntry(
      { at: '/data', hint },
      hints.map((one) => ({ hint: one })),
      secret,
      plain,
    ).outcome;

  test('is found where enough of it is shown', () => {
    expect(find('sk-abc...nop', 'sk-xyz...nop')).toBe('one');
  });

  test('is never taken by its beginning alone', () => {
    expect(find('sk-abcdefghij')).toBe('none');
    expect(find('sk-abcd...')).toBe('unsure');
  });

  test('is unclear where too little is shown, or two fit', () => {
    expect(find('sk-ab...op')).toBe('unsure');
    expect(find('sk-abc...nop', 'sk-abcd...op')).toBe('unsure');
  });

  test('is not there where one end differs', () => {
    expect(find('sk-abc...noq', 'sk-abd...nop', '')).toBe('none');
  });

  test('is never found by a hint that another key was made of', () => {
    const key = fc.stringMatching(/^sk-[a-z]{16}$/);
    fc.assert(
      fc.property(
        key,
        key,
        fc.integer({ min: 3, max: 8 }),
        fc.integer({ min: 1, max: 6 }),
        (one, other, head, tail) => {
          const shown = `${other.slice(0, head)}...${other.slice(-tail)}`;
          const found = findEntry({ at: '/data', hint }, [{ hint: shown }], one, plain);
          const looksAlike =
            one.slice(0, head) === other.slice(0, head) && one.slice(-tail) === other.slice(-tail);
          if (!looksAlike) expect(found.outcome).toBe('none');
        },
      ),
    );
  });
});
