import { describe, expect, test } from 'vitest';
import { mismatchesOf } from '../../scripts/verify/compare.ts';

const properties = (asked: unknown, found: unknown) =>
  mismatchesOf(asked, found).map(({ property }) => property);

describe('comparing what was asked with what was found', () => {
  test('takes what was not asked for as no mismatch', () => {
    expect(properties({ a: 1 }, { a: 1, b: 2 })).toEqual([]);
    expect(properties({}, { a: 1 })).toEqual([]);
  });

  test('names each property that differs by its path', () => {
    expect(properties({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: 1, c: 9 }, d: 4 })).toEqual(['a.c', 'd']);
  });

  test('tells what is missing, wherever it is missing', () => {
    for (const found of [{}, { a: undefined }, { a: null }]) {
      expect(properties({ a: 1 }, found)).toEqual(['a']);
      expect(properties({ a: [1] }, found)).toEqual(['a']);
      expect(properties({ a: { b: 1 } }, found)).toEqual(['a']);
    }
  });

  test('takes numbers and booleans written as text for what they are', () => {
    expect(properties({ a: 60, b: true, c: '5' }, { a: '60', b: 'true', c: 5 })).toEqual([]);
    expect(properties({ a: false }, { a: '' })).toEqual(['a']);
    expect(properties({ a: 0 }, { a: false })).toEqual(['a']);
  });

  test('takes a list of one for its only element', () => {
    expect(properties({ Action: 's3:Get' }, { Action: ['s3:Get'] })).toEqual([]);
    expect(properties({ Action: ['s3:Get'] }, { Action: 's3:Get' })).toEqual([]);
    expect(properties({ Action: 's3:Get' }, { Action: ['s3:Get', 's3:Put'] })).toEqual(['Action']);
  });

  test('does not mind the order of a list, but each element and their number', () => {
    expect(properties({ a: [{ k: 1 }, { k: 2 }] }, { a: [{ k: 2, more: true }, { k: 1 }] })).toEqual([]);
    expect(properties({ a: [1, 1] }, { a: [1, 2] })).toEqual(['a']);
    expect(properties({ a: [1] }, { a: [1, 1] })).toEqual(['a']);
    expect(properties({ a: [] }, { a: [1] })).toEqual(['a']);
  });
});
