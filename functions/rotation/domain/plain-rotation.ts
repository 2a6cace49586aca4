/**
 * A rotation function as Secrets Manager calls it: four steps with a client request token, for a team that wants its own
 * secret rotated by the service's schedule and not by the workflow. No consumers are asked and the old one is not proven
 * dead; what is the same is that nothing is changed before `AWSCURRENT` works, and nothing is published that is untested.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
import { createHash } from 'node:crypto';
import { fromIso } from '../../kernel/clock.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import type { Told } from '../../kernel/provider-call.ts';
import { DEFAULT_GENERATOR, newPassword } from './generator.ts';
import type { ManagedSecret } from './policy.ts';
import type { Change, Creation, RotationOrder, Rotator, SecretVersion } from './ports.ts';
import type { StepDependencies } from './take-step.ts';
import { isTerminal } from './transitions.ts';

export const PLAIN_STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type PlainStep = (typeof PLAIN_STEPS)[number];

export interface PlainOrder {
  readonly step: PlainStep;
  /** The secret's ARN, as the service names it. */
  readonly secretId: string;
  /** The version to make. */
  readonly token: string;
}

/** What Secrets Manager says of a secret besides its versions. */
export interface RotationSetting {
  readonly name: string;
  readonly enabled: boolean;
  /** The function that its owner has attached. */
  readonly functionArn: string | undefined;
}

export interface PlainDependencies extends Omit<StepDependencies, 'clock'> {
  readonly clock: StepDependencies['clock'];
  readonly settingOf: (secretId: string) => Promise<RotationSetting>;
  /** This function's own ARN. */
  readonly ownArn: string;
}

/** A credential that was used so lately is not taken for left over. */
const LEFT_OVER_MS = 86_400_000;

const done = ok(undefined);

/**
 * @returns why it is refused: the service then tries again, and its owner sees why in the log; no value is quoted
 * @throws for an outage: the service tries again
 */
export async function takePlainStep(
  order: PlainOrder,
  dependencies: PlainDependencies,
): Promise<Result<undefined, string>> {
  const { vault, store } = dependencies;
  const setting = await dependencies.settingOf(order.secretId);
  // Whoever can call this function may not have it act on a secret whose owner has not attached it.
  if (!setting.enabled || !isSameFunction(setting.functionArn, dependencies.ownArn))
    return err('this function is not attached to the secret: attach it with RotateSecret');
  const policy = dependencies.policies.find(({ secret }) => [setting.name, order.secretId].includes(secret));
  if (policy === undefined) return err('no policy names the secret: add it to patterns/rotation.yaml');
  const running = await store.get(policy.name);
  if (running !== undefined && !isTerminal(running.status))
    return err(`the workflow is rotating it (${running.status}): it is tried again when that has ended`);
  const labels = (await vault.versions(order.secretId)).get(order.token);
  if (labels === undefined) return err('there is no version of this token: start it with RotateSecret');
  if (labels.includes('AWSCURRENT')) return done;
  if (!labels.includes('AWSPENDING')) return err('the version of this token is not AWSPENDING');
  const rotator = dependencies.rotators.find(({ kind }) => kind === policy.rotator.kind);
  if (rotator === undefined || policy.strategy === 'external')
    return err('its policy leaves it to somebody else');
  const current = await vault.byLabel(order.secretId, 'AWSCURRENT');
  if (current === undefined) return err('it has no AWSCURRENT');
  const previous = await vault.byLabel(order.secretId, 'AWSPREVIOUS');
  const staged = await vault.byVersion(order.secretId, order.token);
  const authority = policy.authority && (await vault.byLabel(policy.authority, 'AWSCURRENT'));
  if (policy.authority !== undefined && !authority) return err('its authority is not there');
  const asked = (policy.generator && dependencies.generators[policy.generator]) || DEFAULT_GENERATOR;
  const rotation: RotationOrder = {
    rotationId: rotationIdOf(order),
    secret: policy.name,
    strategy: policy.strategy,
    settings: policy.rotator.settings,
    current: current.value,
    newPassword: () => newPassword(asked, dependencies.randomBelow),
    ...(previous && { previous: previous.value }),
    ...(staged && { staged: staged.value }),
    ...(authority && { authority: authority.value }),
  };
  const known = { policy, rotator, rotation, current, previous };
  if (order.step === 'createSecret')
    return staged === undefined ? createSecret(order, known, dependencies) : done;
  if (staged === undefined) return err('nothing is staged under this token: createSecret comes first');
  switch (order.step) {
    case 'setSecret':
      return setSecret(staged, known);
    case 'testSecret':
      return testSecret(staged, known, dependencies);
    case 'finishSecret':
      return finishSecret(order, staged, known, dependencies);
  }
}

interface Known {
  readonly policy: ManagedSecret;
  readonly rotator: Rotator;
  readonly rotation: RotationOrder;
  readonly current: SecretVersion;
  readonly previous: SecretVersion | undefined;
}

/** A qualified ARN names a version of the same function. */
const isSameFunction = (attached: string | undefined, own: string): boolean =>
  attached !== undefined &&
  attached.split(':').slice(0, 7).join(':') === own.split(':').slice(0, 7).join(':');

/** The same for every attempt of the same rotation. */
function rotationIdOf({ secretId, token }: PlainOrder): string {
  return `rot_${createHash('sha256').update(`${secretId}\n${token}`).digest('hex').slice(0, 32)}`;
}

async function createSecret(
  { secretId, token }: PlainOrder,
  { rotator, rotation, current, previous, policy }: Known,
  { vault, clock }: PlainDependencies,
): Promise<Result<undefined, string>> {
  const alive = await rotator.probe(rotation, current.value);
  if (alive.answer.outcome !== 'live')
    return err('AWSCURRENT does not work, so nothing was changed: mend it first');
  let made: Told<Creation> = await rotator.create(rotation);
  if (made.answer.outcome === 'refused' && policy.strategy === 'dual_phase' && previous !== undefined) {
    const freed = await freeSlot(rotator, rotation, current, previous, clock.now());
    if (!freed.ok) return freed;
    made = await rotator.create(rotation);
  }
  if (made.answer.outcome !== 'created') return err(made.answer.reason);
  return (await vault.stage(secretId, token, made.answer.value))
    ? done
    : err('another value is staged under this token: it is tried again with that one');
}

/** The service has nothing that ends the old credential, so that of the rotation before this one goes now. */
async function freeSlot(
  rotator: Rotator,
  rotation: RotationOrder,
  current: SecretVersion,
  previous: SecretVersion,
  nowMs: number,
): Promise<Result<undefined, string>> {
  const [kept, over] = [rotator.describe(current.value), rotator.describe(previous.value)];
  if (!kept.ok || !over.ok || kept.value.id === over.value.id)
    return err('both slots are in use, and AWSPREVIOUS is in neither of them that could be freed');
  const used = await rotator.lastUse?.(rotation, previous.value);
  if (used?.answer.outcome === 'unavailable') return err(used.answer.reason);
  const usedAt = used?.answer.at === undefined ? undefined : fromIso(used.answer.at);
  if (usedAt !== undefined && usedAt > nowMs - LEFT_OVER_MS)
    return err('AWSPREVIOUS was used within a day: find out by whom before it goes');
  const retired: Told<Change> = await rotator.retire(rotation, previous.value);
  if (retired.answer.outcome !== 'done') return err(retired.answer.reason);
  const { answer }: Told<Change> = await rotator.destroy(rotation, previous.value);
  return answer.outcome === 'done' ? done : err(answer.reason);
}

async function setSecret(
  staged: SecretVersion,
  { rotator, rotation, current }: Known,
): Promise<Result<undefined, string>> {
  const [pending, published] = [
    await rotator.probe(rotation, staged.value),
    await rotator.probe(rotation, current.value),
  ];
  if (pending.answer.outcome === 'live') return done;
  if (published.answer.outcome !== 'live')
    return err('neither AWSCURRENT nor AWSPENDING works: mend AWSCURRENT first');
  const { answer } = await rotator.install(rotation, staged.value);
  return answer.outcome === 'done' ? done : err(answer.reason);
}

async function testSecret(
  staged: SecretVersion,
  { policy, rotator, rotation }: Known,
  { verifiers }: PlainDependencies,
): Promise<Result<undefined, string>> {
  const { answer } = await rotator.probe(rotation, staged.value);
  if (answer.outcome !== 'live') return err('AWSPENDING does not work yet');
  for (const { name, kind, settings } of policy.tests) {
    const verifier = verifiers.find((each) => each.kind === kind);
    if (verifier === undefined) return err(`there is no test of the kind ${kind}`);
    const { rotationId, secret } = rotation;
    const told = await verifier.run({ rotationId, secret, settings, value: staged.value });
    if (told.answer.outcome !== 'passed')
      return err(`the test ${name} has not passed: ${told.answer.reason}`);
  }
  return done;
}

/** What is published is tested once more: the service may call this step without the one before. */
async function finishSecret(
  order: PlainOrder,
  staged: SecretVersion,
  known: Known,
  dependencies: PlainDependencies,
): Promise<Result<undefined, string>> {
  const tested = await testSecret(staged, known, dependencies);
  if (!tested.ok) return tested;
  const { vault } = dependencies;
  if (!(await vault.promote(order.secretId, order.token, known.current.versionId)))
    return err('somebody else has moved AWSCURRENT meanwhile');
  await vault.unlabel(order.secretId, 'AWSPENDING', order.token);
  return done;
}
