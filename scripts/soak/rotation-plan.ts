/** What each rotation of a soak meets: a way back in every fifth, a late consumer in every seventh, a blow in every third. */

/** How a rotation is made to go back. */
export type Setback =
  /** The policy's own test turns the new user away. */
  | 'test fails'
  /** A consumer does not follow, and the terms for emergencies go back at the deadline. */
  | 'unacknowledged'
  /** A consumer does not follow, and nobody comes while the rotation is held. */
  | 'held in vain';

export interface PlannedRotation {
  /** From 1. */
  readonly number: number;
  readonly setback: Setback | undefined;
  /** A consumer follows only when the deadline is over. */
  readonly late: boolean;
  /** In which status of the rotation the process that takes its steps is killed. */
  readonly killIn: KillPoint | undefined;
}

const SETBACKS: readonly Setback[] = ['test fails', 'unacknowledged', 'held in vain'];

/** In each of these one step or two are taken; the status tells which. */
const KILL_POINTS = [
  'planned',
  'staged',
  'installed',
  'verified',
  'promoted',
  'acknowledged',
  'in_use',
  'retired',
] as const;
export type KillPoint = (typeof KILL_POINTS)[number] | 'rolling_back';

/** @param randomBelow an even random whole number from 0 up to and without its argument */
export function planRotations(count: number, randomBelow: (limit: number) => number): PlannedRotation[] {
  return Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const setback = number % 5 === 0 ? SETBACKS[(number / 5 - 1) % SETBACKS.length] : undefined;
    const points = setback === undefined ? KILL_POINTS : (['planned', 'staged', 'rolling_back'] as const);
    const killIn = number % 3 === 0 ? points[randomBelow(points.length)] : undefined;
    return { number, setback, late: number % 7 === 0, killIn };
  });
}
