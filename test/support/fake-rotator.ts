import { z } from 'zod';
import type { RotationStrategy } from '../../functions/contracts/rotation.ts';
import type { Told, Unavailable } from '../../functions/kernel/provider-call.ts';
import { Redacted } from '../../functions/kernel/redacted.ts';
import { err, ok, type Result } from '../../functions/kernel/result.ts';
import type {
  Change,
  Creation,
  CredentialIdentity,
  Liveness,
  Overlap,
  RotationOrder,
  Rotator,
  TestOrder,
  TestOutcome,
  Verifier,
} from '../../functions/rotation/domain/ports.ts';

/** What goes wrong with one call: before or after it had its effect. */
export type Trouble = 'none' | 'unavailable' | 'unavailable_after' | 'throws_before' | 'throws_after';

/**
 * - `key`: the provider draws it, two at a time.
 * - `pair`: two users, one password each.
 * - `user`: one user with one password.
 */
export type FakeKind = 'key' | 'pair' | 'user';

const content = z.object({ id: z.string(), password: z.string() });
type Content = z.infer<typeof content>;
export const textOf = (value: Content): string => JSON.stringify(value);

export interface FakeRotatorOptions {
  readonly kind: FakeKind;
  readonly nowMs: () => number;
  readonly trouble: (call: string) => Trouble;
  /** After each change, when everybody can see it. */
  readonly changed: (call: string, order: RotationOrder) => void;
}

/** A provider in memory and the rotator that speaks to it. It remembers which credentials work. */
export class FakeRotator implements Rotator {
  readonly kind = 'fake';
  readonly settings = z.strictObject({});
  readonly propagationSeconds = 5;
  readonly permission = 'none';
  readonly documentation = 'none';
  /** What works now, by id: its password. */
  readonly works = new Map<string, string>();
  /** What is retired and works for a while still, by id: until when, epoch milliseconds. */
  readonly #dying = new Map<string, number>();
  /** Ids of what was removed while it was retired and still worked. */
  readonly removedAlive: string[] = [];
  /** Which rotation drew what, by id. */
  readonly drawnBy = new Map<string, string>();
  readonly #options: FakeRotatorOptions;
  #drawn = 0;
  /** Calls that change something and have not ended. */
  #acting = 0;
  /** The most that acted at once. */
  mostActing = 0;

  constructor(options: FakeRotatorOptions) {
    this.#options = options;
  }

  isDying(text: string): boolean {
    return this.#dying.has(content.parse(JSON.parse(text)).id);
  }

  isLive(text: string): boolean {
    const { id, password } = content.parse(JSON.parse(text));
    if ((this.#dying.get(id) ?? Infinity) <= this.#options.nowMs()) this.#kill(id);
    return this.works.get(id) === password;
  }

  overlap(strategy: RotationStrategy): Overlap | undefined {
    if (strategy === 'external') return undefined;
    return this.#options.kind === 'user' ? 'one' : 'both';
  }

  needsAuthority(): boolean {
    return false;
  }

  describe(value: Redacted): Result<CredentialIdentity, string> {
    const read = content.safeParse(JSON.parse(value.reveal()));
    return read.success ? ok({ id: read.data.id }) : err('it has no id');
  }

  secretsIn(value: Redacted): readonly Redacted[] {
    return [new Redacted(this.#read(value).password)];
  }

  create(order: RotationOrder): Promise<Told<Creation>> {
    return this.#act<Creation>('create', order, () => {
      const { id } = this.#read(order.current);
      const password = `password-${(this.#drawn += 1)}`;
      switch (this.#options.kind) {
        case 'user':
          return { outcome: 'created', value: new Redacted(textOf({ id, password })) };
        case 'pair':
          return {
            outcome: 'created',
            value: new Redacted(textOf({ id: id === 'a' ? 'b' : 'a', password })),
          };
        case 'key': {
          for (const [drawn, by] of this.drawnBy) if (by === order.rotationId) this.works.delete(drawn);
          if (this.works.size >= 2) return { outcome: 'refused', reason: 'both slots are in use' };
          const drawn = `key-${this.#drawn}`;
          this.works.set(drawn, password);
          this.drawnBy.set(drawn, order.rotationId);
          return { outcome: 'created', value: new Redacted(textOf({ id: drawn, password })) };
        }
      }
    });
  }

  install(order: RotationOrder, staged: Redacted): Promise<Told<Change>> {
    return this.#act<Change>('install', order, () => {
      const { id, password } = this.#read(staged);
      if (this.#options.kind !== 'key') {
        this.#dying.delete(id);
        this.works.set(id, password);
      }
      return { outcome: 'done' };
    });
  }

  async probe(_order: RotationOrder, value: Redacted): Promise<Told<Liveness>> {
    await Promise.resolve();
    const trouble = this.#options.trouble('probe');
    if (trouble === 'throws_before' || trouble === 'throws_after') throw new Error('no answer');
    if (trouble !== 'none') return told({ outcome: 'unavailable', reason: 'out of order' });
    return told({ outcome: this.isLive(value.reveal()) ? 'live' : 'dead' });
  }

  retire(order: RotationOrder, old: Redacted): Promise<Told<Change>> {
    return this.#end('retire', order, old);
  }

  reinstate(order: RotationOrder, old: Redacted): Promise<Told<Change>> {
    return this.#act<Change>('reinstate', order, () => {
      const { id, password } = this.#read(old);
      this.#dying.delete(id);
      this.works.set(id, password);
      return { outcome: 'done' };
    });
  }

  destroy(order: RotationOrder, value: Redacted | undefined): Promise<Told<Change>> {
    if (value !== undefined) return this.#end('destroy', order, value);
    return this.#act<Change>('destroy', order, () => {
      for (const [drawn, by] of this.drawnBy) if (by === order.rotationId) this.works.delete(drawn);
      return { outcome: 'done' };
    });
  }

  #end(call: string, order: RotationOrder, value: Redacted): Promise<Told<Change>> {
    return this.#act<Change>(call, order, () => {
      const { id } = this.#read(value);
      if (!this.isLive(value.reveal())) return { outcome: 'done' };
      const isDying = this.#dying.has(id);
      if (call === 'retire' && !isDying) this.#dying.set(id, this.#options.nowMs() + 5_000);
      if (call === 'destroy') {
        if (isDying) this.removedAlive.push(id);
        this.#kill(id);
      }
      return { outcome: 'done' };
    });
  }

  #kill(id: string): void {
    this.#dying.delete(id);
    this.works.delete(id);
  }

  #read(value: Redacted): Content {
    return content.parse(JSON.parse(value.reveal()));
  }

  async #act<T>(call: string, order: RotationOrder, effect: () => T): Promise<Told<T | Unavailable>> {
    this.#acting += 1;
    this.mostActing = Math.max(this.mostActing, this.#acting);
    try {
      await slowly();
      const trouble = this.#options.trouble(call);
      if (trouble === 'throws_before') throw new Error('no answer');
      if (trouble === 'unavailable') return told(UNAVAILABLE);
      const answer = effect();
      this.#options.changed(call, order);
      await slowly();
      if (trouble === 'throws_after') throw new Error('the answer was lost');
      return trouble === 'unavailable_after' ? told(UNAVAILABLE) : told(answer);
    } finally {
      this.#acting -= 1;
    }
  }
}

/** A provider takes its time: others come meanwhile. */
async function slowly(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

const told = <T>(answer: T): Told<T> => ({
  answer,
  calls: [{ request: 'FAKE call', answer: '200', at: '2026-11-21T08:00:00.000Z', tookMs: 1 }],
});
const UNAVAILABLE: Unavailable = { outcome: 'unavailable', reason: 'out of order' };

/** A test that asks whether the credential works, and another thing that a test can say. */
export class FakeVerifier implements Verifier {
  readonly settings = z.strictObject({});
  readonly documentation = 'none';
  readonly kind: string;
  /** Texts that have passed. */
  readonly passed = new Set<string>();
  readonly #judge: (text: string) => TestOutcome['outcome'] | 'throws';

  constructor(kind: string, judge: (text: string) => TestOutcome['outcome'] | 'throws') {
    this.kind = kind;
    this.#judge = judge;
  }

  async run({ value }: TestOrder): Promise<Told<TestOutcome>> {
    await Promise.resolve();
    const outcome = this.#judge(value.reveal());
    if (outcome === 'throws') throw new Error('no answer');
    if (outcome === 'passed') {
      this.passed.add(value.reveal());
      return told({ outcome });
    }
    return told({ outcome, reason: 'it does not do what the test asks' });
  }
}
