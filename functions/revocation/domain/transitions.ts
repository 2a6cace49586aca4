/** How a revocation moves: one table, from which the write's condition, the README's diagram and the tests are made. */
import type { RevocationStatus } from '../../contracts/revocation.ts';

interface Transition {
  readonly from: readonly RevocationStatus[];
  readonly to: RevocationStatus;
}

/** Every move that there is. */
export const TRANSITIONS = {
  prove_live: { from: ['pending'], to: 'live' },
  find_dead: { from: ['pending'], to: 'not_live' },
  ask: { from: ['live'], to: 'awaiting_approval' },
  approve: { from: ['awaiting_approval'], to: 'live' },
  contain: { from: ['live'], to: 'contained' },
  revoke: { from: ['live', 'contained'], to: 'revoked' },
  prove_dead: { from: ['revoked'], to: 'proven_dead' },
  hand_over: { from: ['pending', 'live', 'awaiting_approval', 'contained'], to: 'manual' },
  fail: { from: ['pending', 'live', 'awaiting_approval', 'contained', 'revoked'], to: 'failed' },
  start_again: { from: ['not_live', 'failed', 'manual'], to: 'pending' },
  restore: { from: ['proven_dead', 'failed', 'manual'], to: 'manual' },
} as const satisfies Record<string, Transition>;

export type Move = keyof typeof TRANSITIONS;

export const INITIAL_STATE = 'pending' satisfies RevocationStatus;

/** Where a run ends: nothing moves it on but a person. */
const TERMINAL: ReadonlySet<RevocationStatus> = new Set(['not_live', 'proven_dead', 'failed', 'manual']);

export function isTerminal(status: RevocationStatus): boolean {
  return TERMINAL.has(status);
}

/** The status that a move leads to, or undefined where there is no such move from here. */
export function next(move: Move, from: RevocationStatus): RevocationStatus | undefined {
  const { from: valid, to }: Transition = TRANSITIONS[move];
  return valid.includes(from) ? to : undefined;
}

/** The part of a DynamoDB condition that admits a move: `#status IN (:from0, :from1)` with its values. */
export function conditionOf(move: Move): {
  readonly expression: string;
  readonly values: Readonly<Record<string, string>>;
} {
  const from: readonly string[] = TRANSITIONS[move].from;
  return {
    expression: `#status IN (${from.map((_, index) => `:from${index}`).join(', ')})`,
    values: Object.fromEntries(from.map((status, index) => [`:from${index}`, status])),
  };
}

/** The table as a mermaid state diagram: moves with the same ends share an arrow. */
export function diagram(): string {
  const arrows = new Map<string, string[]>();
  const moves: readonly [string, Transition][] = Object.entries(TRANSITIONS);
  for (const [move, { from, to }] of moves)
    for (const state of from) {
      const arrow = `${state} --> ${to}`;
      arrows.set(arrow, [...(arrows.get(arrow) ?? []), move]);
    }
  return [
    'stateDiagram-v2',
    `    [*] --> ${INITIAL_STATE}`,
    ...[...arrows].map(([arrow, moved]) => `    ${arrow}: ${moved.join(', ')}`),
    ...[...TERMINAL].map((state) => `    ${state} --> [*]`),
  ].join('\n');
}
