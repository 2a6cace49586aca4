/** The last door before an answer leaves: nothing that holds a secret passes it. */

const REPLACEMENT = '[redacted]';
/** Shorter texts stand in ordinary words by chance. */
const SHORTEST = 8;

/** Every way in which another side could have handed the secret back to us. */
function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const forms = [secret, json, encodeURIComponent(secret), Buffer.from(secret).toString('base64')];
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST);
}

/**
 * The same value with every form of the secrets replaced in its texts.
 * @param value plain data; it is copied
 */
export function withoutSecrets<T>(value: T, secrets: readonly string[]): T {
  const copy = structuredClone(value);
  const forms = secrets.flatMap(formsOf);
  if (forms.length > 0) clean(copy, forms);
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
