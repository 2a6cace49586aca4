/**
 * The steps of a rotation, one call each: look at the record, act on the provider or on the vault where that is still to
 * be done, write what was learnt. A step may be taken again at any time, after any crash: what was done is not done
 * twice. Whoever acts holds the record's claim, so that nobody else does, and a step that was asked for late does nothing.
 */
import type {
  RotationReason,
  RotationStatus,
  RotationStep as Step,
  RotationStepAnswer as StepAnswer,
  TestResult,
} from '../../contracts/rotation.ts';
import { fromIso, toIso, type Clock } from '../../kernel/clock.ts';
import type { Told, Unavailable } from '../../kernel/provider-call.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { DEFAULT_GENERATOR, newPassword, type Generator } from './generator.ts';
import { termsOf, type ManagedSecret, type Terms } from './policy.ts';
import type {
  Change,
  Liveness,
  RotationOrder,
  RotationStore,
  Rotator,
  RunOrder,
  SecretVault,
  SecretVersion,
  TestOutcome,
  Verifier,
} from './ports.ts';
import { evolve, type RotationEvent, type RotationRecord } from './rotation.ts';
import { isTerminal, type Move } from './transitions.ts';

export interface StepDependencies {
  readonly store: RotationStore;
  readonly vault: SecretVault;
  readonly policies: readonly ManagedSecret[];
  readonly generators: Readonly<Record<string, Generator>>;
  readonly rotators: readonly Rotator[];
  readonly verifiers: readonly Verifier[];
  readonly clock: Clock;
  /** An even random whole number from 0 up to and without its argument, fit for secrets. */
  readonly randomBelow: (limit: number) => number;
}

/** Tries of a step that the provider does not answer: with the waits between them, about ten minutes. */
const MAX_ATTEMPTS = 10;
/** A way back is tried longer, for what it leaves is what people have to clean up. */
const MAX_BACK_ATTEMPTS = 20;
/** A new credential may take some seconds to be known everywhere: with the waits between them, half a minute. */
const MAX_TEST_ATTEMPTS = 6;
/** `AWSCURRENT` is known everywhere: what it fails twice, it fails. */
const MAX_CURRENT_ATTEMPTS = 3;
const LONGEST_WAIT_SECONDS = 120;
const LONGEST_LOOK_SECONDS = 60;
/** A provider's promise is no exact one, and clocks differ. */
const DEADLINE_SLACK_MS = 60_000;
/** How long a retired credential is looked at beyond its deadline where looking itself fails. */
const UNSEEN_GRACE_MS = 900_000;
/** Longer than a step's function may run: who claims a call and dies has stopped calling when the claim ends. */
const CLAIM_MS = 75_000;
const MAX_WRITES = 8;

const GO: StepAnswer = { next: 'go', waitSeconds: 0 };
const BACK: StepAnswer = { next: 'back', waitSeconds: 0 };
const END: StepAnswer = { next: 'end', waitSeconds: 0 };
const again = (waitSeconds: number): StepAnswer => ({
  next: 'again',
  waitSeconds: Math.max(1, Math.ceil(waitSeconds)),
});

/** In which status each step has something to do; in a later one it was done, in an earlier one it is not its turn. */
const TURN: Readonly<Record<Exclude<Step, 'give_up' | 'abandon'>, readonly RotationStatus[]>> = {
  plan: ['planned'],
  stage: ['planned'],
  install: ['staged'],
  verify: ['installed'],
  promote: ['verified'],
  await_consumers: ['promoted', 'held'],
  confirm: ['acknowledged'],
  retire: ['in_use'],
  prove_dead: ['retired'],
  roll_back: ['rolling_back'],
};

/** Whether a step's turn is still to come: then something was left out, and going on would leave that out for good. */
function isAhead(step: keyof typeof TURN, status: RotationStatus): boolean {
  const steps = Object.values(TURN);
  return steps.indexOf(TURN[step]) > steps.findIndex((turn) => turn.includes(status));
}

/** Takes one step of a run. @throws where it cannot be said what became of it: take it again */
export async function takeStep(
  step: Step,
  { secret, run }: RunOrder,
  dependencies: StepDependencies,
): Promise<StepAnswer> {
  const record = await dependencies.store.get(secret);
  // A run that was followed by another has nothing more to say.
  if (record === undefined || record.run !== run || isTerminal(record.status)) return END;
  if (step === 'give_up') return giveUp(record, dependencies);
  if (step === 'abandon') return abandon(record, dependencies);
  if (record.status === 'rolling_back' && step !== 'roll_back') return BACK;
  if (!TURN[step].includes(record.status)) {
    if (isAhead(step, record.status)) throw new Error(`The step ${step} was asked for in ${record.status}.`);
    return GO;
  }
  if (step === 'plan' && record.strategy === 'external')
    return refuse(
      record,
      dependencies,
      'left_to_aws',
      LEFT_TO_AWS[record.trigger.kind === 'age' ? 'late' : 'asked'],
    );
  const opened = await open(record, dependencies);
  if ('problem' in opened) {
    if (step === 'plan') return refuse(record, dependencies, 'not_as_described', opened.problem);
    throw new Error(`The rotation cannot go on: ${opened.problem}`);
  }
  return ACTS[step](opened, dependencies);
}

const LEFT_TO_AWS = {
  asked: 'AWS rotates it with its vendor.',
  late: 'It is older than its policy allows: AWS, which rotates it with its vendor, has not done so.',
} as const;

/** A run with all that its steps need. */
interface Opened {
  readonly record: RotationRecord;
  readonly policy: ManagedSecret;
  readonly terms: Terms;
  readonly rotator: Rotator;
  readonly overlap: 'both' | 'one';
  readonly order: RotationOrder;
  /** The version that is to be replaced. */
  readonly old: SecretVersion;
  /** The new version, once it is staged. */
  readonly staged: SecretVersion | undefined;
}

type Act = (opened: Opened, dependencies: StepDependencies) => Promise<StepAnswer>;

const ACTS: Readonly<Record<keyof typeof TURN, Act>> = {
  plan,
  stage,
  install,
  verify,
  promote,
  await_consumers: awaitConsumers,
  confirm,
  retire,
  prove_dead: proveDead,
  roll_back: rollBack,
};

async function open(
  record: RotationRecord,
  { policies, rotators, vault, generators, randomBelow }: StepDependencies,
): Promise<Opened | { readonly problem: string }> {
  const policy = policies.find((each) => each.name === record.secret);
  if (policy === undefined) return { problem: 'no policy names this secret any more' };
  const rotator = rotators.find((each) => each.kind === record.rotator);
  if (rotator === undefined) return { problem: `there is no rotator ${record.rotator}` };
  const { settings } = policy.rotator;
  const overlap = rotator.overlap(record.strategy, settings);
  if (overlap === undefined) return { problem: `${rotator.kind} does not rotate by ${record.strategy}` };
  const old =
    record.fromVersion === undefined
      ? await vault.byLabel(policy.secret, 'AWSCURRENT')
      : await vault.byVersion(policy.secret, record.fromVersion);
  if (old === undefined) return { problem: 'the version that is to be replaced is not there' };
  const previous =
    record.fromVersion === undefined
      ? await vault.byLabel(policy.secret, 'AWSPREVIOUS')
      : record.previousVersion && (await vault.byVersion(policy.secret, record.previousVersion));
  const staged = await vault.byVersion(policy.secret, record.toVersion);
  const authority = policy.authority && (await vault.byLabel(policy.authority, 'AWSCURRENT'));
  if (policy.authority !== undefined && !authority) return { problem: 'the authority is not there' };
  const asked = (policy.generator && generators[policy.generator]) || DEFAULT_GENERATOR;
  const order: RotationOrder = {
    rotationId: record.rotationId,
    secret: record.secret,
    strategy: record.strategy,
    settings,
    current: old.value,
    newPassword: () => newPassword(asked, randomBelow),
    ...(previous && { previous: previous.value }),
    ...(staged && { staged: staged.value }),
    ...(authority && { authority: authority.value }),
  };
  const terms = termsOf(policy, record.trigger.emergency);
  return { record, policy, terms, rotator, overlap, order, old, staged };
}

/** Everything that can be known before anything is changed; what an earlier rotation left half done is put in order. */
async function plan(opened: Opened, dependencies: StepDependencies): Promise<StepAnswer> {
  const { record, rotator, order, old, terms } = opened;
  if (record.fromVersion !== undefined) return GO;
  const described = rotator.describe(old.value);
  if (!described.ok) return refuse(record, dependencies, 'not_as_described', described.error);
  return alone('plan', opened, dependencies, async () => {
    const looked = await lookAtOld(opened, dependencies);
    if ('answer' in looked) return looked;
    const recovered = await recoverPending(opened, dependencies);
    const before = [...looked.events, called('plan', recovered.calls)];
    if (recovered.answer.outcome === 'unavailable')
      return later(record, 'plan', recovered.calls, recovered.answer, 'refuse');
    const previous = await dependencies.vault.byLabel(opened.policy.secret, 'AWSPREVIOUS');
    const planned: RotationEvent = {
      type: 'planned_out',
      fromVersion: old.versionId,
      previousVersion: previous?.versionId,
      oldIdentity: described.value,
    };
    if (terms.oldDies === 'last') return { events: [...before, planned], answer: GO };
    const { answer, calls } = await rotator.retire(order, old.value);
    if (answer.outcome === 'unavailable') return later(record, 'plan', calls, answer, 'refuse');
    const seen: RotationEvent =
      answer.outcome === 'done'
        ? { type: 'old_found_dead' }
        : { type: 'noted', note: `The old one could not die first: ${answer.reason}` };
    return { events: [...before, called('plan', calls), seen, planned], answer: GO };
  });
}

/**
 * What is published has to work, and to pass every test, before anything is changed: what a broken one should be replaced
 * with cannot be told from a fault of the tests. What leaked may be revoked already; that is no reason to leave it.
 */
async function lookAtOld(
  opened: Opened,
  dependencies: StepDependencies,
): Promise<Decision | { readonly events: readonly RotationEvent[] }> {
  const { record, rotator, order, old, overlap, policy } = opened;
  if (record.trigger.emergency) {
    const { answer, calls } = await rotator.probe(order, old.value);
    if (answer.outcome === 'unavailable') return later(record, 'plan', calls, answer, 'refuse');
    const dead: readonly RotationEvent[] = answer.outcome === 'dead' ? [{ type: 'old_found_dead' }] : [];
    return { events: [called('plan', calls), ...dead] };
  }
  const first = await runTests('current', old.value, opened, dependencies);
  if (first.verdict === 'passed') return first;
  const stuck = await dependencies.vault.byLabel(policy.secret, 'AWSPENDING');
  // An earlier rotation has ended the current one, and has left before it published its own: that is mended.
  if (overlap === 'one' && stuck !== undefined && stuck.versionId !== old.versionId) {
    const { answer, calls } = await rotator.reinstate({ ...order, staged: stuck.value }, old.value);
    if (answer.outcome === 'done' && record.attempts + 1 < MAX_CURRENT_ATTEMPTS)
      return { events: [...first.events, called('plan', calls), TRIED], answer: again(1) };
  }
  const most = first.verdict === 'failed' ? MAX_CURRENT_ATTEMPTS : MAX_ATTEMPTS;
  if (record.attempts + 1 < most)
    return {
      events: [...first.events, TRIED],
      answer: again(Math.min(LONGEST_WAIT_SECONDS, 2 ** record.attempts)),
    };
  const reason = first.verdict === 'failed' ? 'current_broken' : 'provider_unavailable';
  return { events: [...first.events, { type: 'moved', move: 'refuse', reason }], answer: END };
}

/**
 * A version that an earlier rotation has staged and left: where it is a credential of its own, that is destroyed. Its
 * label goes in any case, for it would make later calls fail.
 */
async function recoverPending(
  { policy, record, rotator, order, old, overlap }: Opened,
  { vault }: StepDependencies,
): Promise<Told<Change>> {
  const pending = await vault.byLabel(policy.secret, 'AWSPENDING');
  if (pending === undefined || pending.versionId === record.toVersion || pending.versionId === old.versionId)
    return NOTHING_TO_DO;
  const stale: RotationOrder = { ...order, staged: pending.value };
  const told = await undoStale();
  if (told.answer.outcome !== 'unavailable')
    await vault.unlabel(policy.secret, 'AWSPENDING', pending.versionId);
  return told;

  async function undoStale(): Promise<Told<Change>> {
    if (pending === undefined || overlap === 'one') return NOTHING_TO_DO;
    const [stuck, current, previous] = [pending.value, old.value, order.previous].map((value) => {
      const described = value && rotator.describe(value);
      return described?.ok === true ? described.value.id : undefined;
    });
    // What is published, or was, is not removed with it; a second password of the same user is.
    const kept = record.strategy === 'single_user' ? previous : stuck === current ? current : previous;
    const same = pending.value.reveal() === old.value.reveal();
    if (stuck === undefined || stuck === kept || same) return NOTHING_TO_DO;
    return rotator.destroy(stale, pending.value);
  }
}

async function stage(opened: Opened, dependencies: StepDependencies): Promise<StepAnswer> {
  const { record, rotator, order, policy } = opened;
  const { vault } = dependencies;
  if (record.fromVersion === undefined) throw new Error('A rotation was to be staged before it was planned.');
  return alone('stage', opened, dependencies, async () => {
    if (!(await isCurrent(opened, record.fromVersion, vault))) return turnBack('overtaken');
    const staged = await stagedValue();
    if ('events' in staged) return staged;
    const identity = rotator.describe(staged.value);
    if (!identity.ok) return turnBack('broken', identity.error, called('stage', staged.calls));
    return {
      events: [
        called('stage', staged.calls),
        { type: 'identified', newIdentity: identity.value },
        { type: 'moved', move: 'stage' },
      ],
      answer: GO,
    };
  });

  async function stagedValue(): Promise<
    Decision | { readonly value: Redacted; readonly calls: Told<unknown>['calls'] }
  > {
    const known = await vault.byVersion(policy.secret, record.toVersion);
    if (known !== undefined) return { value: known.value, calls: [] };
    const { answer, calls } = await rotator.create(order);
    if (answer.outcome === 'unavailable') return later(record, 'stage', calls, answer, 'turn_back');
    if (answer.outcome === 'refused')
      return turnBack('refused_by_provider', answer.reason, called('stage', calls));
    if (await vault.stage(policy.secret, record.toVersion, answer.value))
      return { value: answer.value, calls };
    throw new Error('Another value was staged under the id of this rotation.');
  }
}

async function install(opened: Opened, dependencies: StepDependencies): Promise<StepAnswer> {
  const { record, rotator, order } = opened;
  const value = stagedOf(opened);
  return alone('install', opened, dependencies, async () => {
    if (!(await isCurrent(opened, record.fromVersion, dependencies.vault))) return turnBack('overtaken');
    const { answer, calls } = await rotator.install(order, value);
    if (answer.outcome === 'unavailable') return later(record, 'install', calls, answer, 'turn_back');
    if (answer.outcome === 'refused')
      return turnBack('refused_by_provider', answer.reason, called('install', calls));
    return { events: [called('install', calls), { type: 'moved', move: 'install' }], answer: GO };
  });
}

async function verify(opened: Opened, dependencies: StepDependencies): Promise<StepAnswer> {
  const { record } = opened;
  const tested = await runTests('staged', stagedOf(opened), opened, dependencies);
  if (tested.verdict === 'passed')
    return conclude(record, dependencies, {
      events: [...tested.events, { type: 'moved', move: 'verify' }],
      answer: GO,
    });
  return conclude(record, dependencies, testedInVain(record, tested, 'test_failed'));
}

async function promote(opened: Opened, dependencies: StepDependencies): Promise<StepAnswer> {
  const { record, policy, terms } = opened;
  const { vault, clock } = dependencies;
  const { fromVersion, toVersion } = record;
  return alone('promote', opened, dependencies, async () => {
    if (fromVersion === undefined || !(await vault.promote(policy.secret, toVersion, fromVersion)))
      return turnBack('overtaken');
    await vault.unlabel(policy.secret, 'AWSPENDING', toVersion);
    const waitsUntil = clock.now() + terms.acknowledgeSeconds * 1000;
    return { events: [{ type: 'moved', move: 'promote', waitsUntil }], answer: GO };
  });
}

async function awaitConsumers(opened: Opened, dependencies: StepDependencies): Promise<StepAnswer> {
  const { record, terms, policy } = opened;
  const nowMs = dependencies.clock.now();
  const late = record.consumers.filter(({ acknowledgedAt }) => acknowledgedAt === undefined);
  const note = `Not acknowledged by ${late.map(({ name }) => name).join(', ')}.`;
  const goOn = (...more: RotationEvent[]) =>
    conclude(record, dependencies, {
      events: [...more, { type: 'moved', move: 'acknowledge' }],
      answer: GO,
    });
  if (late.length === 0) return goOn();
  // The terms may have become those of an emergency since it began to wait.
  const since = fromIso(record.promotedAt ?? record.changedAt) ?? nowMs;
  const waitsUntil =
    record.status === 'held' && terms.late === 'hold'
      ? (fromIso(record.waitsUntil ?? '') ?? nowMs)
      : since + terms.acknowledgeSeconds * 1000;
  if (nowMs < waitsUntil) return again(pause(since, waitsUntil, nowMs));
  const then = record.status === 'held' && terms.late === 'hold' ? policy.acknowledge.afterHold : terms.late;
  switch (then) {
    case 'go_on':
      return goOn({ type: 'noted', note: `${note} It went on without them, as the policy says.` });
    case 'roll_back':
      return conclude(record, dependencies, turnBack('not_acknowledged', note));
    case 'hold':
      return conclude(record, dependencies, {
        events: [
          {
            type: 'moved',
            move: 'hold',
            reason: 'not_acknowledged',
            note,
            waitsUntil: nowMs + policy.acknowledge.hold * 1000,
          },
        ],
        answer: again(5),
      });
  }
}

/** The new one works where it is published, the old one has had its time, and nobody is seen to use it. */
async function confirm(opened: Opened, dependencies: StepDependencies): Promise<StepAnswer> {
  const { record, terms, rotator, order, old } = opened;
  const { clock, vault } = dependencies;
  if (!(await isCurrent(opened, record.toVersion, vault)))
    return conclude(record, dependencies, turnBack('overtaken'));
  if (
    !record.tests.some(({ of, name, outcome }) => of === 'in_use' && name === WORKS && outcome === 'passed')
  ) {
    const tested = await runTests('in_use', stagedOf(opened), opened, dependencies);
    if (tested.verdict !== 'passed')
      return conclude(record, dependencies, testedInVain(record, tested, 'not_in_use'));
    return conclude(record, dependencies, { events: tested.events, answer: again(1) });
  }
  const since = fromIso(record.acknowledgedAt ?? record.changedAt) ?? clock.now();
  const retireAt = since + terms.graceSeconds * 1000;
  if (clock.now() < retireAt) return again(pause(since, retireAt, clock.now()));
  const done: Decision = { events: [{ type: 'moved', move: 'confirm' }], answer: GO };
  if (rotator.lastUse === undefined || terms.stillUsed.within === 0)
    return conclude(record, dependencies, done);
  const { answer, calls } = await rotator.lastUse(order, old.value);
  if (answer.outcome === 'unavailable')
    return conclude(record, dependencies, later(record, 'confirm', calls, answer, 'turn_back'));
  const used = answer.at === undefined ? undefined : fromIso(answer.at);
  if (used === undefined || used <= since)
    return conclude(record, dependencies, { ...done, events: [called('confirm', calls), ...done.events] });
  const until = retireAt + terms.stillUsed.within * 1000;
  if (clock.now() < until) return again(pause(retireAt, until, clock.now()));
  const note = `The provider tells of a use of the old credential at ${toIso(used)}.`;
  return conclude(
    record,
    dependencies,
    terms.stillUsed.otherwise === 'roll_back'
      ? turnBack('still_used', note)
      : { ...done, events: [{ type: 'noted', note }, ...done.events] },
  );
}

async function retire(opened: Opened, dependencies: StepDependencies): Promise<StepAnswer> {
  const { record, rotator, order, old } = opened;
  return alone('retire', opened, dependencies, async () => {
    // The last look before the old one dies: what is published must be the new one.
    if (!(await isCurrent(opened, record.toVersion, dependencies.vault))) return turnBack('overtaken');
    if (record.strategy === 'generate_only')
      return { events: [{ type: 'moved', move: 'complete' }], answer: END };
    const { answer, calls } = await rotator.retire(order, old.value);
    if (answer.outcome === 'unavailable') return later(record, 'retire', calls, answer, 'fail');
    if (answer.outcome === 'refused')
      return fail('refused_by_provider', answer.reason, called('retire', calls));
    const deadBy = dependencies.clock.now() + rotator.propagationSeconds * 1000 + DEADLINE_SLACK_MS;
    return {
      events: [called('retire', calls), { type: 'moved', move: 'retire' }, { type: 'deadline_set', deadBy }],
      answer: GO,
    };
  });
}

async function proveDead(opened: Opened, dependencies: StepDependencies): Promise<StepAnswer> {
  const { record, rotator, order, old } = opened;
  return alone('prove_dead', opened, dependencies, async () => {
    const nowMs = dependencies.clock.now();
    const { answer, calls } = await rotator.probe(order, old.value);
    const seen = called('prove_dead', calls);
    const deadBy = record.deadBy ?? nowMs;
    if (answer.outcome !== 'dead') {
      const patience = answer.outcome === 'live' ? 0 : UNSEEN_GRACE_MS;
      if (nowMs >= deadBy + patience)
        return fail(answer.outcome === 'live' ? 'still_alive' : 'provider_unavailable', undefined, seen);
      // The first looks come quickly, for most credentials die at once.
      const wait = Math.min(LONGEST_LOOK_SECONDS, 2 ** Math.min(record.attempts, 10));
      return { events: [seen, TRIED], answer: again(wait) };
    }
    const gone: Told<Change> =
      opened.overlap === 'one' ? NOTHING_TO_DO : await rotator.destroy(order, old.value);
    if (gone.answer.outcome === 'unavailable')
      return later(record, 'prove_dead', [...calls, ...gone.calls], gone.answer, 'fail');
    const noted: RotationEvent[] =
      gone.answer.outcome === 'refused'
        ? [{ type: 'noted', note: `The old one is dead and could not be removed: ${gone.answer.reason}` }]
        : [];
    return {
      events: [
        called('prove_dead', [...calls, ...gone.calls]),
        ...noted,
        { type: 'moved', move: 'complete' },
      ],
      answer: END,
    };
  });
}

/**
 * Undoes what was done, in the order that leaves a valid credential at every instant: the old one works, then it is
 * published, then consumers have had time to follow, then the new one goes.
 */
async function rollBack(opened: Opened, dependencies: StepDependencies): Promise<StepAnswer> {
  const { record, policy, terms, overlap, old } = opened;
  const { vault, clock } = dependencies;
  const { toVersion, fromVersion, secret } = { ...record, secret: policy.secret };
  return alone('roll_back', opened, dependencies, async () => {
    // Nothing was changed yet.
    if (fromVersion === undefined) return { events: [{ type: 'moved', move: 'roll_back' }], answer: END };
    const current = await vault.byLabel(secret, 'AWSCURRENT');
    if (current?.versionId === toVersion) {
      const revived = await revive(opened);
      if (revived !== 'works') return revived;
      if (!(await vault.promote(secret, old.versionId, toVersion)))
        return { events: [TRIED], answer: again(1) };
      const patience = overlap === 'both' ? Math.max(terms.acknowledgeSeconds, terms.graceSeconds) : 0;
      return {
        events: [{ type: 'demoted', waitsUntil: clock.now() + patience * 1000 }],
        answer: again(1),
      };
    }
    const overtaken = current?.versionId !== fromVersion;
    if (record.demotedAt === undefined && !overtaken && !record.oldDead) {
      const revived = await revive(opened);
      if (revived !== 'works') return revived;
    }
    const until = fromIso(record.waitsUntil ?? '') ?? 0;
    if (record.demotedAt !== undefined && clock.now() < until && !haveFollowed(record)) {
      const since = fromIso(record.demotedAt) ?? clock.now();
      return { events: [{ type: 'released' }], answer: again(pause(since, until, clock.now())) };
    }
    return clearNew(opened, current, dependencies);
  });
}

/** Whether every consumer that used the new version has said that it uses the old one again. */
const haveFollowed = ({ consumers, heard, fromVersion }: RotationRecord): boolean =>
  consumers.length > 0 &&
  consumers.every(
    ({ name, acknowledgedAt }) => acknowledgedAt === undefined || heard[name]?.versionId === fromVersion,
  );

/** Makes sure that the old one works. What has leaked is not brought back to life, only found alive. */
async function revive({ record, rotator, order, old, overlap, terms }: Opened): Promise<Decision | 'works'> {
  const mayReinstate = !record.trigger.emergency || (overlap === 'one' && terms.oldDies === 'last');
  const lost = (reason: string, calls: Told<unknown>['calls']) =>
    fail(record.reason ?? 'broken', `It could not go back: ${reason}`, called('roll_back', calls));
  const reinstated: Told<Change> = mayReinstate ? await rotator.reinstate(order, old.value) : NOTHING_TO_DO;
  if (reinstated.answer.outcome === 'refused') return lost(reinstated.answer.reason, reinstated.calls);
  const alive: Told<Liveness | Unavailable> =
    reinstated.answer.outcome === 'unavailable'
      ? { answer: reinstated.answer, calls: [] }
      : await rotator.probe(order, old.value);
  const calls = [...reinstated.calls, ...alive.calls];
  if (alive.answer.outcome === 'live') return 'works';
  if (record.attempts + 1 >= MAX_BACK_ATTEMPTS || (alive.answer.outcome === 'dead' && !mayReinstate))
    return lost('the old one does not work', calls);
  return { events: [called('roll_back', calls), TRIED], answer: again(backoff(record)) };
}

/** The new one goes, unless somebody has published it, or something of the same name, meanwhile. */
async function clearNew(
  { record, policy, rotator, order, staged, overlap }: Opened,
  current: SecretVersion | undefined,
  { vault }: StepDependencies,
): Promise<Decision> {
  const published = current && rotator.describe(current.value);
  // Who has published something of the same name may have done so with this value's help.
  const isPublished =
    current?.versionId !== record.fromVersion &&
    published?.ok === true &&
    published.value.id === record.newIdentity?.id;
  const told: Told<Change> =
    isPublished || overlap === 'one' ? NOTHING_TO_DO : await rotator.destroy(order, staged?.value);
  const seen = called('roll_back', told.calls);
  if (told.answer.outcome === 'unavailable') {
    if (record.attempts + 1 < MAX_BACK_ATTEMPTS)
      return { events: [seen, TRIED], answer: again(backoff(record, told.answer)) };
    return fail(record.reason ?? 'broken', `The new one may be left over: ${told.answer.reason}`, seen);
  }
  for (const label of ['AWSPENDING', 'AWSPREVIOUS'] as const)
    await vault.unlabel(policy.secret, label, record.toVersion);
  if (told.answer.outcome === 'refused')
    return fail(record.reason ?? 'broken', `The new one is left over: ${told.answer.reason}`, seen);
  if (record.oldDead)
    return fail(record.reason ?? 'broken', 'The old one is dead and the new one did not do.', seen);
  return { events: [seen, { type: 'moved', move: 'roll_back' }], answer: END };
}

/** A step has failed over and over: what was done is undone, or where that is too late, people are told. */
async function giveUp(record: RotationRecord, dependencies: StepDependencies): Promise<StepAnswer> {
  if (record.status === 'rolling_back') return BACK;
  // The new one is in use and works: only the old one's end is missing.
  const late = record.status === 'in_use' || record.status === 'retired';
  return conclude(record, dependencies, late ? fail('broken') : turnBack('broken'));
}

/** The way back has failed over and over as well. */
async function abandon(record: RotationRecord, dependencies: StepDependencies): Promise<StepAnswer> {
  const { status } = record;
  if (status !== 'rolling_back') return giveUp(record, dependencies);
  return conclude(record, dependencies, fail(record.reason ?? 'broken', 'It could not go back.'));
}

/** The test that every version has to pass besides those of the policy: the rotator's own look whether it works. */
const WORKS = 'works';

interface Tested {
  readonly verdict: 'passed' | 'failed' | 'unavailable';
  readonly events: readonly RotationEvent[];
}

async function runTests(
  of: TestResult['of'],
  value: Redacted,
  { record, policy, terms, rotator, order }: Opened,
  { verifiers, clock }: StepDependencies,
): Promise<Tested> {
  const { rotationId, secret } = record;
  const timed = async (
    name: string,
    kind: string,
    run: () => Promise<Told<TestOutcome>>,
  ): Promise<{ result: TestResult; calls: Told<unknown>['calls'] }> => {
    const startedMs = clock.now();
    const { answer, calls } = await run();
    const tookMs = clock.now() - startedMs;
    const reason = answer.outcome === 'passed' ? {} : { reason: answer.reason.slice(0, 500) };
    return {
      result: { name, kind, of, outcome: answer.outcome, ...reason, at: toIso(startedMs), tookMs },
      calls,
    };
  };
  const ran = await Promise.all([
    timed(WORKS, rotator.kind, async () => {
      const { answer, calls } = await rotator.probe(order, value);
      return { answer: worksOf(answer), calls };
    }),
    ...policy.tests
      .filter(({ name }) => terms.tests.has(name))
      .map(({ name, kind, settings }) =>
        timed(name, kind, async () => {
          const verifier = verifiers.find((each) => each.kind === kind);
          if (verifier === undefined) throw new Error(`There is no test of the kind ${kind}.`);
          return verifier.run({ rotationId, secret, settings, value });
        }),
      ),
  ]);
  const at = toIso(clock.now());
  const skipped = policy.tests
    .filter(({ name }) => !terms.tests.has(name))
    .map(({ name, kind }): TestResult => ({ name, kind, of, outcome: 'skipped', at, tookMs: 0 }));
  const results = ran.map(({ result }) => result);
  const outcomes = results.map(({ outcome }) => outcome);
  return {
    verdict: outcomes.every((each) => each === 'passed')
      ? 'passed'
      : outcomes.includes('failed')
        ? 'failed'
        : 'unavailable',
    events: [
      { type: 'tested', results: [...results, ...(record.attempts === 0 ? skipped : [])] },
      called(
        of,
        ran.flatMap(({ calls }) => calls),
      ),
    ],
  };
}

function worksOf(answer: Liveness): TestOutcome {
  switch (answer.outcome) {
    case 'live':
      return { outcome: 'passed' };
    case 'dead':
      return { outcome: 'failed', reason: 'the provider does not accept it' };
    case 'unavailable':
      return answer;
  }
}

/** A new credential may not be known everywhere yet, so it is tested again some times. */
function testedInVain(
  record: RotationRecord,
  { verdict, events }: Tested,
  reason: 'test_failed' | 'not_in_use',
): Decision {
  const most = verdict === 'failed' ? MAX_TEST_ATTEMPTS : MAX_ATTEMPTS;
  if (record.attempts + 1 < most)
    return {
      events: [...events, TRIED],
      answer: again(Math.min(LONGEST_WAIT_SECONDS, 2 ** record.attempts)),
    };
  return turnBack(verdict === 'failed' ? reason : 'provider_unavailable', undefined, ...events);
}

async function isCurrent(
  { policy }: Opened,
  versionId: string | undefined,
  vault: SecretVault,
): Promise<boolean> {
  const versions = await vault.versions(policy.secret);
  return versionId !== undefined && (versions.get(versionId) ?? []).includes('AWSCURRENT');
}

function stagedOf({ staged }: Opened): Redacted {
  if (staged === undefined) throw new Error('The version that was staged is not there any more.');
  return staged.value;
}

/** What a step has come to: what happened, and what the workflow does next. */
interface Decision {
  readonly events: readonly RotationEvent[];
  readonly answer: StepAnswer;
}

const TRIED = { type: 'tried' } as const;
const NOTHING_TO_DO: Told<Change> = { answer: { outcome: 'done' }, calls: [] };
const called = (step: string, calls: Told<unknown>['calls']): RotationEvent => ({
  type: 'called',
  step,
  calls,
});

function turnBack(reason: RotationReason, note?: string, ...before: readonly RotationEvent[]): Decision {
  return {
    events: [...before, { type: 'moved', move: 'turn_back', reason, ...(note !== undefined && { note }) }],
    answer: BACK,
  };
}

function fail(reason: RotationReason, note?: string, ...before: readonly RotationEvent[]): Decision {
  return {
    events: [...before, { type: 'moved', move: 'fail', reason, ...(note !== undefined && { note }) }],
    answer: END,
  };
}

/** No answer to rely on: try again later, and after so many times do what the step says. */
function later(
  record: RotationRecord,
  step: string,
  calls: Told<unknown>['calls'],
  answer: Unavailable,
  otherwise: 'refuse' | 'turn_back' | 'fail',
): Decision {
  const seen = called(step, calls);
  if (record.attempts + 1 < MAX_ATTEMPTS)
    return { events: [seen, TRIED], answer: again(backoff(record, answer)) };
  switch (otherwise) {
    case 'refuse':
      return {
        events: [
          seen,
          { type: 'moved', move: 'refuse', reason: 'provider_unavailable', note: answer.reason },
        ],
        answer: END,
      };
    case 'turn_back':
      return turnBack('provider_unavailable', answer.reason, seen);
    case 'fail':
      return fail('provider_unavailable', answer.reason, seen);
  }
}

const backoff = ({ attempts }: RotationRecord, answer?: Unavailable): number =>
  Math.min(LONGEST_WAIT_SECONDS, Math.max(2 ** Math.min(attempts, 10), answer?.retryAfterSeconds ?? 0));

/** Seconds until the next look: short at first, longer the longer it has been waited for, never beyond the deadline. */
function pause(sinceMs: number, untilMs: number, nowMs: number): number {
  const waited = Math.max(0, nowMs - sinceMs) / 1000;
  return Math.min(Math.max(1, waited / 4), LONGEST_LOOK_SECONDS, (untilMs - nowMs) / 1000);
}

function refuse(
  record: RotationRecord,
  dependencies: StepDependencies,
  reason: RotationReason,
  note: string,
): Promise<StepAnswer> {
  return conclude(record, dependencies, {
    events: [{ type: 'moved', move: 'refuse', reason, note }],
    answer: END,
  });
}

/** Acts while nobody else does. Who comes meanwhile waits; who dies holds the claim until it ends. */
async function alone(
  step: Step,
  { record }: Opened,
  dependencies: StepDependencies,
  act: () => Promise<Decision>,
): Promise<StepAnswer> {
  const { store, clock } = dependencies;
  const nowMs = clock.now();
  if (record.claim !== undefined && record.claim.until > nowMs)
    return again((record.claim.until - nowMs) / 1000);
  const until = nowMs + CLAIM_MS;
  const claimed = evolve(record, [{ type: 'claimed', step, until }], nowMs);
  if (!(await store.write(claimed, record.revision, undefined))) return again(1);
  let decision: Decision;
  try {
    decision = await act();
  } catch (error) {
    // It has stopped acting: the next attempt need not wait.
    await conclude(claimed, dependencies, { events: [{ type: 'released' }], answer: GO });
    throw error;
  }
  const { events, answer } = decision;
  return conclude(claimed, dependencies, { events: [...events, { type: 'released' }], answer });
}

/** Writes what a step has come to, where the rotation stands as the step has seen it. */
async function conclude(
  seen: RotationRecord,
  dependencies: StepDependencies,
  { events, answer }: Decision,
): Promise<StepAnswer> {
  const written = await settle(seen, dependencies, (now) => {
    if (now.status === seen.status) return events;
    // Somebody turned it back meanwhile: what was done is undone by that, once nobody acts any more.
    const mine = seen.claim !== undefined && now.claim?.until === seen.claim.until;
    return mine ? [{ type: 'released' }] : [];
  });
  if (written.run !== seen.run || isTerminal(written.status)) return END;
  return written.status === 'rolling_back' && answer.next !== 'again' ? BACK : answer;
}

/**
 * Decides on the record as it is now, again where somebody wrote meanwhile, and writes.
 * @param decideOn events, none where there is nothing more to say
 * @returns the record as it is afterwards
 */
export async function settle(
  { secret, run }: Pick<RotationRecord, 'secret' | 'run'>,
  { store, clock }: Pick<StepDependencies, 'store' | 'clock'>,
  decideOn: (now: RotationRecord) => readonly RotationEvent[],
): Promise<RotationRecord> {
  for (let attempt = 0; attempt < MAX_WRITES; attempt += 1) {
    const now = await store.get(secret);
    if (now === undefined) throw new Error('The rotation is gone.');
    const events = now.run === run ? decideOn(now) : [];
    if (events.length === 0) return now;
    const after = evolve(now, events, clock.now());
    if (await store.write(after, now.revision, moveIn(events))) return after;
  }
  throw new Error(`The rotation of ${secret} is being written by others all the time.`);
}

function moveIn(events: readonly RotationEvent[]): Move | undefined {
  return events.find((event) => event.type === 'moved')?.move;
}
