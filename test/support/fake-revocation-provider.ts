import { type Redacted } from '../../functions/kernel/redacted.ts';
import type {
  CredentialIdentity,
  Identification,
  Liveness,
  Revocation,
  RevocationProvider,
  Told,
} from '../../functions/revocation/domain/provider.ts';

export interface FakeCredential {
  readonly id: string;
  readonly principal?: string;
  readonly account?: string;
  /** What the provider makes of it. */
  readonly kind: 'ordinary' | 'ambiguous' | 'canary' | 'unknown' | 'unrevocable';
  /** Milliseconds that it still works after it was revoked; Infinity: it never dies. */
  readonly propagationMs: number;
}

/** A call that changes something, as it begins. */
export interface FakeAct {
  readonly act: 'contain' | 'revoke' | 'restore';
  readonly id: string;
  /** The credential that the secret is; a restoration is asked without one. */
  readonly ofSecret?: string | undefined;
}

export interface FakeProviderOptions {
  readonly nowMs: () => number;
  /** Whether the next call has no answer, or throws. */
  readonly trouble?: (call: string) => 'none' | 'unavailable' | 'throws_before' | 'throws_after';
  /** Sees each act begin; what it returns sees it end, with its outcome where one arrived. */
  readonly watch?: (act: FakeAct) => (outcome: string | undefined) => void;
  readonly containable?: boolean;
  readonly needsSecret?: boolean;
  /** Nothing tells whether a credential works, but a second revocation. */
  readonly provesBySecondRevocation?: boolean;
}

/** A provider in memory that counts what is done to each of its credentials. */
export class FakeRevocationProvider implements RevocationProvider {
  readonly provider = 'fake';
  readonly secretTypes = ['fake-token'];
  readonly needsSecret: boolean;
  readonly propagationSeconds = 60;
  readonly permission = 'fake:Revoke';
  readonly manualSteps = ['Open the console of Fake.', 'Delete the token.'];
  readonly documentation = 'https://fake.example/docs';
  readonly contain?: RevocationProvider['contain'];
  readonly provesBy?: 'second-revocation';
  /** Calls that took something away, in order: which credential, when. */
  readonly revocations: { id: string; at: number }[] = [];
  readonly containments: { id: string; at: number }[] = [];
  readonly #credentials = new Map<string, FakeCredential>();
  readonly #byId = new Map<string, FakeCredential>();
  readonly #revokedAt = new Map<string, number>();
  readonly #options: FakeProviderOptions;

  constructor(options: FakeProviderOptions) {
    this.#options = options;
    this.needsSecret = options.needsSecret ?? true;
    if (options.provesBySecondRevocation === true) this.provesBy = 'second-revocation';
    if (options.containable !== false)
      this.contain = (secret, identity) =>
        this.#act('contain', identity, secret, () => {
          this.containments.push({ id: identity.id, at: this.#options.nowMs() });
          return { outcome: 'revoked' };
        });
  }

  add(secret: string, credential: FakeCredential): void {
    this.#credentials.set(secret, credential);
    this.#byId.set(credential.id, credential);
  }

  isDead(id: string): boolean {
    const credential = this.#byId.get(id);
    const revokedAt = this.#revokedAt.get(id);
    if (credential?.kind === 'unknown') return true;
    return revokedAt !== undefined && this.#options.nowMs() >= revokedAt + (credential?.propagationMs ?? 0);
  }

  identify(secret: Redacted): Promise<Told<Identification>> {
    return this.#call('identify', (): Identification => {
      const known = this.#credentials.get(secret.reveal());
      if (known === undefined || this.isDead(known.id)) return { outcome: 'dead' };
      if (known.kind === 'ambiguous') return { outcome: 'ambiguous', reason: 'two tokens end alike' };
      const { id, principal, account } = known;
      return {
        outcome: 'identified',
        identity: { id, ...(principal && { principal }), ...(account && { account }) },
      };
    });
  }

  probe(_: Redacted, identity: CredentialIdentity): Promise<Told<Liveness>> {
    return this.#call('probe', (): Liveness => {
      if (this.isDead(identity.id)) return { outcome: 'dead' };
      return this.#kindOf(identity) === 'canary'
        ? { outcome: 'canary', reason: 'laid out by somebody' }
        : { outcome: 'live' };
    });
  }

  usesOf(): Promise<Told<readonly string[]>> {
    return Promise.resolve({ answer: ['scope: repo'], calls: [] });
  }

  revoke(secret: Redacted, identity: CredentialIdentity): Promise<Told<Revocation>> {
    return this.#act('revoke', identity, secret, (): Revocation => {
      if (this.#kindOf(identity) === 'unrevocable')
        return { outcome: 'refused', reason: 'fake:Revoke is missing' };
      this.revocations.push({ id: identity.id, at: this.#options.nowMs() });
      if (this.#revokedAt.has(identity.id))
        return { outcome: this.provesBy && !this.isDead(identity.id) ? 'revoked' : 'already_dead' };
      this.#revokedAt.set(identity.id, this.#options.nowMs());
      return { outcome: 'revoked' };
    });
  }

  restore(identity: CredentialIdentity): Promise<Told<Revocation>> {
    return this.#act('restore', identity, undefined, (): Revocation => {
      this.#revokedAt.delete(identity.id);
      return { outcome: 'revoked' };
    });
  }

  #kindOf({ id }: CredentialIdentity) {
    return this.#byId.get(id)?.kind;
  }

  async #act(
    act: FakeAct['act'],
    { id }: CredentialIdentity,
    secret: Redacted | undefined,
    answer: () => Revocation,
  ): Promise<Told<Revocation>> {
    const ended = this.#options.watch?.({
      act,
      id,
      ...(secret && { ofSecret: this.#credentials.get(secret.reveal())?.id }),
    });
    let told: Told<Revocation> | undefined;
    try {
      told = await this.#call(act, answer);
      return told;
    } finally {
      ended?.(told?.answer.outcome);
    }
  }

  async #call<T>(
    request: string,
    answer: () => T,
  ): Promise<Told<T | { outcome: 'unavailable'; reason: string; retryAfterSeconds: number }>> {
    await Promise.resolve();
    const trouble = this.#options.trouble?.(request) ?? 'none';
    const at = new Date(this.#options.nowMs()).toISOString();
    if (trouble === 'throws_before') throw new Error('the provider gave no answer');
    if (trouble === 'unavailable')
      return {
        // Longer than anybody may wait for it.
        answer: { outcome: 'unavailable', reason: 'busy', retryAfterSeconds: 86_400 },
        calls: [{ request, answer: '503', at, tookMs: 1 }],
      };
    const told = answer();
    // Long enough for others to come between.
    for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
    if (trouble === 'throws_after') throw new Error('the answer of the provider was lost');
    return { answer: told, calls: [{ request, answer: '200', at, tookMs: 1 }] };
  }
}
