/** How a case moves: one table, from which the write's condition, the README's diagram and the tests are made. */
import type { QuarantineStatus } from '../../contracts/quarantine.ts';

export type CaseState = QuarantineStatus | 'expired';

interface Transition {
  readonly from: readonly QuarantineStatus[];
  readonly to: CaseState;
  /** Whether a person asks for it; else a finding or time does. */
  readonly byReviewer: boolean;
}

const OPEN = ['pending', 'blocked_before_send', 'uncertain'] as const;
const ALIVE = [...OPEN, 'confirmed', 'false_positive', 'released', 'revoked'] as const;

/** Every move that there is. A judgement may be changed; a status is not judged to be what it is already. */
export const TRANSITIONS = {
  confirm: { from: [...OPEN, 'false_positive', 'released'], to: 'confirmed', byReviewer: true },
  false_positive: { from: [...OPEN, 'confirmed', 'released'], to: 'false_positive', byReviewer: true },
  uncertain: {
    from: ['pending', 'blocked_before_send', 'confirmed', 'false_positive'],
    to: 'uncertain',
    byReviewer: true,
  },
  release: { from: [...OPEN, 'false_positive'], to: 'released', byReviewer: true },
  revoked: { from: [...OPEN, 'confirmed'], to: 'revoked', byReviewer: true },
  seen_again: { from: ['revoked'], to: 'pending', byReviewer: false },
  expire: { from: ALIVE, to: 'expired', byReviewer: false },
} as const satisfies Record<string, Transition>;

export type Move = keyof typeof TRANSITIONS;

/** Where a case begins. */
export const INITIAL_STATES = ['pending', 'blocked_before_send'] as const;

/** The status that a move leads to, or undefined where there is no such move from here. */
export function next<M extends Move>(
  move: M,
  from: QuarantineStatus,
): (typeof TRANSITIONS)[M]['to'] | undefined {
  const { from: valid, to }: Transition & { to: (typeof TRANSITIONS)[M]['to'] } = TRANSITIONS[move];
  return valid.includes(from) ? to : undefined;
}

/** The moves that a person may ask for from here. */
export function reviewsFrom(status: QuarantineStatus): readonly Move[] {
  const moves: readonly [string, Transition][] = Object.entries(TRANSITIONS);
  return moves.flatMap(([move, { from, byReviewer }]) =>
    byReviewer && from.includes(status) && isMove(move) ? [move] : [],
  );
}

function isMove(text: string): text is Move {
  return text in TRANSITIONS;
}

/**
 * The part of a DynamoDB condition that admits a move: `#status IN (:from0, :from1)` with its values. DynamoDB compares
 * with at most 100 operands.
 */
export function conditionOf(move: Move): {
  readonly expression: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, string>>;
} {
  const from: readonly string[] = TRANSITIONS[move].from;
  return {
    expression: `#status IN (${from.map((_, index) => `:from${index}`).join(', ')})`,
    names: { '#status': 'status' },
    values: Object.fromEntries(from.map((status, index) => [`:from${index}`, status])),
  };
}

/** The table as a mermaid state diagram: moves with the same ends share an arrow. */
export function diagram(): string {
  const arrows = new Map<string, string[]>();
  for (const state of INITIAL_STATES) arrows.set(`[*] --> ${state}`, []);
  const moves: readonly [string, Transition][] = Object.entries(TRANSITIONS);
  for (const [move, { from, to }] of moves)
    for (const state of from) {
      const arrow = `${state} --> ${to}`;
      arrows.set(arrow, [...(arrows.get(arrow) ?? []), move]);
    }
  arrows.set('expired --> [*]', []);
  const lines = [...arrows].map(
    ([arrow, moved]) => `    ${arrow}${moved.length ? `: ${moved.join(', ')}` : ''}`,
  );
  return ['stateDiagram-v2', ...lines].join('\n');
}
