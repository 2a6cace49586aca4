/** A property that is not as it was asked for. */
export interface Mismatch {
  /** Dotted, from the resource's properties down. */
  readonly property: string;
  readonly asked: unknown;
  /** `undefined` if there is nothing. */
  readonly found: unknown;
}

/**
 * Compares what a template asks for with what is there. What is there and was not asked for is no mismatch.
 * CloudFormation's own leniency is kept: numbers and booleans may be written as text, a list of one as its only
 * element, and the order of a list does not count.
 */
export function mismatchesOf(asked: unknown, found: unknown, property = ''): Mismatch[] {
  if (Array.isArray(asked) || Array.isArray(found)) return mismatchesOfLists(listOf(asked), found, property);
  if (isRecord(asked)) {
    if (!isRecord(found)) return [{ property, asked, found }];
    return Object.entries(asked).flatMap(([key, value]) =>
      mismatchesOf(value, found[key], property === '' ? key : `${property}.${key}`),
    );
  }
  return textOf(asked) === textOf(found) ? [] : [{ property, asked, found }];
}

function mismatchesOfLists(asked: readonly unknown[], found: unknown, property: string): Mismatch[] {
  if (found === undefined || found === null) return asked.length === 0 ? [] : [{ property, asked, found }];
  const left = [...listOf(found)];
  for (const item of asked) {
    const index = left.findIndex((candidate) => mismatchesOf(item, candidate).length === 0);
    if (index < 0) return [{ property, asked, found }];
    left.splice(index, 1);
  }
  return left.length === 0 ? [] : [{ property, asked, found }];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
