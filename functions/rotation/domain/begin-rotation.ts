/** From a reason to a run: one at a time for each secret, whoever asks and however often. */
import type { RotationTrigger } from '../../contracts/rotation.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { ManagedSecret } from './policy.ts';
import type { RotationStore, RotationWorkflow } from './ports.ts';
import { begin, type RotationRecord } from './rotation.ts';
import { settle } from './take-step.ts';
import { isTerminal } from './transitions.ts';

export interface BeginDependencies {
  readonly store: RotationStore;
  readonly workflow: RotationWorkflow;
  readonly clock: Clock;
  /** 32 random hex digits. */
  readonly newId: () => string;
}

export interface Wish {
  readonly policy: ManagedSecret;
  readonly trigger: RotationTrigger;
  /** Of a leak: the version that has leaked. */
  readonly leakedVersion?: string;
}

export type Begun =
  | { readonly outcome: 'started'; readonly rotation: RotationRecord }
  /** One is under way: it goes on by the terms for emergencies, or another one follows it, or nothing changes. */
  | { readonly outcome: 'escalated' | 'follows' | 'in_rotation'; readonly rotation: RotationRecord }
  /** This leak has started a rotation before. */
  | { readonly outcome: 'known'; readonly rotation: RotationRecord };

/** The name of a run's execution: the same run is never started twice. */
const runName = ({ secret, run, rotationId }: RotationRecord): string =>
  `${secret}-${run}-${rotationId.slice(4, 12)}`;

/** @throws when it cannot be said whether the run was started: ask again */
export async function beginRotation(wish: Wish, dependencies: BeginDependencies): Promise<Begun> {
  const { store, workflow, clock, newId } = dependencies;
  const { policy, trigger, leakedVersion } = wish;
  const last = await store.get(policy.name);
  if (last !== undefined && trigger.findingId !== undefined && last.trigger.findingId === trigger.findingId) {
    await start(last, workflow);
    return { outcome: 'known', rotation: last };
  }
  if (last !== undefined && !isTerminal(last.status)) {
    await start(last, workflow);
    return hurry(last, wish, dependencies);
  }
  // What a secret's last rotation has replaced already is dead, or people are looking after it.
  if (leakedVersion !== undefined && last?.status === 'completed' && last.fromVersion === leakedVersion)
    return { outcome: 'known', rotation: last };
  const first = begin(
    {
      secret: policy.name,
      random: newId(),
      trigger,
      strategy: policy.strategy,
      rotator: policy.rotator.kind,
      consumers: policy.consumers,
      manualSteps: policy.manualSteps.length > 0 ? policy.manualSteps : BY_HAND,
    },
    last,
    clock.now(),
  );
  const written = await store.write(first, last?.revision, last && 'start_again');
  // Where somebody else was faster, theirs is the run.
  if (!written) return beginRotation(wish, dependencies);
  await start(first, workflow);
  return { outcome: 'started', rotation: first };
}

const BY_HAND = [
  'Read the rotation: npm run rotate -- show SECRET. It names the step, the reason and both versions.',
  'See at the provider which of the two credentials works, and that AWSCURRENT is that one.',
  'Mend the cause, then rotate again: npm run rotate -- rotate SECRET --reason "…".',
] as const;

/** What is under way is not begun again: an emergency makes it quick, or has another one follow it. */
async function hurry(
  running: RotationRecord,
  { trigger, leakedVersion }: Wish,
  dependencies: BeginDependencies,
): Promise<Begun> {
  if (!trigger.emergency) return { outcome: 'in_rotation', rotation: running };
  const follows = leakedVersion === running.toVersion;
  const rotation = await settle(running, dependencies, (now) => {
    if (isTerminal(now.status)) return [];
    if (follows) return now.followUp ? [] : [{ type: 'follow_up_asked', trigger }];
    return now.trigger.emergency ? [] : [{ type: 'escalated', trigger }];
  });
  // It ended in between: then this is its own rotation after all.
  if (rotation.run === running.run && isTerminal(rotation.status) && rotation.followUp === undefined)
    throw new Error('The rotation has ended meanwhile: ask again.');
  return { outcome: follows ? 'follows' : 'escalated', rotation };
}

/** Starts the rotation that was asked for while the last one was under way. Asked again, it starts nothing more. */
export async function beginFollowUp(
  policy: ManagedSecret,
  ended: RotationRecord,
  dependencies: BeginDependencies,
): Promise<void> {
  if (ended.followUp !== undefined && isTerminal(ended.status))
    await beginRotation({ policy, trigger: ended.followUp }, dependencies);
}

/** A run that was lost goes on: its start was, or its execution was aborted or has timed out. */
export const keepRunning = (record: RotationRecord, { workflow }: BeginDependencies): Promise<void> =>
  start(record, workflow);

/** Between the record and the start of its run, a crash may have come, and one after it. */
async function start(record: RotationRecord, workflow: RotationWorkflow): Promise<void> {
  if (!isTerminal(record.status))
    await workflow.start(runName(record), { secret: record.secret, run: record.run });
}
