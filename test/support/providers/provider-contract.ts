/** What every provider holds, in every state in which its other side can be. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import type {
  CredentialIdentity,
  RevocationProvider,
  Told,
} from '../../../functions/revocation/domain/provider.ts';
import { SecretSearch } from '../secret-search.ts';
import { RETRY_AFTER_SECONDS, type SeenRequest, type World } from './stand-in.ts';

export interface ProviderUnderTest {
  readonly provider: RevocationProvider;
  /** As it was found. */
  readonly leaked: string;
  /** The part of it that must never show; the rest names it. */
  readonly hidden: string;
  readonly expected: Partial<CredentialIdentity>;
  enter(world: World): void | Promise<void>;
  /** What the provider's own record says. */
  isRevoked(which: 'leaked' | 'bystander'): boolean | Promise<boolean>;
  /** Its owner revokes it by hand. */
  revokeByHand(): void | Promise<void>;
  readonly seen: readonly SeenRequest[];
  strayed(): number;
  close(): Promise<void>;
}

/** Where providers rightly differ. */
export interface Traits {
  /** What identification says of a credential that is dead: some cannot tell it from somebody else's. */
  readonly deadIdentifiesAs: 'dead' | 'ambiguous' | 'identified';
  /** What a second revocation answers: some providers do not tell. */
  readonly secondRevocation: 'already_dead' | 'revoked';
  readonly probes: boolean;
  readonly revokes: boolean;
  /** Whether a probe can see that a revoked credential still works; a record alone cannot. Left out: it can. */
  readonly seesSlowness?: boolean;
  /** Whether identification asks the provider; else the secret itself tells all. */
  readonly identifiesByCall: boolean;
  /** Whether a list can hold two that look alike. */
  readonly canBeAmbiguous: boolean;
  /** Whether the provider tells a missing permission from a dead credential. */
  readonly canBeDenied: boolean;
}

const FAULTS = [
  'rate-limited',
  'rate-limited-until-a-date',
  'failing',
  'reset',
  'hanging',
  'garbage',
  'redirecting',
  'huge',
] as const satisfies readonly World[];

export function providerContract(name: string, traits: Traits, open: () => Promise<ProviderUnderTest>): void {
  describe(name, () => {
    let it: ProviderUnderTest;
    let secret: Redacted;
    /** All that left the provider during a test. */
    let told: unknown[];
    const consoles = ['log', 'info', 'warn', 'error', 'debug'] as const;

    beforeEach(async () => {
      it = await open();
      secret = new Redacted(it.leaked);
      told = [];
      for (const level of consoles)
        vi.spyOn(console, level).mockImplementation((...words: unknown[]) => void told.push(words));
    });

    afterEach(async () => {
      vi.restoreAllMocks();
      const search = new SecretSearch([{ type: name, secret: it.hidden }]);
      const exposed = told.flatMap((one) => search.in('told', textOf(one)));
      const { seen } = it;
      await it.close();
      expect(exposed).toEqual([]);
      expect(seen.filter(({ effect }) => effect === 'unknown')).toEqual([]);
      expect(it.strayed()).toBe(0);
    });

    async function ask<T>(operation: () => Promise<Told<T>>): Promise<T> {
      try {
        const answer = await operation();
        told.push(answer);
        return answer.answer;
      } catch (error) {
        told.push(error);
        throw error;
      }
    }
    const identify = () => ask(() => it.provider.identify(secret));
    const probe = (identity: CredentialIdentity) => ask(() => it.provider.probe(secret, identity));
    const revoke = (identity: CredentialIdentity) => ask(() => it.provider.revoke(secret, identity));
    const changes = () => it.seen.filter(({ effect }) => effect === 'change').length;

    async function identified(): Promise<CredentialIdentity> {
      const answer = await identify();
      if (answer.outcome !== 'identified') throw new Error(`not identified but ${answer.outcome}`);
      return answer.identity;
    }

    test('identifies exactly the leaked credential, and changes nothing by it', async () => {
      expect(await identified()).toMatchObject(it.expected);
      expect(changes()).toBe(0);
    });

    test('records every call that it made, with its time', async () => {
      const { calls } = await it.provider.identify(secret);
      told.push(calls);
      expect(calls.length > 0).toBe(traits.identifiesByCall);
      for (const call of calls) {
        expect(call.request).toMatch(/^[A-Z][A-Za-z:]* /);
        expect(Date.parse(call.at)).not.toBeNaN();
        expect(call.tookMs).toBeGreaterThanOrEqual(0);
      }
    });

    test('says of a credential that is dead already what the provider can say', async () => {
      await it.revokeByHand();
      expect((await identify()).outcome).toBe(traits.deadIdentifiesAs);
      expect(changes()).toBe(0);
    });

    test('leaves what is not of its form alone', async () => {
      const strange = new Redacted('not a credential');
      const answer = await ask(() => it.provider.identify(strange));
      expect(answer.outcome).toBe('ambiguous');
      expect(it.seen).toEqual([]);
    });

    test('tells uses without changing anything', async () => {
      const identity = await identified();
      const uses = await ask(() => it.provider.usesOf(secret, identity));
      for (const use of uses) expect(use).toMatch(/\S/);
      expect(changes()).toBe(0);
    });

    if (traits.probes) {
      test('tells a live credential from a dead one, and changes nothing by it', async () => {
        const identity = await identified();
        expect(await probe(identity)).toEqual({ outcome: 'live' });
        await it.revokeByHand();
        expect(await probe(identity)).toEqual({ outcome: 'dead' });
        expect(changes()).toBe(0);
      });
    } else {
      test('says that nothing tells whether it works', async () => {
        expect((await probe(await identified())).outcome).toBe('unavailable');
        expect(it.provider.provesBy).toBe('second-revocation');
        expect(changes()).toBe(0);
      });
    }

    if (traits.revokes) {
      test('revokes the leaked credential and no other', async () => {
        expect(await revoke(await identified())).toEqual({ outcome: 'revoked' });
        expect(await it.isRevoked('leaked')).toBe(true);
        expect(await it.isRevoked('bystander')).toBe(false);
      });

      test('does no harm when it revokes again', async () => {
        const identity = await identified();
        await revoke(identity);
        expect(await revoke(identity)).toEqual({ outcome: traits.secondRevocation });
        expect(await it.isRevoked('bystander')).toBe(false);
      });

      if (traits.probes && traits.seesSlowness !== false)
        test('sees a credential that goes on working after its revocation, and then its death', async () => {
          const identity = await identified();
          await it.enter('slow');
          expect(await revoke(identity)).toEqual({ outcome: 'revoked' });
          expect(await probe(identity)).toEqual({ outcome: 'live' });
          let liveness = await probe(identity);
          for (let more = 0; more < 5 && liveness.outcome === 'live'; more += 1)
            liveness = await probe(identity);
          expect(liveness).toEqual({ outcome: 'dead' });
        });

      if (traits.canBeDenied)
        test('says which permission is missing', async () => {
          const identity = await identified();
          await it.enter('denied');
          const answer = await revoke(identity);
          expect(answer).toEqual({ outcome: 'refused', reason: expect.stringMatching(/.{10}/) as string });
          expect(await it.isRevoked('leaked')).toBe(false);
        });
    } else {
      test('leaves the revocation to a person, and says why', async () => {
        const answer = await revoke(await identified());
        expect(answer).toEqual({ outcome: 'refused', reason: expect.stringMatching(/.{10}/) as string });
        expect(it.provider.manualSteps.length).toBeGreaterThan(0);
        expect(changes()).toBe(0);
      });
    }

    if (traits.canBeAmbiguous)
      test('decides nothing where more than one credential fits', async () => {
        await it.enter('ambiguous');
        const answer = await identify();
        expect(answer).toEqual({ outcome: 'ambiguous', reason: expect.stringMatching(/.{10}/) as string });
        expect(changes()).toBe(0);
      });

    describe.each(FAULTS)('while the provider is %s', (world) => {
      const expected = {
        outcome: 'unavailable',
        reason: expect.stringMatching(/.{5}/) as string,
        ...(world.startsWith('rate-limited') && {
          retryAfterSeconds: expect.toSatisfy(
            (seconds: number) => seconds >= RETRY_AFTER_SECONDS - 2 && seconds <= RETRY_AFTER_SECONDS + 1,
          ) as number,
        }),
      };

      if (traits.identifiesByCall)
        test('identification waits', async () => {
          await it.enter(world);
          expect(await identify()).toEqual(expected);
          expect(changes()).toBe(0);
        });

      if (traits.probes)
        test('a probe says neither live nor dead', async () => {
          const identity = await identified();
          await it.enter(world);
          expect(await probe(identity)).toEqual(expected);
          expect(changes()).toBe(0);
        });

      if (traits.revokes)
        test('a revocation is not taken for done', async () => {
          const identity = await identified();
          await it.enter(world);
          expect(await revoke(identity)).toEqual(expected);
          expect(await it.isRevoked('leaked')).toBe(false);
        });

      test('uses are not known, and nothing is thrown', async () => {
        const identity = await identified();
        await it.enter(world);
        expect(await ask(() => it.provider.usesOf(secret, identity))).toEqual([]);
      });
    });
  });
}

/** All of a value's text, an error's message, stack, causes and own properties included. */
function textOf(value: unknown): string {
  if (value instanceof Error)
    return [
      value.name,
      value.message,
      value.stack ?? '',
      textOf(Object.entries(value)),
      textOf(value.cause ?? ''),
    ].join('\n');
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  if (typeof value === 'object' && value !== null) return Object.values(value).map(textOf).join('\n');
  return String(value);
}
