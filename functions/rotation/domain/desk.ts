/** What people and consumers ask of rotation, and what they are answered. */
import {
  rotationRequest,
  type RotationAnswer,
  type RotationRequest,
  type RotationView,
} from '../../contracts/rotation.ts';
import { beginRotation, type BeginDependencies } from './begin-rotation.ts';
import type { ManagedSecret } from './policy.ts';
import { viewOf, type RotationEvent, type RotationRecord } from './rotation.ts';
import { settle } from './take-step.ts';
import { nextState } from '../../kernel/moves.ts';
import { ROTATION_MOVES } from './transitions.ts';

export interface DeskDependencies extends BeginDependencies {
  readonly policies: readonly ManagedSecret[];
  /** Rotations of a secret that are over, the newest first. */
  readonly history: (secret: string, most: number) => Promise<readonly RotationView[]>;
}

const HISTORY = 20;

type Refusal = Extract<RotationAnswer, { answer: 'refused' }>;
const refused = (why: Refusal['why'], message: string, rotation?: RotationRecord): Refusal => ({
  answer: 'refused',
  why,
  message,
  ...(rotation && { rotation: viewOf(rotation) }),
});

/** @param request whatever came in; what cannot be read is refused without quoting it */
export async function answerAtDesk(
  request: unknown,
  dependencies: DeskDependencies,
): Promise<RotationAnswer> {
  const parsed = rotationRequest.safeParse(request);
  if (!parsed.success)
    return refused('bad_request', 'Ask with do, secret, and what that needs: see docs/rotation.md.');
  const asked = parsed.data;
  const policy = dependencies.policies.find(({ name }) => name === asked.secret);
  if (policy === undefined)
    return refused('no_such_secret', `No policy names ${asked.secret}: patterns/rotation.yaml lists all.`);
  switch (asked.do) {
    case 'show': {
      const record = await dependencies.store.get(asked.secret);
      return record === undefined
        ? refused('no_such_move', `${asked.secret} has never been rotated here.`)
        : { answer: 'rotation', rotation: viewOf(record) };
    }
    case 'history':
      return { answer: 'history', rotations: [...(await dependencies.history(asked.secret, HISTORY))] };
    case 'rotate':
      return rotate(asked, policy, dependencies);
    case 'acknowledge':
      return acknowledge(asked, policy, dependencies);
    case 'go_on':
    case 'roll_back':
      return decide(asked, dependencies);
  }
}

type Asked<D extends RotationRequest['do']> = Extract<RotationRequest, { do: D }>;

async function rotate(
  { by, why, emergency }: Asked<'rotate'>,
  policy: ManagedSecret,
  dependencies: DeskDependencies,
): Promise<RotationAnswer> {
  const trigger = { kind: 'person', by, why, emergency } as const;
  const { outcome, rotation } = await beginRotation({ policy, trigger }, dependencies);
  return outcome === 'in_rotation'
    ? refused('in_rotation', `${policy.name} is being rotated: wait, or roll that back first.`, rotation)
    : { answer: 'rotation', rotation: viewOf(rotation) };
}

async function acknowledge(
  { secret, consumer, versionId }: Asked<'acknowledge'>,
  policy: ManagedSecret,
  dependencies: DeskDependencies,
): Promise<RotationAnswer> {
  if (!policy.consumers.includes(consumer))
    return refused('no_such_consumer', `${consumer} is no consumer of ${secret}: add it to the policy.`);
  const known = await dependencies.store.get(secret);
  if (known === undefined) return { answer: 'heard' };
  const isNews = (record: RotationRecord) => record.heard[consumer]?.versionId !== versionId;
  const written = isNews(known)
    ? await settle(known, dependencies, (now) =>
        isNews(now) ? [{ type: 'heard', consumer, versionId }] : [],
      )
    : known;
  return { answer: 'rotation', rotation: viewOf(written) };
}

/** A person ends a wait, or turns a rotation back. */
async function decide(
  { do: what, secret, by, why }: Asked<'go_on' | 'roll_back'>,
  dependencies: DeskDependencies,
): Promise<RotationAnswer> {
  const known = await dependencies.store.get(secret);
  if (known === undefined) return refused('no_such_move', `${secret} has never been rotated here.`);
  const move = what === 'go_on' ? 'acknowledge' : 'turn_back';
  const note = `${by}: ${why}`;
  const events: readonly RotationEvent[] =
    move === 'acknowledge'
      ? [{ type: 'moved', move, note }]
      : [{ type: 'moved', move, reason: 'by_person', note }];
  const seen: RotationRecord[] = [];
  const written = await settle(known, dependencies, (now) => {
    seen.push(now);
    return nextState(ROTATION_MOVES, move, now.status) === undefined ? [] : events;
  });
  const decidedOn = seen.at(-1);
  return decidedOn !== undefined && nextState(ROTATION_MOVES, move, decidedOn.status) !== undefined
    ? { answer: 'rotation', rotation: viewOf(written) }
    : refused('no_such_move', `The rotation of ${secret} is ${written.status}: nothing to decide.`, written);
}
