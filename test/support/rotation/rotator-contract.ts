/** What every rotator holds, whatever becomes of the one who calls it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RotationStrategy } from '../../../functions/contracts/rotation.ts';
import type { Told } from '../../../functions/kernel/provider-call.ts';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import type { RotationOrder, Rotator } from '../../../functions/rotation/domain/ports.ts';
import { createRandom } from '../fleet/random.ts';
import { SecretSearch } from '../secret-search.ts';

/** One credential at a provider, just issued and known to nobody else. */
export interface Issued {
  readonly current: Redacted;
  readonly authority?: Redacted;
  readonly settings: unknown;
  /** Whether a value opens the door, asked by other means than the rotator's. */
  readonly works: (value: Redacted) => Promise<boolean>;
  /** How many credentials the provider holds that belong to this secret, usable or not; where it can be counted. */
  readonly count?: () => Promise<number>;
}

export interface RotatorUnderTest {
  readonly rotator: Rotator;
  issue(seed: number): Promise<Issued>;
  /** A value of another installation, to which nothing may be sent. */
  foreign(current: Redacted): Redacted;
  /** The part of a secret that must never show, where the rest of it is the credential's id. */
  readonly hidden?: (secret: string) => string;
  /** Lets the provider be unreachable. */
  readonly outage?: (on: boolean) => Promise<void>;
  close(): Promise<void>;
}

export interface RotatorTraits {
  readonly strategy: RotationStrategy;
  /** Whether the provider draws the new credential. */
  readonly drawn: boolean;
  /** Whether a retired credential can be taken back. */
  readonly reinstates: boolean;
}

let rotations = 0;

export function rotatorContract(
  name: string,
  traits: RotatorTraits,
  open: () => Promise<RotatorUnderTest>,
): void {
  describe(name, () => {
    let it: RotatorUnderTest;
    let issued: Issued;
    let order: RotationOrder;
    let told: unknown[];
    let secrets: string[];
    const consoles = ['log', 'info', 'warn', 'error', 'debug'] as const;

    beforeAll(async () => {
      it = await open();
    });
    afterAll(async () => it.close());

    beforeEach(async () => {
      rotations += 1;
      issued = await it.issue(rotations);
      secrets = [issued.current, issued.authority].flatMap((value) =>
        value === undefined ? [] : it.rotator.secretsIn(value).map((one) => one.reveal()),
      );
      order = orderFor(issued.current);
      told = [];
      for (const level of consoles)
        vi.spyOn(console, level).mockImplementation((...words: unknown[]) => void told.push(words));
    });

    afterEach(() => {
      vi.restoreAllMocks();
      const search = new SecretSearch(
        secrets.map((secret) => ({ type: name, secret: it.hidden?.(secret) ?? secret })),
      );
      expect(told.flatMap((one) => search.in('told', textOf(one)))).toEqual([]);
    });

    function orderFor(current: Redacted, previous?: Redacted): RotationOrder {
      const random = createRandom(rotations * 1_000);
      return {
        rotationId: `rot_${createRandom(rotations).text('0123456789abcdef', 32)}`,
        secret: 'orders-db',
        strategy: traits.strategy,
        settings: issued.settings,
        current,
        ...(previous !== undefined && { previous }),
        ...(issued.authority !== undefined && { authority: issued.authority }),
        // Everything that a statement, an address or a protocol could trip over.
        newPassword: () =>
          new Redacted(
            `${random.text('abcdefghjkmnpqrstuvwxyz23456789', 24)}'"\\$; --%s{}@/:?#&=+ ${random.text('ABCDEF', 8)}`,
          ),
      };
    }

    async function ask<T>(operation: () => Promise<Told<T>>): Promise<T> {
      const answer = await operation();
      told.push(answer.calls, answer.answer);
      return answer.answer;
    }

    async function created(by = order): Promise<Redacted> {
      const answer = await ask(() => it.rotator.create(by));
      if (answer.outcome !== 'created') throw new Error(`${answer.outcome}: ${answer.reason}`);
      secrets.push(...it.rotator.secretsIn(answer.value).map((one) => one.reveal()));
      return answer.value;
    }
    const done = { outcome: 'done' };
    const install = (staged: Redacted, by = order) => ask(() => it.rotator.install(by, staged));
    const probe = async (value: Redacted) => (await ask(() => it.rotator.probe(order, value))).outcome;
    const retire = (old: Redacted, by = order) => ask(() => it.rotator.retire(by, old));
    const reinstate = (old: Redacted) => ask(() => it.rotator.reinstate(order, old));
    const destroy = (value: Redacted | undefined) => ask(() => it.rotator.destroy(order, value));
    const overlap = () => it.rotator.overlap(traits.strategy, issued.settings);
    const bothWork = () => overlap() === 'both';

    /** Both ways to ask agree. */
    async function expectAlive(value: Redacted, alive: boolean): Promise<void> {
      expect({ probed: await probe(value), works: await issued.works(value) }).toEqual({
        probed: alive ? 'live' : 'dead',
        works: alive,
      });
    }

    test('says whose a value is and what in it is secret, without asking anybody', () => {
      const described = it.rotator.describe(issued.current);
      expect(described.ok && described.value.id).toMatch(/\S/);
      expect(it.rotator.secretsIn(issued.current).length).toBeGreaterThan(0);
      expect(it.rotator.describe(new Redacted('{"nothing":"of it"}')).ok).toBe(false);
      expect(it.rotator.describe(new Redacted('no JSON')).ok).toBe(false);
      told.push(described);
    });

    test('replaces a credential without a moment in which none works, and proves the old one dead', async () => {
      await expectAlive(issued.current, true);
      const staged = await created();
      await expectAlive(issued.current, true);
      expect(await install(staged)).toEqual(done);
      await expectAlive(staged, true);
      await expectAlive(issued.current, bothWork());
      expect(await retire(issued.current)).toEqual(done);
      await expectAlive(issued.current, false);
      await expectAlive(staged, true);
      expect(await destroy(issued.current)).toEqual(done);
      await expectAlive(issued.current, false);
      await expectAlive(staged, true);
    });

    test('does each thing twice as it does it once', async () => {
      const staged = await created();
      expect(await install(staged)).toEqual(done);
      expect(await install(staged)).toEqual(done);
      await expectAlive(staged, true);
      expect(await retire(issued.current)).toEqual(done);
      expect(await retire(issued.current)).toEqual(done);
      // A step that was lost in a queue, long after.
      expect(await install(staged)).toEqual(done);
      expect(await destroy(issued.current)).toEqual(done);
      expect(await destroy(issued.current)).toEqual(done);
      expect(await retire(issued.current)).toEqual(done);
      await expectAlive(staged, true);
      await expectAlive(issued.current, false);
    });

    test('leaves nothing behind of an attempt that died before its value was kept', async () => {
      const before = await issued.count?.();
      const lost = await created();
      const staged = await created();
      if (traits.drawn) expect(await issued.works(lost)).toBe(false);
      expect(await install(staged)).toEqual(done);
      await expectAlive(staged, true);
      if (traits.drawn) expect(await issued.count?.()).toBe((before ?? 0) + 1);
    });

    test('removes what nobody has kept', async () => {
      const before = await issued.count?.();
      const lost = await created();
      expect(await destroy(undefined)).toEqual(done);
      expect(await destroy(undefined)).toEqual(done);
      expect(await issued.works(lost)).toBe(false);
      expect(await issued.count?.()).toBe(before);
      await expectAlive(issued.current, true);
    });

    test('goes back before the promotion: the old one works, the new one is gone', async () => {
      const before = await issued.count?.();
      const staged = await created();
      expect(await install(staged)).toEqual(done);
      expect(await reinstate(issued.current)).toEqual(done);
      await expectAlive(issued.current, true);
      expect(await destroy(staged)).toEqual(done);
      expect(await destroy(staged)).toEqual(done);
      await expectAlive(issued.current, true);
      await expectAlive(staged, false);
      expect(await issued.count?.()).toBe(before);
    });

    test('destroys a new one that was never installed, and nothing else', async () => {
      const staged = await created();
      expect(await destroy(staged)).toEqual(done);
      await expectAlive(issued.current, true);
      await expectAlive(staged, false);
    });

    test(
      traits.reinstates ? 'takes a retired one back' : 'says that a retired one cannot be taken back',
      async () => {
        const staged = await created();
        await install(staged);
        await retire(issued.current);
        const answer = await reinstate(issued.current);
        if (traits.reinstates) {
          expect(answer).toEqual(done);
          expect(await reinstate(issued.current)).toEqual(done);
          await expectAlive(issued.current, true);
          await expectAlive(staged, bothWork());
        } else {
          expect(answer).toEqual({ outcome: 'refused', reason: expect.stringMatching(/.{10}/) as string });
          await expectAlive(staged, true);
        }
      },
    );

    test('lets the old one die first where an emergency wants it', async () => {
      const staged = await created();
      expect(await retire(issued.current)).toEqual(done);
      await expectAlive(issued.current, false);
      expect(await install(staged)).toEqual(done);
      await expectAlive(staged, true);
      await expectAlive(issued.current, false);
    });

    test('rotates again and again', async () => {
      let current = issued.current;
      let previous: Redacted | undefined;
      for (let round = 0; round < 3; round += 1) {
        rotations += 1;
        const next = orderFor(current, previous);
        const staged = await created(next);
        expect(await install(staged, next)).toEqual(done);
        expect(await retire(current, next)).toEqual(done);
        expect(await issued.works(staged)).toBe(true);
        expect(await issued.works(current)).toBe(false);
        if (round > 0) expect(await ask(() => it.rotator.destroy(next, current))).toEqual(done);
        [previous, current] = [current, staged];
      }
    });

    test('touches nothing of another installation', async () => {
      const foreign = it.foreign(issued.current);
      const elsewhere = { ...order, current: foreign };
      const answers = [
        await ask(() => it.rotator.install(order, foreign)),
        await retire(foreign),
        await destroy(foreign),
        await ask(() => it.rotator.install(elsewhere, foreign)),
      ];
      for (const answer of answers) expect(answer.outcome).toBe('refused');
      await expectAlive(issued.current, true);
    });

    test('says of a value that cannot be read what is wrong with it, and quotes none of it', async () => {
      const secret = createRandom(rotations).text('abcdefgh', 30);
      secrets.push(secret);
      const broken = { ...order, current: new Redacted(`{"password":"${secret}`) };
      const answer = await ask(() => it.rotator.create(broken));
      expect(answer).toEqual({ outcome: 'refused', reason: expect.stringMatching(/.{10}/) as string });
    });

    test('waits while the provider cannot be reached, and takes nothing for dead', async ({ skip }) => {
      const { outage } = it;
      if (outage === undefined) return skip('the provider is always here');
      const staged = await created();
      await outage(true);
      try {
        const unavailable = { outcome: 'unavailable', reason: expect.stringMatching(/.{5}/) as string };
        expect(await ask(() => it.rotator.probe(order, issued.current))).toMatchObject(unavailable);
        expect(await retire(issued.current)).toMatchObject(unavailable);
        if (!traits.drawn) expect(await install(staged)).toMatchObject(unavailable);
      } finally {
        await outage(false);
      }
      await expectAlive(issued.current, true);
    });
  });
}

/** All of a value's text, an error's message, stack, causes and own properties included. */
function textOf(value: unknown): string {
  if (value instanceof Redacted) return '';
  if (value instanceof Error)
    return [value.name, value.message, value.stack ?? '', textOf(value.cause ?? '')].join('\n');
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  if (typeof value === 'object' && value !== null) return Object.values(value).map(textOf).join('\n');
  return String(value);
}
