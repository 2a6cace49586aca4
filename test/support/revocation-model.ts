/**
 * The whole run under any order of crashes, repeats, duplicates, outages, decisions of people, changes of the policy and
 * passing time: the definition that is deployed, the domain's steps, a store with the real one's conditions, and a judge
 * who sees each act at the provider and each state that is written, and knows what is true of every credential.
 */
import fc from 'fast-check';
import { AsyncLocalStorage } from 'node:async_hooks';
import { revocationStep, type RevocationRequest } from '../../functions/contracts/revocation.ts';
import { beginRevocation } from '../../functions/revocation/domain/begin-revocation.ts';
import { answerAtDesk } from '../../functions/revocation/domain/desk.ts';
import { admit } from '../../functions/revocation/domain/limit.ts';
import type { ResponsePolicy } from '../../functions/revocation/domain/policy.ts';
import type { EvidenceVault, RunOrder, Workflow } from '../../functions/revocation/domain/ports.ts';
import type { RevocationRecord } from '../../functions/revocation/domain/revocation.ts';
import { takeStep } from '../../functions/revocation/domain/take-step.ts';
import { isTerminal } from '../../functions/revocation/domain/transitions.ts';
import { revocationDefinition } from '../../lib/revocation/definition.ts';
import { Execution } from './asl.ts';
import { FakeRevocationProvider, type FakeAct, type FakeCredential } from './fake-revocation-provider.ts';
import {
  FakeEvidenceVault,
  FakeReplacements,
  FakeRevocationLimit,
  FakeRevocationStore,
} from './fake-revocation-store.ts';
import { aCaseId, aLeak, aPolicy } from './revocation-builder.ts';

/** What is judged: the domain, or a mutant of it. */
export interface Subject {
  readonly takeStep: typeof takeStep;
  readonly answerAtDesk: typeof answerAtDesk;
  readonly beginRevocation: typeof beginRevocation;
  readonly admit: typeof admit;
}
export const REAL: Subject = { takeStep, answerAtDesk, beginRevocation, admit };

const DEFINITION = revocationDefinition('advance');
export const START = Date.parse('2026-11-21T08:00:00.000Z');
const SECRETS = 3;
const HOUR_MS = 3_600_000;
/** When what is managed has been replaced, where it is in time. */
const REPLACED_AFTER_MS = 20_000;
/** The longest wait between two tries that a run may ask for, in seconds. */
const LONGEST_PAUSE_SECONDS = 120;
/** Beyond what a run that is gone leaves its record standing. */
const STANDSTILL_MS = 31 * 60_000;

type Trouble = 'none' | 'unavailable' | 'throws_before' | 'throws_after';
/** What goes wrong at which access to the world outside, counted from the beginning of a turn. */
type Troubles = readonly { readonly at: number; readonly what: Trouble }[];
type Decision = Extract<RevocationRequest, { by: string }>['do'];

/** One call of the function that takes steps. */
interface Take {
  readonly caseId: string;
  readonly run: number;
  readonly step: string;
  /** The credential is revoked, and this call knows. */
  told: boolean;
}

export interface WorldOptions {
  readonly credentials: readonly FakeCredential[];
  /** The policy, and the one that a deployment may put in its place. */
  readonly policies: readonly [Record<string, unknown>, Record<string, unknown>];
  /** Two providers that both claim the type of secret: nobody may guess. */
  readonly twoProviders?: boolean;
  readonly provesBySecondRevocation?: boolean;
  /** What rotation says of every credential: nothing that is managed, replaced in time or never, or no word. */
  readonly replacement?: 'unmanaged' | 'in_time' | 'never' | 'silent';
  /** The provider goes down at the end of the story and stays so: runs must end nevertheless. */
  readonly staysDown?: boolean;
}

export class World implements Workflow {
  nowMs = START;
  readonly store = new FakeRevocationStore();
  readonly evidence = new FakeEvidenceVault();
  readonly provider: FakeRevocationProvider;
  readonly replacements = new FakeReplacements(() => this.nowMs);
  readonly executions = new Map<string, Execution>();
  policy: ResponsePolicy;
  /** What the judge found, each once. */
  readonly broken = new Set<string>();
  /** Whether anything went wrong or anybody interfered: without, an ordinary credential must be proven dead. */
  calm = true;
  readonly clock = { now: () => this.nowMs };
  readonly #subject: Subject;
  readonly #options: WorldOptions;
  readonly #policies: readonly [ResponsePolicy, ResponsePolicy];
  readonly #limit: FakeRevocationLimit;
  readonly #takes = new AsyncLocalStorage<Take>();
  /** Acts at the provider that are under way, by credential. */
  readonly #acting = new Map<string, number>();
  /** Runs whose function knew that the credential is revoked, and returned. */
  readonly #told = new Set<string>();
  readonly #admitted = new Map<string, number>();
  /** Requests of people that got no answer: they ask again. */
  readonly #unanswered = new Map<number, Decision>();
  readonly #people = new AsyncLocalStorage<Decision>();
  #isDown = false;
  #troubles: Troubles = [];
  #access = 0;

  constructor(options: WorldOptions, subject: Subject = REAL) {
    this.#options = options;
    this.#subject = subject;
    this.#limit = new FakeRevocationLimit(subject.admit);
    this.#policies = [aPolicy(options.policies[0]), aPolicy(options.policies[1])];
    this.policy = this.#policies[0];
    this.provider = new FakeRevocationProvider({
      nowMs: () => this.nowMs,
      trouble: () => (this.#isDown ? 'unavailable' : this.#trouble()),
      watch: (act) => this.#judgeAct(act),
      provesBySecondRevocation: options.provesBySecondRevocation === true,
    });
    this.store.trouble = (access) => {
      const trouble = this.#trouble();
      if (access === 'after_write' ? trouble === 'throws_after' : trouble.startsWith('throws'))
        throw new Error('the table gave no answer');
    };
    this.store.wrote = (before, after) => this.#judgeWrite(before, after);
    const { replacement = 'unmanaged' } = options;
    this.replacements.trouble = () => {
      this.#fault('rotation');
      if (replacement === 'silent') throw new Error('rotation gave no answer');
    };
    options.credentials.forEach((credential, index) => {
      if (replacement === 'in_time' || replacement === 'never')
        this.replacements.managed.set(
          aLeak(index + 1).fingerprint,
          replacement === 'in_time' ? START + REPLACED_AFTER_MS : Number.POSITIVE_INFINITY,
        );
      this.provider.add(`secret-${index + 1}`, credential);
      this.evidence.sealed.set(aLeak(index + 1).fingerprint, `secret-${index + 1}`);
    });
  }

  #trouble(): Trouble {
    const at = this.#access++;
    return this.#troubles.find((each) => each.at === at)?.what ?? 'none';
  }

  #fault(what: string): void {
    if (this.#trouble().startsWith('throws')) throw new Error(`${what} gave no answer`);
  }

  #break(why: string): void {
    this.broken.add(why);
  }

  #credentialOf(caseId: string): FakeCredential | undefined {
    return this.#options.credentials[Number.parseInt(caseId.slice('case_'.length), 16) - 1];
  }

  // What may be done at the provider, and when.
  #judgeAct({ act, id, ofSecret }: FakeAct): (outcome: string | undefined) => void {
    const take = this.#takes.getStore();
    const real = this.#options.credentials.find((each) => each.id === id);
    const record = take && this.store.records.get(take.caseId);
    if (take === undefined || real === undefined || record === undefined) {
      this.#break(`${act}: of a credential that nobody leaked`);
      return () => undefined;
    }
    const run = `${take.caseId}-${take.run}`;
    const mine = this.#credentialOf(take.caseId);
    if (mine?.id !== id || (act !== 'restore' && ofSecret !== id)) this.#break(`${act}: of the wrong one`);
    if ((this.#acting.get(id) ?? 0) > 0) this.#break(`${act}: two at once`);
    if (act === 'restore') {
      if (record.undo === undefined) this.#break('restore: nobody asked for it');
      if (!record.cleared) this.#break('restore: nothing was taken');
    } else this.#judgeTaking(act, take, record, real);
    this.#acting.set(id, (this.#acting.get(id) ?? 0) + 1);
    return (outcome) => {
      this.#acting.set(id, (this.#acting.get(id) ?? 0) - 1);
      if (act === 'revoke' && (outcome === 'revoked' || outcome === 'already_dead')) take.told = true;
      if (act === 'restore' && outcome === 'revoked') this.#told.delete(run);
    };
  }

  #judgeTaking(
    act: 'contain' | 'revoke',
    { caseId, run, step }: Take,
    record: RevocationRecord,
    real: FakeCredential,
  ): void {
    const { kind, principal } = real;
    const proving =
      act === 'revoke' && step === 'prove_dead' && this.#options.provesBySecondRevocation === true;
    if (!record.cleared || record.decidedBy === undefined) this.#break(`${act}: nobody has cleared it`);
    if (record.uses === undefined) this.#break(`${act}: before anybody looked at what else uses it`);
    if (proving ? record.status !== 'revoked' : !['live', 'contained'].includes(record.status))
      this.#break(`${act}: of one that is ${record.status}`);
    if (!proving && this.#told.has(`${caseId}-${run}`)) this.#break(`${act}: again after an answer`);
    // A proof that only a second revocation gives changes nothing any more.
    if (!proving && this.#isDry()) this.#break(`${act}: in a dry run`);
    if (!proving && this.#protectionOf(principal) !== 'none')
      this.#break(`${act}: of one that is protected, or may be`);
    // Where a step was given up after its tries, what is known of the replacement holds nothing up.
    const replacedAt = this.replacements.managed.get(record.fingerprint) ?? START;
    if (this.calm && this.nowMs < Math.min(replacedAt, START + FakeReplacements.SECONDS * 1000))
      this.#break(`${act}: of one that is being replaced`);
    if (act === 'contain' && record.replacement !== undefined)
      this.#break('contain: of a user whose credential has been replaced');
    if (kind === 'ambiguous') this.#break(`${act}: of an ambiguous one`);
    if (this.#options.twoProviders === true) this.#break(`${act}: by one of two providers`);
    if (kind === 'canary' && this.#options.provesBySecondRevocation !== true)
      this.#break(`${act}: of a canary`);
  }

  #isDry(): boolean {
    return this.policy.dryRun.includes('prod');
  }

  #protectionOf(principal: string | undefined): 'protected' | 'unknown' | 'none' {
    if (principal === undefined) return 'unknown';
    const named = this.policy.protected.some(({ principal: wanted = '' }) =>
      wanted.endsWith('*') ? principal.startsWith(wanted.slice(0, -1)) : principal === wanted,
    );
    return named || principal.endsWith(':root') ? 'protected' : 'none';
  }

  // What may be written, and when.
  #judgeWrite(before: RevocationRecord | undefined, after: RevocationRecord): void {
    if (JSON.stringify(after).includes('secret-')) this.#break('write: a secret');
    if (before?.run !== after.run) return;
    this.#judgeReplacement(before, after);
    if (after.cleared && !before.cleared) this.#judgeClearing(before, after);
    if (before.status === after.status && before.reason === after.reason) return;
    if (before.status === 'awaiting_approval') this.#judgeAnswer(before, after);
    if (isTerminal(after.status)) this.#judgeEnd(before, after);
  }

  #judgeReplacement({ replacement }: RevocationRecord, after: RevocationRecord): void {
    if (replacement?.waitsUntil === undefined) return;
    if (after.replacement?.waitsUntil !== undefined) {
      if (after.replacement.waitsUntil !== replacement.waitsUntil)
        this.#break('replacement: waits for longer');
      return;
    }
    const replacedAt = this.replacements.managed.get(after.fingerprint) ?? 0;
    if (this.nowMs < replacedAt && this.nowMs < Date.parse(replacement.waitsUntil))
      this.#break('replacement: not waited for');
  }

  #judgeClearing(before: RevocationRecord, after: RevocationRecord): void {
    if (before.status === 'awaiting_approval') return;
    if (before.startedBy !== undefined) {
      if (after.decidedBy !== before.startedBy) this.#break('cleared: in the name of somebody else');
      return;
    }
    if (after.decidedBy !== 'policy') this.#break('cleared: by nobody');
    if (this.policy.rules[0]?.response !== 'auto') this.#break('cleared: against the policy');
    if (!this.#admitted.has(`${after.caseId}-${after.run}`)) this.#break('cleared: beside the limit');
  }

  #judgeAnswer({ approval, caseId }: RevocationRecord, after: RevocationRecord): void {
    const isOver = this.nowMs >= Date.parse(approval?.expiresAt ?? '');
    const byDefault = after.cleared ? 'approve' : 'reject';
    // A run that is gone says so when a person looks again, and nothing is cleared by that.
    if (after.reason === 'broken') return;
    const asked = this.#people.getStore();
    if (asked !== undefined) {
      if (isOver) this.#break('answer: after its time');
      if (after.cleared === (asked === 'reject')) this.#break('answer: the opposite of what was asked');
      if (after.decidedBy !== 'ann') this.#break('answer: in the name of somebody else');
    } else if (!isOver) this.#break('answer: by default before its time');
    else if (approval?.byDefault !== byDefault) this.#break('answer: by another default');
    if (!after.cleared && after.status !== 'manual') this.#break(`answer: lost for ${caseId}`);
  }

  #judgeEnd(before: RevocationRecord, after: RevocationRecord): void {
    const real = this.#credentialOf(after.caseId);
    if (real === undefined) return;
    const isDead = this.provider.isDead(real.id);
    const protection = this.#protectionOf(real.principal);
    const { status, reason } = after;
    const says = (holds: boolean) => {
      if (!holds) this.#break(`end: ${status} ${reason ?? ''} is not true`);
    };
    if (after.lastSeen === 'dead' && after.reason !== 'restored') says(isDead);
    if (status === 'proven_dead') {
      says(isDead && after.lastSeen === 'dead' && after.cleared && before.status === 'revoked');
      says([after.provenLiveAt, after.revokedAt, after.provenDeadAt].every((at) => at !== undefined));
      return;
    }
    if (status === 'not_live') {
      says(isDead && after.lastSeen === 'dead');
      return;
    }
    says(reason !== undefined && after.manualSteps.length > 0);
    const dueMs = Date.parse(after.revokedAt ?? '') + this.provider.propagationSeconds * 1000;
    const truths: Partial<Record<NonNullable<typeof reason>, boolean>> = {
      ambiguous: real.kind === 'ambiguous' || protection === 'unknown',
      protected: protection === 'protected',
      canary: real.kind === 'canary',
      dry_run: this.#isDry(),
      notify_only: this.policy.rules[0]?.response === 'notify_only',
      no_provider: this.#options.twoProviders === true,
      no_evidence: !this.evidence.sealed.has(after.fingerprint),
      refused_by_provider: real.kind === 'unrevocable',
      still_alive: after.lastSeen === 'live' && !isDead && this.nowMs >= dueMs,
      provider_unavailable: !this.calm,
      broken: !this.calm,
      restored: !isDead && before.undo !== undefined && after.decidedBy === before.undo.by,
    };
    says(reason === undefined || truths[reason] !== false);
  }

  async start(name: string, order: RunOrder): Promise<void> {
    this.#fault('the workflow');
    if (!this.executions.has(name)) this.executions.set(name, new Execution(name, DEFINITION, { ...order }));
    return Promise.resolve();
  }

  async resume(token: string): Promise<void> {
    this.#fault('the workflow');
    for (const execution of this.executions.values()) execution.succeed(token);
    return Promise.resolve();
  }

  /** The vault and the limit, as they fail. */
  readonly #vault: EvidenceVault = {
    open: async (fingerprint) => {
      this.#fault('the vault');
      return this.evidence.open(fingerprint);
    },
    erase: async (fingerprint) => {
      this.#fault('the vault');
      return this.evidence.erase(fingerprint);
    },
  };

  async #admits(key: string, nowMs: number, most: number): Promise<boolean> {
    this.#fault('the limit');
    const admitted = await this.#limit.admit(key, nowMs, most);
    if (admitted && !this.#admitted.has(key)) {
      this.#admitted.set(key, nowMs);
      const lately = [...this.#admitted.values()].filter((at) => at > nowMs - HOUR_MS);
      if (lately.length > most) this.#break('limit: more within an hour than it says');
    }
    this.#fault('the limit');
    return admitted;
  }

  async find(number: number): Promise<void> {
    await mayFail(() =>
      this.#subject.beginRevocation(aLeak(number), {
        store: this.store,
        workflow: this,
        evidence: this.#vault,
        providers: [this.provider.known],
        clock: this.clock,
        keptDays: 400,
      }),
    );
  }

  async person(number: number, what: Decision): Promise<void> {
    this.calm = false;
    const request = { do: what, caseId: aCaseId(number), by: 'ann', why: 'because' };
    const answered = await this.#people.run(what, () =>
      mayFail(() =>
        this.#subject.answerAtDesk(request, { store: this.store, workflow: this, clock: this.clock }),
      ),
    );
    if (answered) this.#unanswered.delete(number);
    else this.#unanswered.set(number, what);
  }

  /** Another policy is deployed, or the one before. */
  changePolicy(): void {
    this.calm = false;
    this.policy = this.#policies[this.policy === this.#policies[0] ? 1 : 0];
  }

  #running(): Execution[] {
    return [...this.executions.values()].filter(({ ended }) => ended === 'no');
  }

  /** Takes one step as the function does; the step is `give_up` where an execution gives up. */
  async take(payload: Readonly<Record<string, unknown>>): Promise<unknown> {
    const take: Take = {
      caseId: String(payload['caseId']),
      run: Number(payload['run']),
      step: String(payload['step']),
      told: false,
    };
    const answer = await this.#takes.run(take, () =>
      this.#subject.takeStep(
        revocationStep.parse(take.step),
        { caseId: take.caseId, run: take.run, do: 'revoke' },
        {
          store: this.store,
          limit: { admit: (key, nowMs, most) => this.#admits(key, nowMs, most) },
          evidence: this.#vault,
          workflow: this,
          replacements: this.replacements,
          providers: this.#options.twoProviders === true ? [this.provider, this.provider] : [this.provider],
          policy: this.policy,
          environment: 'prod',
          clock: this.clock,
        },
        typeof payload['token'] === 'string' ? payload['token'] : undefined,
      ),
    );
    if (take.told) this.#told.add(`${take.caseId}-${take.run}`);
    if (answer.next === 'again' && answer.waitSeconds > LONGEST_PAUSE_SECONDS)
      this.#break('wait: longer than a pause may be');
    if (answer.next === 'ask' && answer.waitSeconds > this.#longestApproval() * 60)
      this.#break('wait: longer than an approval may take');
    return answer;
  }

  #longestApproval(): number {
    return Math.max(...this.#policies.map(({ approval }) => approval.expiresMinutes));
  }

  /** The table does not answer for so many transitions of one execution. */
  async blackout(index: number, transitions: number): Promise<void> {
    const running = this.#running();
    const execution = running[index % Math.max(1, running.length)];
    if (execution === undefined) return;
    for (let each = 0; each < transitions; each += 1) {
      this.nowMs = Math.max(this.nowMs, execution.waitsUntil);
      await this.advance(this.#running().indexOf(execution), {
        troubles: [{ at: 0, what: 'throws_before' }],
      });
      if (execution.ended !== 'no') return;
    }
  }

  /** One transition of one execution, with what goes wrong in it and what happens meanwhile. */
  async advance(index: number, meanwhile: Meanwhile = {}): Promise<void> {
    const running = this.#running();
    const { troubles = [], duplicate, decision } = meanwhile;
    this.#troubles = troubles;
    this.#access = 0;
    if (troubles.some(({ what }) => what !== 'none')) this.calm = false;
    await running[index % Math.max(1, running.length)]?.step(this.nowMs, async (payload) => {
      // The turn ends when all of it has: nothing of it reaches into the next.
      const [taken] = await Promise.allSettled([
        this.take(payload),
        duplicate !== undefined && after(duplicate, () => this.take(payload).catch(() => undefined)),
        decision && after(decision.turns, () => this.person(decision.number, decision.what)),
      ]);
      if (taken.status === 'rejected') throw taken.reason;
      return taken.value;
    });
    this.#troubles = [];
  }

  /** From here on nothing fails any more: every run comes to its end, and people ask again where they got no answer. */
  async settle(): Promise<void> {
    this.#troubles = [];
    this.#isDown = this.#options.staysDown === true;
    if (this.#isDown) this.calm = false;
    // A finding that could not be taken comes again: the queue keeps it.
    for (let each = 1; each <= this.#options.credentials.length; each += 1) await this.find(each);
    for (let round = 0; round < 5; round += 1) {
      for (const [number, what] of this.#unanswered) await this.person(number, what);
      await this.#runDown();
      const standing = this.#options.credentials
        .map((_, index) => index + 1)
        .filter((each) => !isTerminal(this.store.records.get(aCaseId(each))?.status ?? 'pending'));
      if (standing.length === 0) return;
      if ([...this.executions.values()].every(({ ended }) => ended === 'succeeded'))
        this.#break('end: a run ended without saying so');
      this.nowMs += STANDSTILL_MS;
      for (const number of standing) await this.person(number, 'revoke');
    }
    this.#break('end: there is none');
  }

  async #runDown(): Promise<void> {
    for (let turn = 0; turn < 20_000; turn += 1) {
      const running = this.#running();
      if (running.length === 0) return;
      const ready = running.findIndex(({ waitsUntil }) => waitsUntil <= this.nowMs);
      if (ready >= 0) await this.advance(ready);
      else this.nowMs = Math.min(...running.map(({ waitsUntil }) => waitsUntil));
    }
    this.#break('end: runs go on and on');
  }

  /** What must hold when all has settled. @returns what does not, each once */
  verdict(): readonly string[] {
    for (const [index, real] of this.#options.credentials.entries()) {
      const record = this.store.records.get(aCaseId(index + 1));
      if (record === undefined) {
        this.#break('end: a finding has no revocation');
        continue;
      }
      if (['proven_dead', 'not_live'].includes(record.status) && this.evidence.sealed.has(record.fingerprint))
        this.#break('end: evidence is kept of what is dead');
      if (record.status === 'failed' && !this.evidence.sealed.has(record.fingerprint) && record.run === 1)
        this.#break('end: evidence is gone of what a person goes on with');
      if (this.#mustDie(real) && record.status !== 'proven_dead')
        this.#break(`end: ${record.status} ${record.reason ?? ''}, and nothing was in the way`);
    }
    for (const { ended, history } of this.executions.values()) {
      if (this.calm && ended !== 'succeeded') this.#break('end: a run failed, and nothing was in the way');
      if (history.some(({ data }) => JSON.stringify(data).includes('secret-')))
        this.#break('history: a secret');
    }
    return [...this.broken];
  }

  #mustDie({ kind, principal, propagationMs }: FakeCredential): boolean {
    return (
      this.calm &&
      kind === 'ordinary' &&
      propagationMs <= this.provider.propagationSeconds * 1000 &&
      this.#protectionOf(principal) === 'none' &&
      !this.#isDry() &&
      this.#options.twoProviders !== true &&
      this.policy.rules[0]?.response === 'auto' &&
      this.policy.limit.revocationsPerHour >= SECRETS
    );
  }
}

interface Meanwhile {
  readonly troubles?: Troubles | undefined;
  /** So many turns behind, the same call is made a second time, as by a retry of one that still runs. */
  readonly duplicate?: number | undefined;
  /** So many turns behind, a person decides. */
  readonly decision?:
    { readonly turns: number; readonly number: number; readonly what: Decision } | undefined;
}

async function after(turns: number, act: () => Promise<unknown>): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  await act();
}

/** @returns whether it was answered; what is no trouble of the world's is thrown on */
async function mayFail(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof Error && /answer/.test(error.message)) return false;
    throw error;
  }
}

const credential = fc.record({
  kind: fc.constantFrom(
    ...Array.from({ length: 8 }, () => 'ordinary' as const),
    ...(['ambiguous', 'canary', 'unknown', 'unrevocable'] as const),
  ),
  principal: fc.constantFrom(
    ...Array.from({ length: 7 }, () => 'agent'),
    ...['break-glass-1', 'arn:aws:iam::1:root', undefined],
  ),
  propagationMs: fc.constantFrom(0, 0, 5_000, 59_000, 59_000, Number.POSITIVE_INFINITY),
});
const credentials = fc
  .array(credential, { minLength: SECRETS, maxLength: SECRETS })
  .map((all): FakeCredential[] =>
    all.map(({ principal, kind, propagationMs }, index) => ({
      ...{ id: `id-${index + 1}`, kind, propagationMs },
      ...(principal !== undefined && { principal }),
    })),
  );
const policy = fc
  .record({
    revocationsPerHour: fc.constantFrom(0, 1, 20, 20),
    approval: fc.record({
      expiresMinutes: fc.constantFrom(1, 60),
      byDefault: fc.constantFrom('approve', 'reject'),
    }),
    dryRun: fc.constantFrom([], [], [], ['prod']),
    response: fc.constantFrom('auto', 'auto', 'auto', 'approve_first', 'approve_first', 'notify_only'),
    protects: fc.constantFrom('nobody', 'nobody', 'agent'),
  })
  .map(({ revocationsPerHour, approval, dryRun, response, protects }) => ({
    ...{ approval, dryRun, limit: { revocationsPerHour }, rules: [{ name: 'all', response }] },
    protected: [
      { provider: 'fake', principal: 'break-glass*', why: 'the way in when all else fails' },
      { provider: 'fake', principal: protects, why: 'it deploys' },
    ],
  }));
const worlds = fc.record({
  credentials,
  policies: fc.tuple(policy, policy),
  twoProviders: fc.constantFrom(false, false, false, false, false, false, true),
  provesBySecondRevocation: fc.constantFrom(false, false, false, true),
  replacement: fc.constantFrom('unmanaged', 'unmanaged', 'unmanaged', 'in_time', 'never', 'silent'),
  staysDown: fc.constantFrom(false, false, false, false, false, false, false, true),
});

const number = fc.integer({ min: 1, max: SECRETS });
const what = fc.constantFrom<Decision>('approve', 'reject', 'revoke', 'undo');
/** A crash comes at any access of a turn; most turns have none, and some many. */
const troubles = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  {
    weight: 2,
    arbitrary: fc.array(
      fc.record({
        at: fc.oneof(fc.nat(3), fc.nat(14)),
        what: fc.constantFrom<Trouble>('unavailable', 'throws_before', 'throws_after'),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  },
);
const turns = fc.oneof(fc.nat(3), fc.nat(40));
const action = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('find' as const), number }) },
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      index: fc.nat(5),
      troubles,
      duplicate: fc.option(turns, { nil: undefined, freq: 2 }),
      decision: fc.option(fc.record({ turns, number, what }), { nil: undefined, freq: 8 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('person' as const), number, what }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1_000, 10_000, 60_000, 76_000, 3_600_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('change_policy' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('blackout' as const),
      index: fc.nat(5),
      // A step is tried four times, and giving up seven.
      transitions: fc.constantFrom(2, 4, 5, 12),
    }),
  },
);
/** Short ones leave the world calm. */
const stories = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 9, arbitrary: fc.array(action, { minLength: 10, maxLength: 150, size: 'max' }) },
);
type Story = typeof stories extends fc.Arbitrary<infer T> ? T : never;

async function live(world: World, story: Story): Promise<void> {
  await world.find(1);
  for (const each of story) {
    if (each.do === 'find') await world.find(each.number);
    if (each.do === 'advance') await world.advance(each.index, each);
    if (each.do === 'person') await world.person(each.number, each.what);
    if (each.do === 'wait') world.nowMs += each.ms;
    if (each.do === 'change_policy') world.changePolicy();
    if (each.do === 'blackout') await world.blackout(each.index, each.transitions);
  }
  await world.settle();
}

/** Lives through many stories. @returns what did not hold in the first that went wrong, and the story; or undefined */
export async function firstBroken(
  subject: Subject,
  { numRuns, seed }: { readonly numRuns: number; readonly seed?: number },
): Promise<{ readonly broken: readonly string[]; readonly told: string } | undefined> {
  let broken: readonly string[] = [];
  const result = await fc.check(
    fc.asyncProperty(worlds, stories, async (options, story) => {
      const world = new World(options, subject);
      await live(world, story);
      broken = world.verdict();
      if (broken.length > 0) throw new Error(broken.join('; '));
    }),
    // A smallest story would be long sought, and the seed tells it again.
    { numRuns, endOnFailure: true, ...(seed !== undefined && { seed }) },
  );
  if (!result.failed) return undefined;
  return {
    broken,
    told: `seed ${result.seed}, path ${result.counterexamplePath ?? ''}: ${String(result.errorInstance)}`,
  };
}
