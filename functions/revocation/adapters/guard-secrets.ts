/** The last door before an answer leaves a provider: nothing that holds the secret passes it. */
import type { Redacted } from '../../kernel/redacted.ts';
import type { RevocationProvider, Told } from '../domain/provider.ts';

const REPLACEMENT = '[redacted]';

/** Every way in which a provider could have handed the secret back to us. */
function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const forms = [secret, json, encodeURIComponent(secret), Buffer.from(secret).toString('base64')];
  return [...new Set(forms)].filter((form) => form.length >= 8);
}

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
    const forms = secret === undefined ? [] : hiddenIn(secret.reveal()).flatMap(formsOf);
    return { answer: cleaned(told.answer, forms), calls: cleaned(told.calls, forms) };
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

/** The same value with every form of the secret replaced in its texts; answers are plain data. */
function cleaned<T>(value: T, forms: readonly string[]): T {
  const copy = structuredClone(value);
  clean(copy, forms);
  return copy;
}

function clean(value: unknown, forms: readonly string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'string') {
      const text = forms.reduce((rest, form) => rest.replaceAll(form, REPLACEMENT), inner);
      if (text !== inner) Reflect.set(value, key, text);
    } else clean(inner, forms);
  }
}
