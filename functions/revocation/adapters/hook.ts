/**
 * Revocation by a team's own automation: the older sentinel's hooks (`/hooks/aws-revoke`, `/hooks/github-deactivate`,
 * `/hooks/slack-revoke`). What the credential is and whether it still works is asked of its provider as ever; only the
 * act itself is handed over, by a request that is signed where both sides know a key, names the credential and carries
 * no secret.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import type { CredentialIdentity, Revocation, RevocationProvider, Told } from '../domain/provider.ts';
import { refuseBaseUrl, type Http } from '../../platform/http.ts';

/** Where a team's automation listens. */
export interface Hook {
  /** E.g. `https://sentinel.acme.example/hooks/aws-revoke`; it stands in records, so it holds nothing secret. */
  readonly url: string;
  /** The key that both sides know, at least 32 characters; without one requests are not signed. */
  readonly key?: Redacted;
}

export interface HookOptions extends Hook {
  /** The provider that identifies and probes. */
  readonly inner: RevocationProvider;
  readonly http: Http;
  readonly clock: Clock;
}

export const SHORTEST_HOOK_KEY = 32;

/**
 * How a request is signed: hex HMAC-SHA-256 over the timestamp, a dot and the body, as `t=<seconds>,v1=<hex>`. The
 * receiver refuses timestamps older than five minutes, and acts once for each `Idempotency-Key`.
 * @param epochSeconds when it is sent
 */
function signHook(body: string, epochSeconds: number, key: Redacted): string {
  const mac = createHmac('sha256', key.reveal()).update(`${epochSeconds}.${body}`).digest('hex');
  return `t=${epochSeconds},v1=${mac}`;
}

/** @returns the provider, whose `revoke` asks the team's automation; there is no containment and no undoing by it */
export function createHookProvider({ inner, url, key, http, clock }: HookOptions): RevocationProvider {
  async function revoke(identity: CredentialIdentity): Promise<Told<Revocation>> {
    const exchange = http.begin();
    const tell = (answer: Revocation) => ({ answer, calls: exchange.calls });
    const refused = refuseBaseUrl(url);
    if (refused !== undefined)
      return tell({ outcome: 'refused', reason: `the hook cannot be used: ${refused}` });
    if (key !== undefined && key.reveal().length < SHORTEST_HOOK_KEY)
      return tell({
        outcome: 'refused',
        reason: `the hook's key is shorter than ${SHORTEST_HOOK_KEY} characters`,
      });
    const body = JSON.stringify({
      version: 1,
      action: 'revoke',
      provider: inner.provider,
      credential: { id: identity.id, principal: identity.principal, account: identity.account },
    });
    const target = new URL(url);
    const outcome = await exchange.send({
      method: 'POST',
      url: target,
      shown: `POST ${target.host}${target.pathname}`,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'shhh-revocation',
        'idempotency-key': createHash('sha256').update(body).digest('hex'),
        ...(key !== undefined && {
          'x-shhh-signature': signHook(body, Math.floor(clock.now() / 1_000), key),
        }),
      },
      body,
      mayRepeat: true,
    });
    if (outcome.kind === 'failure') {
      const { reason, retryAfterSeconds } = outcome;
      return tell({
        outcome: 'unavailable',
        reason,
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      });
    }
    // Only these mean that it was taken on; a page with status 200 comes from somebody else.
    if (outcome.status === 202 || outcome.status === 204) return tell({ outcome: 'revoked' });
    if (outcome.status === 410) return tell({ outcome: 'already_dead' });
    if (outcome.status >= 400)
      return tell({
        outcome: 'refused',
        reason: `the hook answered ${outcome.status}: look into its own log`,
      });
    return tell({ outcome: 'unavailable', reason: `the hook answered ${outcome.status}, not 202 or 204` });
  }

  const { contain, restore, remove, ...rest } = inner;
  return {
    ...rest,
    permission: 'those of the automation behind the hook',
    manualSteps: [
      'Look whether the automation behind the hook runs; else do as follows.',
      ...inner.manualSteps,
    ],
    revoke: (_, identity) => revoke(identity),
  };
}
