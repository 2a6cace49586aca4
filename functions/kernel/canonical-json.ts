/** JSON with one way to write each value: RFC 8785 (JCS). What is hashed or signed is written so. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/**
 * Members in the order of their names' UTF-16 code units, no white space, numbers and strings as ECMAScript writes them.
 * A member that is undefined is left out, as `JSON.stringify` does.
 * @throws Error where a number is not finite or text holds a lone surrogate: JSON has no one way to write these
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error('A number that is not finite has no canonical JSON.');
    return JSON.stringify(value);
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  return `{${canonicalMembers(value)
    .map(([, written]) => written)
    .join(',')}}`;
}

/** Members of an object in canonical order, each with its name and as it stands in the object: `"name":value`. */
export function canonicalMembers(
  object: Readonly<Record<string, Json | undefined>>,
): readonly (readonly [name: string, written: string])[] {
  const members: (readonly [string, string])[] = [];
  // The default order of sort is that of UTF-16 code units.
  for (const name of Object.keys(object).sort()) {
    const value = object[name];
    if (value !== undefined) members.push([name, `${text(name)}:${canonicalJson(value)}`]);
  }
  return members;
}

// Array.isArray alone does not narrow a readonly array.
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

function text(value: string): string {
  if (!value.isWellFormed()) throw new Error('Text with a lone surrogate has no canonical JSON.');
  return JSON.stringify(value);
}
