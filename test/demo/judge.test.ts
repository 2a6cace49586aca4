import { describe, expect, it } from 'vitest';
import { judge } from '../../scripts/demo/judge.ts';
import { percentile } from '../../scripts/demo/percentile.ts';
import { table } from '../../scripts/demo/table.ts';

const at = (position: number) => ({ core: 'c', fork: 0, position });
const leak = (seq: number, secret: string) => ({ core: 'c', fork: 0, seq, secret });

describe('judge', () => {
  it('pairs each leak with the finding in its entry that has its ends', () => {
    const first = { ...at(3), redactedKey: 'abcd****wxyz' };
    const second = { ...at(3), redactedKey: 'efgh****stuv' };
    const verdict = judge([leak(3, 'efgh0123stuv'), leak(3, 'abcd0123wxyz')], [first, second]);
    expect(verdict.caught.map(({ finding }) => finding)).toEqual([second, first]);
    expect(verdict).toMatchObject({ lost: [], falseAlarms: [] });
  });

  it('calls a finding in another entry a false alarm and the leak lost', () => {
    const elsewhere = { ...at(4), redactedKey: 'abcd****wxyz' };
    const planted = leak(3, 'abcd0123wxyz');
    expect(judge([planted], [elsewhere])).toEqual({ caught: [], lost: [planted], falseAlarms: [elsewhere] });
  });

  it('does not let one finding catch two leaks, nor two findings one leak', () => {
    const finding = { ...at(3), redactedKey: 'abcd****wxyz' };
    expect(judge([leak(3, 'abcd0wxyz'), leak(3, 'abcd1wxyz')], [finding]).lost).toHaveLength(1);
    expect(judge([leak(3, 'abcd0wxyz')], [finding, { ...finding }]).falseAlarms).toHaveLength(1);
  });

  it('calls a finding in the right entry with other ends a false alarm', () => {
    expect(
      judge([leak(3, 'abcd0wxyz')], [{ ...at(3), redactedKey: 'zzzz****wxyz' }]).falseAlarms,
    ).toHaveLength(1);
  });
});

describe('percentile', () => {
  it('is the nearest rank, in any order of values', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([percentile(values, 50), percentile(values, 99), percentile(values, 100)]).toEqual([50, 99, 100]);
    expect(percentile([7], 1)).toBe(7);
    expect(percentile([], 50)).toBeUndefined();
  });
});

describe('table', () => {
  it('aligns its columns and shortens what is too long, colours not counted', () => {
    expect(
      table(
        ['a', 'long head'],
        [
          ['\u001b[31mred\u001b[0m', 'x'],
          ['b', 'abcdefghijkl'],
        ],
        [9, 10],
      ),
    ).toEqual(['a    long head', '───  ──────────', '\u001b[31mred\u001b[0m  x', 'b    abcdefghi…']);
  });
});
