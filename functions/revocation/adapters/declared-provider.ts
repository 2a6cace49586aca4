/** Runs a provider that a declaration describes. */
import type { Redacted } from '../../kernel/redacted.ts';
import type { DeclaredRequest } from '../../contracts/declared-http.ts';
import { at, holds, textAt } from '../../kernel/answers.ts';
import { findEntry } from '../domain/answers.ts';
import type { DeclaredAct, DeclaredIdentifyStep, ProviderDeclaration } from '../domain/declaration.ts';
import type {
  CredentialIdentity,
  Identification,
  Liveness,
  Revocation,
  RevocationProvider,
  Told,
  Unavailable,
  Use,
} from '../domain/provider.ts';
import { fill, Unfilled, type Lookup } from '../../kernel/render-request.ts';
import { askDeclared, type Answered, type Impossible } from '../../platform/ask-declared.ts';
import type { Http, HttpExchange } from '../../platform/http.ts';

/** The revoker's own credentials by name, e.g. `anthropic.adminKey`; undefined where one is not set up. */
type OwnCredentials = (name: string) => Promise<Redacted | undefined>;

export interface DeclaredProviderOptions {
  readonly http: Http;
  readonly own: OwnCredentials;
  /** What is wrong with how they are set up: said where one is missing. */
  readonly ownProblem?: string | undefined;
  /** Addresses by declaration and base, e.g. `gitlab.api`, where they are not the declared ones. */
  readonly baseUrls: Readonly<Record<string, string>>;
}

/** Pages of a list that are read at most; what has more is not known whole. */
const MAX_PAGES = 20;

/** What cannot even be asked: the reason says what to set up. */
type Asked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

export function createDeclaredProvider(
  it: ProviderDeclaration,
  { http, own, ownProblem, baseUrls }: DeclaredProviderOptions,
): RevocationProvider {
  const form = new RegExp(it.secret);

  /** The parts of the secret that requests need, or why there are none: it is not of this provider's form. */
  function partsOf(secret: Redacted): Asked<ReadonlyMap<string, string>> {
    const text = secret.reveal();
    const strange = {
      ok: false as const,
      reason: `what was found has not the form of a ${it.title} credential`,
    };
    if (!form.test(text)) return strange;
    const parts = new Map<string, string>();
    for (const [name, source] of Object.entries(it.parts)) {
      const found = new Set(Array.from(text.matchAll(new RegExp(source, 'g')), ([, part = '']) => part));
      const [part] = found;
      if (found.size !== 1 || part === undefined || part === '') return strange;
      parts.set(name, part);
    }
    return { ok: true, value: parts };
  }

  async function lookupFor(
    requests: readonly DeclaredRequest[],
    secret: Redacted | undefined,
    identity: CredentialIdentity | undefined,
  ): Promise<Asked<Lookup>> {
    const parts = secret === undefined ? undefined : partsOf(secret);
    if (parts?.ok === false) return parts;
    const text = JSON.stringify(requests);
    const mine = new Map<string, string>();
    for (const [name, what] of Object.entries(it.own)) {
      if (!text.includes(`own.${name}}}`)) continue;
      const key = `${it.name}.${name}`;
      const credential = await own(key);
      if (credential === undefined)
        return {
          ok: false,
          reason: `${what} is not set up: store it as ${key}, or do it by hand${ownProblem === undefined ? '' : ` (${ownProblem})`}`,
        };
      mine.set(name, credential.reveal());
    }
    return {
      ok: true,
      value: (name) => {
        if (name === 'secret') return secret?.reveal();
        if (name.startsWith('part.')) return parts?.value.get(name.slice(5));
        if (name.startsWith('own.')) return mine.get(name.slice(4));
        if (name === 'id') return identity?.id;
        return name === 'principal'
          ? identity?.principal
          : name === 'account'
            ? identity?.account
            : undefined;
      },
    };
  }

  async function ask(
    exchange: HttpExchange,
    request: DeclaredRequest,
    lookup: Lookup,
  ): Promise<Answered | Unavailable | Impossible> {
    const base = baseUrls[`${it.name}.${request.base}`] ?? it.bases[request.base];
    const where = `${it.name}.${request.base}`;
    if (base === undefined || base === null)
      return { outcome: 'impossible', reason: `the address of ${it.title} is not set: configure ${where}` };
    return askDeclared(exchange, { request, base, where, lookup, agent: 'shhh-revocation' });
  }

  const unread = (status: number): Unavailable => ({
    outcome: 'unavailable',
    reason: `${it.title} answered ${status} in a way that its protocol does not explain`,
  });

  async function identify(secret: Redacted, exchange: HttpExchange): Promise<Identification> {
    const steps = it.identify === 'self' ? [] : it.identify;
    const asked = await lookupFor(
      steps.map((step) => step.request),
      secret,
      undefined,
    );
    if (!asked.ok) return { outcome: 'ambiguous', reason: asked.reason };
    if (it.identify === 'self') return { outcome: 'identified', identity: { id: 'self' } };
    let known: Partial<CredentialIdentity> = {};
    for (const step of steps) {
      const answer = await ask(exchange, step.request, asked.value);
      if ('outcome' in answer)
        return answer.outcome === 'impossible' ? { outcome: 'ambiguous', reason: answer.reason } : answer;
      const read = step.answers.find((one) => holds(one.when, answer));
      if (read === undefined) return unread(answer.status);
      if (read.then === 'dead') return { outcome: 'dead' };
      if (read.then === 'ambiguous') return { outcome: 'ambiguous', reason: read.reason ?? 'it is unclear' };
      let source = answer.json;
      if (read.then === 'find') {
        const found = await findIn(step, answer, asked.value, secret, exchange);
        if ('outcome' in found) return found;
        source = found.entry;
      }
      const told = fieldsOf(read, source, asked.value);
      if (told === undefined) return unread(answer.status);
      known = { ...known, ...told };
      if (read.then !== 'continue' && known.id !== undefined)
        return { outcome: 'identified', identity: { ...known, id: known.id } };
    }
    return { outcome: 'ambiguous', reason: 'no step told which credential it is' };
  }

  /** @returns undefined where a declared place of the answer is empty: half an identity is none */
  function fieldsOf(
    read: DeclaredIdentifyStep['answers'][number],
    source: unknown,
    lookup: Lookup,
  ): Partial<CredentialIdentity> | undefined {
    const told = new Map<string, string>();
    const places: Lookup = (name) =>
      name.startsWith('answer:') ? textAt(source, name.slice('answer:'.length)) : lookup(name);
    for (const field of ['id', 'principal', 'account'] as const) {
      const template = read[field];
      if (template === undefined) continue;
      try {
        told.set(field, fill(template, places));
      } catch (error) {
        if (!(error instanceof Unfilled)) throw error;
        if (field === 'id') return undefined;
      }
    }
    return Object.fromEntries(told);
  }

  async function findIn(
    step: DeclaredIdentifyStep,
    first: Answered,
    lookup: Lookup,
    secret: Redacted,
    exchange: HttpExchange,
  ): Promise<{ readonly entry: unknown } | Identification> {
    const { list } = step;
    if (list === undefined) return { outcome: 'ambiguous', reason: 'there is no list to find it in' };
    const entries: unknown[] = [];
    let page = first;
    for (let number = 1; ; number += 1) {
      const here = list.at === '' ? page.json : at(page.json, list.at);
      if (!Array.isArray(here)) return unread(page.status);
      for (const entry of here) entries.push(entry);
      const { next } = list;
      if (next === undefined || at(page.json, next.when) !== true) break;
      const from = textAt(page.json, next.from);
      if (number === MAX_PAGES || from === undefined)
        return { outcome: 'ambiguous', reason: `${it.title} lists more keys than can be compared` };
      const request = { ...step.request, query: { ...step.request.query, [next.query]: from } };
      const answer = await ask(exchange, request, lookup);
      if ('outcome' in answer)
        return answer.outcome === 'impossible' ? { outcome: 'ambiguous', reason: answer.reason } : answer;
      if (answer.status !== first.status) return unread(answer.status);
      page = answer;
    }
    const found = findEntry(list, entries, secret.reveal(), (template) => fill(template, lookup));
    if (found.outcome === 'one') return { entry: found.entry };
    return {
      outcome: 'ambiguous',
      reason:
        found.outcome === 'unsure'
          ? found.reason
          : `${it.title} lists no such key for us: it is somebody else's, or already deleted`,
    };
  }

  async function probe(
    secret: Redacted,
    identity: CredentialIdentity,
    exchange: HttpExchange,
  ): Promise<Liveness> {
    if (it.probe === undefined)
      return {
        outcome: 'unavailable',
        reason: `nothing tells whether a ${it.title} credential works without changing something`,
      };
    const asked = await lookupFor([it.probe.request], secret, identity);
    if (!asked.ok) return { outcome: 'unavailable', reason: asked.reason };
    const answer = await ask(exchange, it.probe.request, asked.value);
    if ('outcome' in answer) return { ...answer, outcome: 'unavailable' };
    const read = it.probe.answers.find((one) => holds(one.when, answer));
    return read === undefined ? unread(answer.status) : { outcome: read.then };
  }

  async function perform(
    act: DeclaredAct,
    secret: Redacted | undefined,
    identity: CredentialIdentity,
    exchange: HttpExchange,
  ): Promise<Revocation> {
    const asked = await lookupFor([act.request], secret, identity);
    if (!asked.ok) return { outcome: 'refused', reason: asked.reason };
    const answer = await ask(exchange, act.request, asked.value);
    if ('outcome' in answer)
      return answer.outcome === 'impossible' ? { outcome: 'refused', reason: answer.reason } : answer;
    const read = act.answers.find((one) => holds(one.when, answer));
    if (read === undefined) return unread(answer.status);
    return read.then === 'refused'
      ? { outcome: 'refused', reason: read.reason ?? 'the provider refused' }
      : { outcome: read.then };
  }

  async function usesOf(
    secret: Redacted,
    identity: CredentialIdentity,
    exchange: HttpExchange,
  ): Promise<readonly Use[]> {
    if (it.uses === undefined) return [];
    const asked = await lookupFor([it.uses.request], secret, identity);
    if (!asked.ok) return [];
    const answer = await ask(exchange, it.uses.request, asked.value);
    if ('outcome' in answer || answer.status !== 200) return [];
    const { headers, json } = answer;
    return it.uses.take.flatMap(({ label, at: place, header, split }) => {
      const value = place === undefined ? headers.get(header ?? '') : at(json, place);
      const texts = typeof value === 'string' && split !== undefined ? value.split(split) : [value].flat();
      return texts.flatMap((text) =>
        typeof text === 'string' && text.trim() !== '' ? [`${label}: ${text.trim()}`] : [],
      );
    });
  }

  async function tell<T>(operation: (exchange: HttpExchange) => Promise<T>): Promise<Told<T>> {
    const exchange = http.begin();
    const answer = await operation(exchange);
    return { answer, calls: exchange.calls };
  }

  const { contain, revoke, restore } = it;
  return {
    provider: it.provider,
    secretTypes: it.secretTypes,
    needsSecret: it.needsSecret,
    propagationSeconds: it.propagationSeconds,
    permission: it.permission,
    manualSteps: it.manualSteps,
    documentation: it.documentation,
    ...(it.probe === undefined && { provesBy: 'second-revocation' as const }),
    identify: (secret) => tell((exchange) => identify(secret, exchange)),
    probe: (secret, identity) => tell((exchange) => probe(secret, identity, exchange)),
    usesOf: (secret, identity) => tell((exchange) => usesOf(secret, identity, exchange)),
    revoke: (secret, identity) =>
      tell(async (exchange) =>
        revoke === undefined
          ? { outcome: 'refused', reason: `${it.title}: ${it.note ?? 'a person does it'}` }
          : perform(revoke, secret, identity, exchange),
      ),
    ...(contain !== undefined && {
      contain: (secret: Redacted, identity: CredentialIdentity) =>
        tell((exchange) => perform(contain, secret, identity, exchange)),
    }),
    ...(restore !== undefined && {
      restore: (identity: CredentialIdentity) =>
        tell((exchange) => perform(restore, undefined, identity, exchange)),
    }),
  };
}
