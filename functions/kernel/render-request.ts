/** From a declared request to one that can be sent, and to what a record may show of it. */

/** A JSON value whose texts have placeholders. */
export type JsonTemplate = string | readonly JsonTemplate[] | { readonly [name: string]: JsonTemplate };

/** A request with `{{placeholders}}` in its texts. */
export interface RequestTemplate {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** User and password of HTTP Basic authentication. */
  readonly basic?: readonly [string, string] | undefined;
  readonly form?: Readonly<Record<string, string>> | undefined;
  readonly json?: { readonly [name: string]: JsonTemplate } | undefined;
  /** A POST that may be sent again after a fault because the provider documents it as idempotent. */
  readonly idempotent?: boolean | undefined;
}

/** What a placeholder stands for; undefined where there is nothing, e.g. an own credential that is not set up. */
export type Lookup = (name: string) => string | undefined;

export interface RenderedRequest {
  readonly method: RequestTemplate['method'];
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

/** One segment of a path; dots alone would lead elsewhere. */
function encodeSegment(value: string): string {
  if (value === '.' || value === '..') throw new Unfilled('a segment of a path');
  return encodeURIComponent(value);
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
 * @param agent who asks, for the provider's logs
 * @throws Unfilled
 */
export function renderRequest(
  request: RequestTemplate,
  base: string,
  lookup: Lookup,
  agent: string,
): RenderedRequest {
  const prefix = base.replace(/\/+$/, '');
  const url = new URL(prefix + fill(request.path, lookup, encodeSegment));
  for (const [key, value] of Object.entries(request.query ?? {}))
    url.searchParams.set(key, fill(value, lookup));
  const headers = new Map([
    ['accept', 'application/json'],
    ['user-agent', agent],
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

function bodyOf(request: RequestTemplate, lookup: Lookup): { type: string; text: string } | undefined {
  const { form, json } = request;
  if (form !== undefined) {
    const fields = Object.entries(form).map(([key, value]): [string, string] => [key, fill(value, lookup)]);
    return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(fields).toString() };
  }
  if (json === undefined) return undefined;
  return { type: 'application/json', text: JSON.stringify(fillJson(json, lookup)) };
}

function fillJson(value: JsonTemplate, lookup: Lookup): JsonTemplate {
  if (typeof value === 'string') return fill(value, lookup);
  if (isList(value)) return value.map((one) => fillJson(one, lookup));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fillJson(one, lookup)]));
}

// Array.isArray alone does not narrow a readonly array.
const isList = (value: JsonTemplate): value is readonly JsonTemplate[] => Array.isArray(value);
