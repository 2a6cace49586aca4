/** The last door before an answer leaves a provider: nothing that holds the secret passes it. */
import type { Redacted } from '../../kernel/redacted.ts';
import { withoutSecrets } from '../../platform/without-secrets.ts';
import type { RevocationProvider, Told } from '../domain/provider.ts';

/**
 * Wraps a provider. Providers answer in their own words, and some quote what they were sent; a thrown error carries
 * requests. Texts in answers and calls are cleaned, and an error is replaced by one that says where it happened.
 * @param hiddenIn what of a found text is secret: all of it, where not said otherwise
 */
export function guardSecrets(
  provider: RevocationProvider,
  hiddenIn: (found: string) => readonly string[] = (found) => [found],
): RevocationProvider {
  async function guarded<T>(
    operation: string,
    secret: Redacted | undefined,
    call: () => Promise<Told<T>>,
  ): Promise<Told<T>> {
    const ended = await call().then(
      (told) => ({ told }),
      (error: unknown) => ({ failed: error instanceof Error ? error.name : 'NonError' }),
    );
    if ('failed' in ended) throw new Error(`${provider.provider}: ${operation} failed with ${ended.failed}.`);
    const { told } = ended;
    const hidden = secret === undefined ? [] : hiddenIn(secret.reveal());
    return withoutSecrets(told, hidden);
  }
  const { contain, restore, remove } = provider;
  return {
    ...provider,
    identify: (secret) => guarded('identify', secret, () => provider.identify(secret)),
    probe: (secret, identity) => guarded('probe', secret, () => provider.probe(secret, identity)),
    usesOf: (secret, identity) => guarded('usesOf', secret, () => provider.usesOf(secret, identity)),
    revoke: (secret, identity) => guarded('revoke', secret, () => provider.revoke(secret, identity)),
    ...(contain !== undefined && {
      contain: (secret, identity) => guarded('contain', secret, () => contain(secret, identity)),
    }),
    ...(restore !== undefined && {
      restore: (identity) => guarded('restore', undefined, () => restore(identity)),
    }),
    ...(remove !== undefined && {
      remove: (identity) => guarded('remove', undefined, () => remove(identity)),
    }),
  };
}
