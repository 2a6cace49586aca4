/**
 * The whole run under any order of crashes, repeats, duplicates, outages, decisions of people and passing time: the
 * definition that is deployed, the domain's steps, a store with the real one's conditions, and a world that remembers
 * what was done to each credential.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { revocationStep } from '../../../functions/contracts/revocation.ts';
import { beginRevocation } from '../../../functions/revocation/domain/begin-revocation.ts';
import { answerAtDesk } from '../../../functions/revocation/domain/desk.ts';
import type { RunOrder, Workflow } from '../../../functions/revocation/domain/ports.ts';
import { isTerminal } from '../../../functions/revocation/domain/transitions.ts';
import { takeStep } from '../../../functions/revocation/domain/take-step.ts';
import { revocationDefinition } from '../../../lib/revocation/definition.ts';
import { Execution } from '../../support/asl.ts';
import { FakeRevocationProvider, type FakeCredential } from '../../support/fake-revocation-provider.ts';
import {
  FakeEvidenceVault,
  FakeRevocationLimit,
  FakeRevocationStore,
} from '../../support/fake-revocation-store.ts';
import { aCaseId, aLeak, aPolicy } from '../../support/revocation-builder.ts';

const DEFINITION = revocationDefinition('advance');
const START = Date.parse('2026-11-21T08:00:00.000Z');
const SECRETS = 3;
const DAY_MS = 86_400_000;

type Trouble = 'none' | 'unavailable' | 'throws_before' | 'throws_after';

class World implements Workflow {
  nowMs = START;
  readonly store = new FakeRevocationStore();
  readonly evidence = new FakeEvidenceVault();
  readonly limit = new FakeRevocationLimit();
  readonly provider: FakeRevocationProvider;
  readonly executions = new Map<string, Execution>();
  readonly policy;
  /** What goes wrong next; when it is empty, nothing does. */
  readonly troubles: Trouble[] = [];
  /** Cases that were revoked by a call after the record had said that they are. */
  readonly twice: string[] = [];
  readonly clock = { now: () => this.nowMs };

  constructor(credentials: readonly FakeCredential[], policy: Record<string, unknown>) {
    this.policy = aPolicy(policy);
    this.provider = new FakeRevocationProvider({
      nowMs: () => this.nowMs,
      trouble: (call, id) => {
        if (call === 'revoke') this.#noteRepeat(id);
        return this.troubles.shift() ?? 'none';
      },
    });
    this.store.trouble = (access) => {
      const trouble = this.troubles.shift() ?? 'none';
      if (trouble === 'throws_before' && access !== 'after_write')
        throw new Error('the table did not answer');
      if (trouble === 'throws_after' && access === 'after_write') throw new Error('the answer was lost');
    };
    credentials.forEach((credential, index) => {
      const secret = `secret-${index + 1}`;
      this.provider.add(secret, credential);
      this.evidence.sealed.set(aLeak(index + 1).fingerprint, secret);
    });
  }

  #noteRepeat(id: string) {
    for (const { caseId, identity, status } of this.store.records.values())
      if (identity?.id === id && status === 'revoked') this.twice.push(caseId);
  }

  *#running(): Generator<[string, Execution]> {
    for (const execution of this.executions.values()) {
      const { caseId } = execution.data;
      if (execution.ended === 'no' && typeof caseId === 'string') yield [caseId, execution];
    }
  }

  start(name: string, order: RunOrder): Promise<void> {
    if (!this.executions.has(name)) this.executions.set(name, new Execution(name, DEFINITION, { ...order }));
    return Promise.resolve();
  }

  resume(token: string): Promise<void> {
    for (const execution of this.executions.values()) execution.succeed(token);
    return Promise.resolve();
  }

  async find(number: number): Promise<void> {
    await this.#mayFail(() =>
      beginRevocation(aLeak(number), {
        store: this.store,
        workflow: this,
        providers: [this.provider],
        clock: this.clock,
        keptDays: 400,
      }),
    );
  }

  async person(number: number, what: 'approve' | 'reject' | 'revoke' | 'undo'): Promise<void> {
    const request = { do: what, caseId: aCaseId(number), by: 'ann', why: 'because' };
    await this.#mayFail(() =>
      answerAtDesk(request, { store: this.store, workflow: this, clock: this.clock }),
    );
  }

  /**
   * One transition of one execution, with what goes wrong in it.
   * @param duplicate so many turns behind, the same call is made a second time, as by a retry of one that still runs
   */
  async advance(index: number, duplicate?: number, troubles: readonly Trouble[] = []): Promise<void> {
    const running = [...this.#running()];
    this.troubles.push(...troubles);
    const [, execution] = running[index % Math.max(1, running.length)] ?? [];
    await execution?.step(this.nowMs, async (payload) => {
      const take = () =>
        takeStep(
          revocationStep.parse(payload['step']),
          { caseId: String(payload['caseId']), run: Number(payload['run']), do: 'revoke' },
          {
            ...{ store: this.store, limit: this.limit, evidence: this.evidence, workflow: this },
            ...{ providers: [this.provider], policy: this.policy, environment: 'prod', clock: this.clock },
          },
          typeof payload['token'] === 'string' ? payload['token'] : undefined,
        );
      const late = async () => {
        for (let turn = 0; turn < (duplicate ?? 0); turn += 1) await Promise.resolve();
        await take().catch(() => undefined);
      };
      const [answer] = await Promise.all([take(), ...(duplicate === undefined ? [] : [late()])]);
      return answer;
    });
    this.troubles.length = 0;
  }

  /** From here on nothing fails any more: every run comes to its end. */
  async settle(): Promise<void> {
    this.troubles.length = 0;
    for (let turn = 0; turn < 20_000; turn += 1) {
      const running = [...this.#running()];
      if (running.length === 0) return;
      const ready = running.findIndex(([, execution]) => execution.waitsUntil <= this.nowMs);
      if (ready >= 0) await this.advance(ready);
      else this.nowMs = Math.min(...running.map(([, execution]) => execution.waitsUntil));
    }
    throw new Error('The runs do not end.');
  }

  async #mayFail(act: () => Promise<unknown>): Promise<void> {
    await act().catch((error: unknown) => {
      if (!(error instanceof Error) || !/answer/.test(error.message)) throw error;
    });
  }
}

const credential = fc.record({
  id: fc.constantFrom('a', 'b', 'c'),
  kind: fc.constantFrom('ordinary', 'ordinary', 'ordinary', 'ambiguous', 'canary', 'unknown', 'unrevocable'),
  principal: fc.constantFrom('agent', 'agent', 'break-glass-1', 'arn:aws:iam::1:root', undefined),
  propagationMs: fc.constantFrom(0, 0, 5_000, 59_000, Number.POSITIVE_INFINITY),
});
const credentials = fc
  .array(credential, { minLength: SECRETS, maxLength: SECRETS })
  .map((all): FakeCredential[] =>
    all.map(({ principal, kind, propagationMs }, index) => ({
      ...{ id: `id-${index + 1}`, kind, propagationMs },
      ...(principal !== undefined && { principal }),
    })),
  );
const policies = fc.record({
  limit: fc.record({ revocationsPerHour: fc.constantFrom(0, 1, 20) }),
  approval: fc.record({
    expiresMinutes: fc.constantFrom(1, 60),
    byDefault: fc.constantFrom('approve', 'reject'),
  }),
  dryRun: fc.constantFrom([], [], [], ['prod']),
  rules: fc
    .constantFrom('auto', 'auto', 'approve_first', 'notify_only')
    .map((response) => [{ name: 'all', response }]),
});
const number = fc.integer({ min: 1, max: SECRETS });
const trouble = fc.constantFrom<Trouble>(
  'none',
  'none',
  'none',
  'unavailable',
  'throws_before',
  'throws_after',
);
const action = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('find' as const), number }) },
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      index: fc.nat(5),
      duplicate: fc.option(fc.nat(40), { nil: undefined, freq: 2 }),
      troubles: fc.array(trouble, { maxLength: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('person' as const),
      number,
      what: fc.constantFrom('approve' as const, 'reject' as const, 'revoke' as const, 'undo' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 76_000, 3_600_000) }),
  },
);

async function act(
  world: World,
  actions: readonly (typeof action extends fc.Arbitrary<infer T> ? T : never)[],
) {
  for (const each of actions) {
    if (each.do === 'find') await world.find(each.number);
    if (each.do === 'advance') await world.advance(each.index, each.duplicate, each.troubles);
    if (each.do === 'person') await world.person(each.number, each.what);
    if (each.do === 'wait') world.nowMs += each.ms;
  }
}

describe('a revocation, whatever happens', () => {
  test(
    'ends, tells the truth, never calls twice after a success, and never touches what is protected or ambiguous',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          credentials,
          policies,
          fc.array(action, { minLength: 20, maxLength: 150, size: 'max' }),
          async (planted, policy, actions) => {
            const world = new World(planted, policy);
            await world.find(1);
            await act(world, actions);
            // A finding that could not be taken comes again: the queue keeps it.
            world.troubles.length = 0;
            for (let each = 1; each <= SECRETS; each += 1) await world.find(each);
            await world.settle();

            expect(world.twice).toEqual([]);
            for (let each = 1; each <= SECRETS; each += 1) {
              const record = world.store.records.get(aCaseId(each));
              const real = planted[each - 1];
              if (!record || !real) throw new Error('A finding has no revocation.');
              const { id } = real;
              const touched = [...world.provider.revocations, ...world.provider.containments].filter(
                (one) => one.id === id,
              );
              const history = world.store.written.filter(({ caseId }) => caseId === record.caseId);
              const restored = history.some(
                ({ status, reason }) => status === 'manual' && reason === 'restored',
              );

              expect(isTerminal(record.status), record.status).toBe(true);
              if (record.status === 'proven_dead') {
                expect(world.provider.isDead(id)).toBe(true);
                expect(record).toMatchObject({ lastSeen: 'dead', cleared: true });
                expect(record.revokedAt && record.provenDeadAt && record.decidedBy).toBeTruthy();
              }
              if (record.status === 'not_live') expect(restored || world.provider.isDead(id)).toBe(true);
              if (record.reason === 'still_alive') expect(record.lastSeen).toBe('live');
              if (record.status === 'failed' || record.status === 'manual') {
                expect(record.reason).toBeDefined();
                expect(record.manualSteps.length).toBeGreaterThan(0);
              }
              if (
                real.kind === 'ambiguous' ||
                /break-glass|root/.test(real.principal ?? '') ||
                real.kind === 'canary'
              )
                expect(touched).toEqual([]);
              // The protected list asks for a principal: who tells none may be on it.
              if (real.principal === undefined) expect(touched).toEqual([]);
              if (policy.dryRun.length > 0) expect(touched).toEqual([]);
              if (touched.length > 0) expect(history.some(({ cleared }) => cleared)).toBe(true);
              if (['proven_dead', 'not_live'].includes(record.status))
                expect(world.evidence.sealed.has(record.fingerprint)).toBe(false);
            }
            for (const execution of world.executions.values()) {
              expect(execution.ended).toBe('succeeded');
              for (const { data } of execution.history) expect(JSON.stringify(data)).not.toMatch(/secret-\d/);
            }
            expect(JSON.stringify(world.store.written)).not.toMatch(/secret-\d/);
          },
        ),
        { numRuns: 300 },
      );
    },
  );
});

describe('ten thousand planted findings', () => {
  test('trip the limit, not the keys: people decide about the rest', { timeout: 120_000 }, async () => {
    const COUNT = 10_000;
    const planted = Array.from({ length: COUNT }, (_, index): FakeCredential => ({
      id: `id-${index + 1}`,
      kind: 'ordinary',
      principal: 'agent',
      propagationMs: 0,
    }));
    const world = new World(planted, {
      limit: { revocationsPerHour: 20 },
      approval: { expiresMinutes: 30, byDefault: 'reject' },
    });
    for (let each = 1; each <= COUNT; each += 1) await world.find(each);
    for (const execution of world.executions.values())
      for (
        let turn = 0;
        turn < 40 && execution.ended === 'no' && execution.waitsUntil <= world.nowMs;
        turn += 1
      )
        await execution.step(world.nowMs, (payload) =>
          takeStep(
            revocationStep.parse(payload['step']),
            { caseId: String(payload['caseId']), run: 1, do: 'revoke' },
            {
              ...{ store: world.store, limit: world.limit, evidence: world.evidence, workflow: world },
              ...{
                providers: [world.provider],
                policy: world.policy,
                environment: 'prod',
                clock: world.clock,
              },
            },
            typeof payload['token'] === 'string' ? payload['token'] : undefined,
          ),
        );
    const statuses = Map.groupBy(
      world.store.records.values(),
      ({ status, reason }) => `${status} ${reason ?? ''}`,
    );
    expect(statuses.get('proven_dead ')?.length).toBe(20);
    expect(statuses.get('awaiting_approval over_the_limit')?.length).toBe(COUNT - 20);
    expect(new Set(world.provider.revocations.map(({ id }) => id)).size).toBe(20);
    expect(world.nowMs - START).toBeLessThan(DAY_MS);
  });
});
