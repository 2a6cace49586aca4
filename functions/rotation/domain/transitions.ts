/** How a rotation moves: one table, from which the write's condition, the README's diagram and the tests are made. */
import type { RotationStatus } from '../../contracts/rotation.ts';
import type { MachineTable, Transition } from '../../kernel/moves.ts';

/** Every move that there is. */
const TRANSITIONS = {
  stage: { from: ['planned'], to: 'staged' },
  install: { from: ['staged'], to: 'installed' },
  verify: { from: ['installed'], to: 'verified' },
  promote: { from: ['verified'], to: 'promoted' },
  hold: { from: ['promoted'], to: 'held' },
  acknowledge: { from: ['promoted', 'held'], to: 'acknowledged' },
  confirm: { from: ['acknowledged'], to: 'in_use' },
  retire: { from: ['in_use'], to: 'retired' },
  complete: { from: ['in_use', 'retired'], to: 'completed' },
  turn_back: {
    from: ['planned', 'staged', 'installed', 'verified', 'promoted', 'held', 'acknowledged', 'in_use'],
    to: 'rolling_back',
  },
  roll_back: { from: ['rolling_back'], to: 'rolled_back' },
  refuse: { from: ['planned'], to: 'refused' },
  fail: { from: ['rolling_back', 'in_use', 'retired'], to: 'failed' },
  start_again: { from: ['completed', 'rolled_back', 'refused', 'failed'], to: 'planned' },
} as const satisfies Record<string, Transition<RotationStatus>>;

export type Move = keyof typeof TRANSITIONS;

export const ROTATION_MOVES: MachineTable<RotationStatus, Move> = {
  initial: 'planned',
  terminal: new Set<RotationStatus>(['completed', 'rolled_back', 'refused', 'failed']),
  transitions: TRANSITIONS,
};

export const isTerminal = (status: RotationStatus): boolean => ROTATION_MOVES.terminal.has(status);
