/**
 * The whole of a rotation in memory: the definition that is deployed, the domain's steps, a store and a vault with the
 * real ones' conditions, a provider that knows what works, consumers, people and time. What must hold at every instant is
 * looked at after every single change.
 */
import { rotationStep, type RotationTrigger } from '../../functions/contracts/rotation.ts';
import { answerAtDesk } from '../../functions/rotation/domain/desk.ts';
import { beginFollowUp, beginRotation } from '../../functions/rotation/domain/begin-rotation.ts';
import type { ManagedSecret } from '../../functions/rotation/domain/policy.ts';
import type { RotationOrder, RotationWorkflow, RunOrder } from '../../functions/rotation/domain/ports.ts';
import type { RotationRecord } from '../../functions/rotation/domain/rotation.ts';
import { takeStep } from '../../functions/rotation/domain/take-step.ts';
import { rotationDefinition } from '../../lib/rotation/definition.ts';
import { Execution } from './asl.ts';
import { FakeRotationStore, FakeSecretVault } from './fake-rotation-store.ts';
import { FakeRotator, FakeVerifier, textOf, type FakeKind, type Trouble } from './fake-rotator.ts';

const DEFINITION = rotationDefinition('advance');
const START = Date.parse('2026-11-21T08:00:00.000Z');

export interface WorldOptions {
  readonly kind: FakeKind;
  readonly policy: ManagedSecret;
  /** What the second test says of a new value. */
  readonly permission: 'passes' | 'fails' | 'flickers' | 'silent';
  /** The steps, where they are not the real ones. */
  readonly steps?: typeof takeStep;
}

export class RotationWorld implements RotationWorkflow {
  nowMs = START;
  readonly clock = { now: () => this.nowMs };
  readonly store = new FakeRotationStore();
  readonly vault = new FakeSecretVault();
  readonly rotator: FakeRotator;
  readonly verifiers: readonly FakeVerifier[];
  readonly executions = new Map<string, Execution>();
  /** What goes wrong next; when it is empty, nothing does. */
  readonly troubles: Trouble[] = [];
  /** What must never be and was. */
  readonly violations: string[] = [];
  readonly policy: ManagedSecret;
  /** When the rotation has come so far, somebody publishes the old one again. */
  putBackAt: RotationRecord['status'] | undefined;
  readonly #options: WorldOptions;
  #ids = 0;
  #tests = 0;
  #lastActor = '';
  readonly #actorsBefore = new Set<string>();
  #overtakes = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.policy = options.policy;
    this.rotator = new FakeRotator({
      kind: options.kind,
      nowMs: () => this.nowMs,
      trouble: () => this.troubles.shift() ?? 'none',
      changed: (call, order) => this.#providerChanged(call, order),
    });
    this.verifiers = [
      new FakeVerifier('sign-in', (text) => (this.rotator.isLive(text) ? 'passed' : 'failed')),
      new FakeVerifier('permission', (text) => this.#permission(text)),
    ];
    this.rotator.works.set('a', 'password-0');
    this.vault.add(this.policy.secret, 'version-0', textOf({ id: 'a', password: 'password-0' }));
    this.vault.changed = (change, _secret, versionId) => this.#vaultChanged(change, versionId);
    const trouble = (access: 'read' | 'before_write' | 'after_write') => {
      const next = this.troubles.shift() ?? 'none';
      if (next === 'throws_before' && access !== 'after_write') throw new Error('no answer');
      if (next === 'throws_after' && access === 'after_write') throw new Error('the answer was lost');
    };
    this.store.trouble = trouble;
    this.store.wrote = ({ status }) => {
      if (status !== this.putBackAt) return;
      this.putBackAt = undefined;
      this.putBack();
    };
    this.vault.trouble = trouble;
  }

  get record(): RotationRecord | undefined {
    return this.store.records.get(this.policy.name);
  }

  get published(): string {
    return this.vault.current(this.policy.secret) ?? '';
  }

  #permission(text: string): 'passed' | 'failed' | 'unavailable' {
    // What is published first is in order: a policy whose tests never pass rotates nothing.
    if (text.includes('password-0')) return 'passed';
    if (this.#options.permission === 'fails') return 'failed';
    if (this.#options.permission === 'silent') return 'unavailable';
    this.#tests += 1;
    return this.#options.permission === 'flickers' && this.#tests % 2 === 1 ? 'unavailable' : 'passed';
  }

  #emergency(): boolean {
    return this.record?.trigger.emergency === true;
  }

  #providerChanged(call: string, order: RotationOrder): void {
    if (order.rotationId !== this.#lastActor) {
      this.#actorsBefore.add(this.#lastActor);
      this.#lastActor = order.rotationId;
      if (this.#actorsBefore.has(order.rotationId))
        this.violations.push(`${call} of a rotation that was over`);
    }
    if (this.rotator.mostActing > 1) this.violations.push(`${call} while another call acts`);
    const { record } = this;
    if (call === 'retire' && record !== undefined && !record.trigger.emergency) {
      if (this.vault.of(this.policy.secret).labels.get('AWSCURRENT') === record.fromVersion)
        this.violations.push('retired what is published');
      const late = record.consumers.some(({ acknowledgedAt }) => acknowledgedAt === undefined);
      if (late && record.note === undefined)
        this.violations.push('retired before consumers have acknowledged');
    }
    this.#look(call);
  }

  #vaultChanged(change: string, versionId: string): void {
    const text = this.vault.of(this.policy.secret).versions.get(versionId) ?? '';
    if (change === 'promote' && versionId === this.record?.toVersion) {
      const needed = this.#emergency() ? this.verifiers.slice(0, 1) : this.verifiers;
      if (!needed.every(({ passed }) => passed.has(text)))
        this.violations.push('promoted without a passed test');
      if (!this.record.tests.some(({ of, outcome }) => of === 'staged' && outcome === 'passed'))
        this.violations.push('promoted without a test in the record');
    }
    this.#look(change);
  }

  /** What holds at every instant. In an emergency somebody else may have ended the old one. */
  #look(after: string): void {
    if (this.record?.oldDead === true || this.#emergency()) return;
    // Nor is a later rotation to blame for what the policy of an emergency has ended.
    const published = this.vault.of(this.policy.secret).labels.get('AWSCURRENT');
    if (this.store.written.some(({ oldDead, fromVersion }) => oldDead && fromVersion === published)) return;
    if (this.rotator.works.size === 0) this.violations.push(`no valid credential after ${after}`);
    if (this.#options.kind !== 'user' && !this.rotator.isLive(this.published))
      this.violations.push(`what is published does not work after ${after}`);
  }

  start(name: string, order: RunOrder): Promise<void> {
    if (!this.executions.has(name)) this.executions.set(name, new Execution(name, DEFINITION, { ...order }));
    return Promise.resolve();
  }

  get #begin() {
    return {
      ...{ store: this.store, workflow: this, clock: this.clock, policies: [this.policy] },
      history: () => Promise.resolve([]),
      newId: () => (this.#ids += 1).toString(16).padStart(32, '0'),
    };
  }

  async rotate(trigger: Partial<RotationTrigger> = {}, leakedVersion?: string): Promise<void> {
    const full = { kind: 'schedule', by: 'scheduler', emergency: false, ...trigger } as const;
    await this.#mayFail(() =>
      beginRotation(
        { policy: this.policy, trigger: full, ...(leakedVersion !== undefined && { leakedVersion }) },
        this.#begin,
      ),
    );
  }

  async person(what: 'go_on' | 'roll_back'): Promise<void> {
    const request = { do: what, secret: this.policy.name, by: 'ann', why: 'because' };
    await this.#mayFail(() => answerAtDesk(request, this.#begin));
  }

  /** A consumer reads what is published, and says so. */
  async consume(consumer: string): Promise<void> {
    const versionId = this.vault.of(this.policy.secret).labels.get('AWSCURRENT');
    const request = { do: 'acknowledge', secret: this.policy.name, consumer, versionId };
    await this.#mayFail(() => answerAtDesk(request, this.#begin));
  }

  /** Somebody publishes a credential of their own, beside every rule. */
  overtake(): void {
    if (this.#options.kind !== 'key') return;
    const id = `foreign-${(this.#overtakes += 1)}`;
    this.rotator.works.set(id, 'password');
    const { versions, labels } = this.vault.of(this.policy.secret);
    versions.set(id, textOf({ id, password: 'password' }));
    labels.set('AWSPREVIOUS', labels.get('AWSCURRENT') ?? '').set('AWSCURRENT', id);
  }

  /** Somebody publishes the old one again, beside every rule. */
  putBack(): void {
    const { labels } = this.vault.of(this.policy.secret);
    const [current, previous] = [labels.get('AWSCURRENT'), labels.get('AWSPREVIOUS')];
    const text = this.vault.of(this.policy.secret).versions.get(previous ?? '');
    if (current === undefined || previous === undefined || text === undefined) return;
    if (this.#options.kind === 'user' || !this.rotator.isLive(text) || this.rotator.isDying(text)) return;
    labels.set('AWSPREVIOUS', current).set('AWSCURRENT', previous);
  }

  /** The leaked credential is revoked by somebody else, as a leak's is. */
  revoke(): void {
    const [id] =
      [...this.rotator.works].find(([one, password]) => this.published === textOf({ id: one, password })) ??
      [];
    if (id !== undefined && this.#emergency()) this.rotator.works.delete(id);
  }

  /**
   * One transition of one execution, with what goes wrong in it.
   * @param duplicate so many turns behind, the same call is made a second time, as by a retry of one that still runs
   */
  async advance(index: number, duplicate?: number, troubles: readonly Trouble[] = []): Promise<void> {
    const running = this.#running();
    this.troubles.push(...troubles);
    const execution = running[index % Math.max(1, running.length)];
    await execution?.step(this.nowMs, async (payload) => {
      const order = { secret: String(payload['secret']), run: Number(payload['run']) };
      const take = () =>
        (this.#options.steps ?? takeStep)(rotationStep.parse(payload['step']), order, {
          ...{ store: this.store, vault: this.vault, policies: [this.policy], generators: {} },
          ...{ rotators: [this.rotator], verifiers: this.verifiers, clock: this.clock },
          randomBelow: () => 0,
        });
      const late = async () => {
        for (let turn = 0; turn < (duplicate ?? 0); turn += 1) await Promise.resolve();
        await take().catch(() => undefined);
      };
      // Also where the first has failed, the second has ended before time goes on: claims outlast every call.
      const [first] = await Promise.allSettled([take(), ...(duplicate === undefined ? [] : [late()])]);
      if (first.status === 'rejected') throw first.reason;
      const answer = first.value;
      if (answer.next === 'end' && this.record) await beginFollowUp(this.policy, this.record, this.#begin);
      return answer;
    });
    this.troubles.length = 0;
  }

  #running(): Execution[] {
    return [...this.executions.values()].filter(({ ended }) => ended === 'no');
  }

  /** From here on nothing fails any more: every run comes to its end. */
  async settle(): Promise<void> {
    this.troubles.length = 0;
    for (let turn = 0; turn < 5_000; turn += 1) {
      const running = this.#running();
      if (running.length === 0) return;
      const ready = running.findIndex(({ waitsUntil }) => waitsUntil <= this.nowMs);
      if (ready >= 0) await this.advance(ready);
      else this.nowMs = Math.min(...running.map(({ waitsUntil }) => waitsUntil));
    }
    throw new Error('The runs do not end.');
  }

  async #mayFail(act: () => Promise<unknown>): Promise<void> {
    await act().catch((error: unknown) => {
      if (!(error instanceof Error) || !/answer|ask again/.test(error.message)) throw error;
    });
  }
}
