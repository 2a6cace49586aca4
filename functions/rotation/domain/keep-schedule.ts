/** What time asks for: rotations that are due by their schedule or by age, and runs whose start was lost. */
import { fromIso } from '../../kernel/clock.ts';
import {
  beginFollowUp,
  beginRotation,
  keepRunning,
  type BeginDependencies,
  type Begun,
} from './begin-rotation.ts';
import type { ManagedSecret } from './policy.ts';

export interface ScheduleDependencies extends BeginDependencies {
  readonly policies: readonly ManagedSecret[];
  /** When the version was made that is `AWSCURRENT`, epoch milliseconds. */
  readonly madeAt: (policy: ManagedSecret) => Promise<number>;
}

/** A rotation by age that failed is tried again after so long, not each time that somebody looks. */
const RETRY_AGE_MS = 6 * 3_600_000;

export interface Due {
  readonly secret: string;
  readonly kind: 'schedule' | 'age';
  readonly outcome: Begun['outcome'] | 'too_late' | 'unknown' | 'not_looked_at';
  /** Why it could not be looked at: the error's name. */
  readonly error?: string;
}

/**
 * The time of a secret's schedule has come.
 * @param dueAtMs when it was due: after the policy's window it waits for the next time
 */
export async function rotateOnSchedule(
  secret: string,
  dueAtMs: number,
  dependencies: ScheduleDependencies,
): Promise<Due> {
  const policy = dependencies.policies.find(({ name }) => name === secret);
  if (policy?.schedule === undefined) return { secret, kind: 'schedule', outcome: 'unknown' };
  if (dependencies.clock.now() > dueAtMs + policy.schedule.windowHours * 3_600_000)
    return { secret, kind: 'schedule', outcome: 'too_late' };
  const trigger = { kind: 'schedule', by: 'scheduler', emergency: false } as const;
  const { outcome } = await beginRotation({ policy, trigger }, dependencies);
  return { secret, kind: 'schedule', outcome };
}

/**
 * Looks at every secret: what is too old is rotated, a run that was lost goes on, and what should follow a rotation that is
 * over is started. Of one that AWS rotates with its vendor, the rotation is refused at once and says that AWS has not: that
 * is how people hear.
 */
export async function rotateByAge(dependencies: ScheduleDependencies): Promise<readonly Due[]> {
  const due: Due[] = [];
  for (const policy of dependencies.policies)
    try {
      const begun = await rotateIfOld(policy, dependencies);
      if (begun !== undefined) due.push({ secret: policy.name, kind: 'age', outcome: begun.outcome });
    } catch (error) {
      // One that cannot be looked at keeps none of the others waiting.
      const name = error instanceof Error ? error.name : 'NonError';
      due.push({ secret: policy.name, kind: 'age', outcome: 'not_looked_at', error: name });
    }
  return due;
}

async function rotateIfOld(
  policy: ManagedSecret,
  dependencies: ScheduleDependencies,
): Promise<Begun | undefined> {
  const last = await dependencies.store.get(policy.name);
  if (last !== undefined) {
    await keepRunning(last, dependencies);
    await beginFollowUp(policy, last, dependencies);
  }
  const nowMs = dependencies.clock.now();
  const lately = last?.trigger.kind === 'age' && (fromIso(last.startedAt) ?? 0) > nowMs - RETRY_AGE_MS;
  if (lately || nowMs - (await dependencies.madeAt(policy)) < policy.maxAge * 1000) return undefined;
  return beginRotation({ policy, trigger: { kind: 'age', by: 'scheduler', emergency: false } }, dependencies);
}
