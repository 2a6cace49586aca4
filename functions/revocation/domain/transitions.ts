/** How a revocation moves: one table, from which the write's condition, the README's diagram and the tests are made. */
import type { RevocationStatus } from '../../contracts/revocation.ts';
import {
  diagramOf,
  moveCondition,
  nextState,
  type MachineTable,
  type Transition,
} from '../../kernel/moves.ts';

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
} as const satisfies Record<string, Transition<RevocationStatus>>;

export type Move = keyof typeof TRANSITIONS;

export const INITIAL_STATE = 'pending' satisfies RevocationStatus;

/** Where a run ends: nothing moves it on but a person. */
const TERMINAL: ReadonlySet<RevocationStatus> = new Set(['not_live', 'proven_dead', 'failed', 'manual']);

const REVOCATION_MOVES: MachineTable<RevocationStatus, Move> = {
  initial: INITIAL_STATE,
  terminal: TERMINAL,
  transitions: TRANSITIONS,
};

export function isTerminal(status: RevocationStatus): boolean {
  return TERMINAL.has(status);
}

/** The status that a move leads to, or undefined where there is no such move from here. */
export const next = (move: Move, from: RevocationStatus): RevocationStatus | undefined =>
  nextState(REVOCATION_MOVES, move, from);

/** The part of a DynamoDB condition that admits a move. */
export const conditionOf = (move: Move) => moveCondition(REVOCATION_MOVES, move);

/** The table as a mermaid state diagram. */
export const diagram = (): string => diagramOf(REVOCATION_MOVES);
