import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { rotationStatus } from '../../../functions/contracts/rotation.ts';
import { diagramOf, nextState } from '../../../functions/kernel/moves.ts';
import { isTerminal, ROTATION_MOVES } from '../../../functions/rotation/domain/transitions.ts';

const { transitions, initial } = ROTATION_MOVES;

describe('the moves of a rotation', () => {
  test('are the diagram in the README', () => {
    const readme = readFileSync(
      path.resolve(import.meta.dirname, '../../../functions/rotation/README.md'),
      'utf8',
    );
    expect(readme).toContain(`\`\`\`mermaid\n${diagramOf(ROTATION_MOVES)}\n\`\`\``);
  });

  test('lead to every status from where a rotation begins', () => {
    const reached = new Set<string>([initial]);
    for (let size = 0; size !== reached.size;) {
      size = reached.size;
      for (const { from, to } of Object.values(transitions))
        if (from.some((one) => reached.has(one))) reached.add(to);
    }
    expect([...reached].sort()).toEqual([...rotationStatus.options].sort());
  });

  test('give every status a way out that needs nobody, and an end only another rotation', () => {
    for (const from of rotationStatus.options) {
      if (isTerminal(from)) expect(nextState(ROTATION_MOVES, 'start_again', from)).toBe('planned');
      else
        expect(
          nextState(ROTATION_MOVES, 'turn_back', from) ?? nextState(ROTATION_MOVES, 'fail', from),
          from,
        ).toBeDefined();
    }
  });

  test('promote only what was verified, and complete only what is in use', () => {
    expect(transitions.promote.from).toEqual(['verified']);
    expect(transitions.retire.from).toEqual(['in_use']);
    expect(transitions.complete.from).toEqual(['in_use', 'retired']);
  });
});
