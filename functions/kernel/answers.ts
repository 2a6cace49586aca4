/** How a provider's answer is read: places in JSON, and conditions. */

/** What an answer says, as far as a declaration may ask. */
export interface ReadAnswer {
  readonly status: number;
  readonly body: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

/** @returns the body as JSON, undefined where it is none: providers answer with empty bodies and proxies with pages */
export function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** What stands at a JSON pointer (RFC 6901); undefined where nothing does. */
export function at(value: unknown, pointer: string): unknown {
  let here = value;
  for (const raw of pointer.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = new Map<string, unknown>(Object.entries(here)).get(key);
  }
  return here;
}

/** A place's text: of a text, a number or a boolean; undefined for anything else and for an empty text. */
export function textAt(value: unknown, pointer: string): string | undefined {
  const found = at(value, pointer);
  if (typeof found === 'string') return found === '' ? undefined : found;
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : undefined;
}

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '';

/** All of it has to hold. A status alone is proof of little: a proxy's login page is a 200 too. */
export interface Condition {
  readonly status: readonly number[];
  /** Places of the answer's JSON that must hold something. */
  readonly has?: readonly string[] | undefined;
  /** Places that must be absent, null or empty. */
  readonly lacks?: readonly string[] | undefined;
  readonly equals?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** The body must hold this text. */
  readonly says?: string | undefined;
}

export function holds({ status, has, lacks, equals, says }: Condition, answer: ReadAnswer): boolean {
  if (!status.includes(answer.status)) return false;
  if (has?.some((pointer) => isEmpty(at(answer.json, pointer)))) return false;
  // Where nothing can be read, that a place is absent says nothing.
  if (lacks !== undefined && (typeof answer.json !== 'object' || answer.json === null)) return false;
  if (lacks?.some((pointer) => !isEmpty(at(answer.json, pointer)))) return false;
  if (says !== undefined && !answer.body.includes(says)) return false;
  return Object.entries(equals ?? {}).every(([pointer, wanted]) => at(answer.json, pointer) === wanted);
}
