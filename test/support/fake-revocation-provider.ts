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

export interface FakeProviderOptions {
  readonly nowMs: () => number;
  /** Whether the next call has no answer, or throws. */
  readonly trouble?: (call: string, id: string) => 'none' | 'unavailable' | 'throws_before' | 'throws_after';
  readonly containable?: boolean;
  readonly needsSecret?: boolean;
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
    if (options.containable !== false)
      this.contain = (_, identity) =>
        this.#call('contain', identity.id, () => {
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
    return this.#call('identify', '', (): Identification => {
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
    return this.#call('probe', identity.id, (): Liveness => {
      if (this.isDead(identity.id)) return { outcome: 'dead' };
      return this.#kindOf(identity) === 'canary'
        ? { outcome: 'canary', reason: 'laid out by somebody' }
        : { outcome: 'live' };
    });
  }

  usesOf(): Promise<Told<readonly string[]>> {
    return Promise.resolve({ answer: ['scope: repo'], calls: [] });
  }

  revoke(_: Redacted, identity: CredentialIdentity): Promise<Told<Revocation>> {
    return this.#call('revoke', identity.id, (): Revocation => {
      if (this.#kindOf(identity) === 'unrevocable')
        return { outcome: 'refused', reason: 'fake:Revoke is missing' };
      this.revocations.push({ id: identity.id, at: this.#options.nowMs() });
      if (this.#revokedAt.has(identity.id)) return { outcome: 'already_dead' };
      this.#revokedAt.set(identity.id, this.#options.nowMs());
      return { outcome: 'revoked' };
    });
  }

  restore(identity: CredentialIdentity): Promise<Told<Revocation>> {
    return this.#call('restore', identity.id, (): Revocation => {
      this.#revokedAt.delete(identity.id);
      return { outcome: 'revoked' };
    });
  }

  #kindOf({ id }: CredentialIdentity) {
    return this.#byId.get(id)?.kind;
  }

  async #call<T>(
    request: string,
    id: string,
    answer: () => T,
  ): Promise<Told<T | { outcome: 'unavailable'; reason: string }>> {
    await Promise.resolve();
    const trouble = this.#options.trouble?.(request, id) ?? 'none';
    const at = new Date(this.#options.nowMs()).toISOString();
    if (trouble === 'throws_before') throw new Error('the connection broke');
    if (trouble === 'unavailable')
      return {
        answer: { outcome: 'unavailable', reason: 'busy' },
        calls: [{ request, answer: '503', at, tookMs: 1 }],
      };
    const told = answer();
    await Promise.resolve();
    if (trouble === 'throws_after') throw new Error('the connection broke');
    return { answer: told, calls: [{ request, answer: '200', at, tookMs: 1 }] };
  }
}
