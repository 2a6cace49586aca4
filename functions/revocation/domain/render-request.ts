/** From a declared request to one that can be sent, and to what a record may show of it. */
import type { DeclaredRequest } from './declaration.ts';

/** What a placeholder stands for; undefined where there is nothing, e.g. an own credential that is not set up. */
export type Lookup = (name: string) => string | undefined;

export interface RenderedRequest {
  readonly method: DeclaredRequest['method'];
  readonly url: URL;
  readonly shown: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly mayRepeat: boolean;
}

/** A placeholder had nothing to stand for: `name` says which. */
export class Unfilled extends Error {
  readonly placeholder: string;
  constructor(placeholder: string) {
    super(`nothing is known for {{${placeholder}}}`);
    this.placeholder = placeholder;
  }
}

/** @throws Unfilled */
export function fill(text: string, lookup: Lookup, encode: (value: string) => string = (it) => it): string {
  return text.replaceAll(/\{\{(\+?)([^{}]+)\}\}/g, (_, plus: string, name: string) => {
    const value = lookup(name);
    if (value === undefined) throw new Unfilled(name);
    return plus === '' ? encode(value) : encodeSegments(value, name);
  });
}

/** A path of several segments, e.g. `projects/1/keys/2`; dots and empty segments would lead elsewhere. */
function encodeSegments(value: string, name: string): string {
  const segments = value.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    throw new Unfilled(name);
  return segments.map(encodeURIComponent).join('/');
}

/** Only what names the credential is shown; what is or could be secret is named instead. */
const SHOWN = new Set(['id', 'account']);
const IDEMPOTENT = new Set(['GET', 'PUT', 'DELETE']);

/**
 * @param base the provider's address; its path, if it has one, comes before the request's
 * @throws Unfilled
 */
export function renderRequest(request: DeclaredRequest, base: string, lookup: Lookup): RenderedRequest {
  const prefix = base.replace(/\/+$/, '');
  const url = new URL(prefix + fill(request.path, lookup, encodeURIComponent));
  for (const [key, value] of Object.entries(request.query ?? {}))
    url.searchParams.set(key, fill(value, lookup));
  const headers = new Map([
    ['accept', 'application/json'],
    ['user-agent', 'shhh-revocation'],
  ]);
  for (const [key, value] of Object.entries(request.headers ?? {}))
    headers.set(key.toLowerCase(), fill(value, lookup));
  if (request.basic !== undefined) {
    const pair = request.basic.map((part) => fill(part, lookup)).join(':');
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  }
  const body = bodyOf(request, lookup);
  if (body !== undefined) headers.set('content-type', body.type);
  const shownPath = fill(request.path, (name) => (SHOWN.has(name) ? lookup(name) : `[${name}]`), String);
  return {
    method: request.method,
    url,
    shown: `${request.method} ${url.host}${new URL(prefix).pathname.replace(/\/$/, '')}${shownPath}`,
    headers: Object.fromEntries(headers),
    mayRepeat: IDEMPOTENT.has(request.method) || request.idempotent === true,
    ...(body !== undefined && { body: body.text }),
  };
}

function bodyOf(request: DeclaredRequest, lookup: Lookup): { type: string; text: string } | undefined {
  const { form, json } = request;
  if (form !== undefined) {
    const fields = Object.entries(form).map(([key, value]): [string, string] => [key, fill(value, lookup)]);
    return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(fields).toString() };
  }
  if (json === undefined) return undefined;
  const filled = Object.entries(json).map(([key, value]): [string, string | string[]] => [
    key,
    typeof value === 'string' ? fill(value, lookup) : value.map((one) => fill(one, lookup)),
  ]);
  return { type: 'application/json', text: JSON.stringify(Object.fromEntries(filled)) };
}
