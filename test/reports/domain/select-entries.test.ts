import { describe, expect, test } from 'vitest';
import { fits, member, memberOf } from '../../../functions/reports/domain/select-entries.ts';
import { anEntry } from '../support/entries.ts';

const entry = anEntry(7, 0, {
  correlation_id: 'core.0.1',
  data: { rule: 'R', count: 0, mfa: false, gone: null, list: [1], details: { deep: { word: 'x' } } },
});

describe('a member of an entry', () => {
  test.each([
    ['seq', 7],
    ['time', entry.time],
    ['type', 'finding'],
    ['actor', 'shhh.detection'],
    ['subject', 'agent-7'],
    ['correlation_id', 'core.0.1'],
    ['data.rule', 'R'],
    ['data.details.deep.word', 'x'],
    ['data.list', [1]],
    ['data.gone', null],
    ['data.none', undefined],
    ['data.rule.length', undefined],
    ['data.list.length', undefined],
    ['data.details.none.word', undefined],
    ['data.gone.word', undefined],
  ])('%s is %j', (path, value) => {
    expect(member.parse(path)).toBe(path);
    expect(memberOf(entry, path)).toEqual(value);
  });

  test.each(['', 'data', 'data.', 'hash', 'data.__proto__', 'data.Upper', 'data..rule', 'data.rule '])(
    '%j is none',
    (path) => {
      expect(member.safeParse(path).success).toBe(false);
    },
  );
});

test('a selection fits by its kind and every one of its conditions, without taking one value for another', () => {
  const where = (conditions: Record<string, (string | number | boolean | null)[]>) =>
    fits(entry, { type: ['review', 'finding'], where: conditions });
  expect(fits(entry, { type: ['review'] })).toBe(false);
  expect(where({})).toBe(true);
  expect(where({ 'data.rule': ['Q', 'R'], actor: ['shhh.detection'] })).toBe(true);
  expect(where({ 'data.rule': ['R'], actor: ['eve'] })).toBe(false);
  expect(where({ 'data.count': [false, '0', null] })).toBe(false);
  expect(where({ 'data.mfa': [false], 'data.gone': [null], 'data.count': [0] })).toBe(true);
  expect(where({ 'data.none': [null] })).toBe(false);
});
