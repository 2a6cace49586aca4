/**
 * Where in parsed data texts stand that look like a credential.
 * @param looksSecret whether a text holds something that our own scanner takes for one
 */
export function secretTexts(
  source: unknown,
  looksSecret: (text: string) => boolean,
  path: readonly PropertyKey[] = [],
): readonly (readonly PropertyKey[])[] {
  if (typeof source === 'string') return looksSecret(source) ? [path] : [];
  if (typeof source !== 'object' || source === null) return [];
  return Object.entries(source).flatMap(([key, value]) =>
    secretTexts(value, looksSecret, [...path, Array.isArray(source) ? Number(key) : key]),
  );
}
