import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { quarantineStatus } from '../../../functions/contracts/quarantine.ts';
import { DECISIONS } from '../../../functions/contracts/review.ts';
import { REVIEW_MOVES } from '../../../functions/quarantine/domain/case.ts';
import {
  conditionOf,
  diagram,
  INITIAL_STATES,
  next,
  reviewsFrom,
  TRANSITIONS,
  type Move,
} from '../../../functions/quarantine/domain/transitions.ts';

const moves = Object.keys(TRANSITIONS) as Move[];
const move = fc.constantFrom(...moves);
const status = fc.constantFrom(...quarantineStatus.options);

describe('the transition table', () => {
  test('is the diagram in the README', () => {
    const readme = readFileSync(
      path.resolve(import.meta.dirname, '../../../functions/quarantine/README.md'),
      'utf8',
    );
    expect(readme).toContain(`\`\`\`mermaid\n${diagram()}\n\`\`\``);
  });

  test('is the condition of the write: DynamoDB admits a move exactly where the table does', () => {
    fc.assert(
      fc.property(move, status, (asked, from) => {
        const { expression, names, values } = conditionOf(asked);
        const [, attribute = '', operands = ''] = /^(\S+) IN \((.*)\)$/.exec(expression) ?? [];
        expect(names[attribute]).toBe('status');
        const admitted = operands.split(', ').map((operand) => values[operand]);
        expect(admitted.includes(from)).toBe(next(asked, from) !== undefined);
        expect(Object.keys(values)).toHaveLength(operands.split(', ').length);
      }),
    );
  });

  test('leads to every status from where a case begins, and leaves none but the end without a way out', () => {
    const reached = new Set<string>(INITIAL_STATES);
    for (let size = 0; size !== reached.size;) {
      size = reached.size;
      for (const { from, to } of Object.values(TRANSITIONS))
        if (from.some((one) => reached.has(one))) reached.add(to);
    }
    expect([...reached].sort()).toEqual([...quarantineStatus.options, 'expired'].sort());
    for (const one of quarantineStatus.options) expect(next('expire', one)).toBe('expired');
  });

  test('has no move that stays where it is, and never leads back to waiting but by a finding', () => {
    fc.assert(
      fc.property(move, status, (asked, from) => {
        const to: string | undefined = next(asked, from);
        expect(to).not.toBe(from);
        if (to === 'pending' || to === 'blocked_before_send') expect(asked).toBe('seen_again');
      }),
    );
  });

  test('offers a reviewer the moves that it admits, and the contract knows them all', () => {
    fc.assert(
      fc.property(status, (from) => {
        const admitted = REVIEW_MOVES.filter((asked) => next(asked, from) !== undefined);
        expect(reviewsFrom(from).toSorted()).toEqual(admitted.toSorted());
      }),
    );
    expect([...REVIEW_MOVES, 'hold', 'lift_hold']).toEqual(DECISIONS);
  });
});
