import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { revocationStatus } from '../../../functions/contracts/revocation.ts';
import {
  conditionOf,
  diagram,
  INITIAL_STATE,
  isTerminal,
  next,
  TRANSITIONS,
  type Move,
} from '../../../functions/revocation/domain/transitions.ts';

const moves = Object.keys(TRANSITIONS) as Move[];
const move = fc.constantFrom(...moves);
const status = fc.constantFrom(...revocationStatus.options);
const BY_PEOPLE = new Set<Move>(['start_again', 'restore']);

describe('the transition table', () => {
  test('is the diagram in the README', () => {
    const readme = readFileSync(
      path.resolve(import.meta.dirname, '../../../functions/revocation/README.md'),
      'utf8',
    );
    expect(readme).toContain(`\`\`\`mermaid\n${diagram()}\n\`\`\``);
  });

  test('is the condition of the write: DynamoDB admits a move exactly where the table does', () => {
    fc.assert(
      fc.property(move, status, (asked, from) => {
        const { expression, values } = conditionOf(asked);
        const [, operands = ''] = /^#status IN \((.*)\)$/.exec(expression) ?? [];
        const admitted = operands.split(', ').map((operand) => values[operand]);
        expect(admitted.includes(from)).toBe(next(asked, from) !== undefined);
      }),
    );
  });

  test('leads to every status from where a revocation begins', () => {
    const reached = new Set<string>([INITIAL_STATE]);
    for (let size = 0; size !== reached.size;) {
      size = reached.size;
      for (const { from, to } of Object.values(TRANSITIONS))
        if (from.some((one) => reached.has(one))) reached.add(to);
    }
    expect([...reached].sort()).toEqual([...revocationStatus.options].sort());
  });

  test('lets nothing but a person leave an end, and gives every other status a way to one', () => {
    for (const from of revocationStatus.options) {
      const leaving = moves.filter((each) => next(each, from) !== undefined);
      if (isTerminal(from)) expect(leaving.every((each) => BY_PEOPLE.has(each))).toBe(true);
      else expect(next('fail', from)).toBe('failed');
    }
  });

  test('proves death only of what was revoked', () => {
    expect(TRANSITIONS.prove_dead.from).toEqual(['revoked']);
    expect(moves.filter((each) => TRANSITIONS[each].to === 'proven_dead')).toEqual(['prove_dead']);
  });
});
