/** Parts of documents that a command writes. */

/**
 * Puts the generated parts between their markers, `<!-- name:begin … -->` and `<!-- name:end -->`.
 * @returns the document; unchanged when it is up to date
 */
export function withGeneratedParts(document: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce(
    (text, [name, part]) =>
      text.replace(
        new RegExp(`(<!-- ${name}:begin[^>]*-->\\n)[\\s\\S]*?(<!-- ${name}:end -->)`),
        (_, begin: string, end: string) => `${begin}\n${part}\n\n${end}`,
      ),
    document,
  );
}
