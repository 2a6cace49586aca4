/**
 * Rotates keys that an HTTP API draws, as a declaration says: in a file of `patterns/rotators`, or written out in a
 * policy. The new key gets a name that only its rotation gives, by which it is found again when an answer was lost.
 */
import { z } from 'zod';
import type { RotationStrategy } from '../../contracts/rotation.ts';
import { at, holds, readJson, textAt, type ReadAnswer } from '../../kernel/answers.ts';
import type { Told, Unavailable } from '../../kernel/provider-call.ts';
import { Redacted } from '../../kernel/redacted.ts';
import type { JsonTemplate, Lookup, RequestTemplate } from '../../kernel/render-request.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { askDeclared, type Answered } from '../../platform/ask-declared.ts';
import type { Http, HttpExchange } from '../../platform/http.ts';
import {
  httpRotatorSettings,
  settingsOf,
  type DeclaredChange,
  type DeclaredRotator,
} from '../domain/declared-rotator.ts';
import type { Change, Creation, Liveness, Refused, RotationOrder, Rotator } from '../domain/ports.ts';

type Protocol = Pick<
  DeclaredRotator,
  'base' | 'id' | 'secrets' | 'create' | 'list' | 'probe' | 'disable' | 'enable' | 'destroy'
>;

/** What one operation works with. */
interface Subject {
  readonly it: Protocol;
  readonly title: string;
  readonly base: string;
  readonly order: RotationOrder;
  readonly settings: Readonly<Record<string, unknown>>;
}

const DONE = { outcome: 'done' } as const;
const refusal = (reason: string): Refused => ({ outcome: 'refused', reason });
/** Ids go into addresses; whatever else a provider calls a key is not understood. */
const ID = /^[A-Za-z0-9][\w:.-]{0,127}$/;
const record = z.record(z.string(), z.unknown());
const texts = z.array(z.string());

/** The name of what a rotation makes. */
const nameOf = ({ rotationId }: RotationOrder): string => `shhh-${rotationId}`;
const AGENT = 'shhh-rotation';

interface Value {
  readonly id: string;
  readonly json: Readonly<Record<string, unknown>>;
}

function readValue({ id, secrets }: Protocol, value: Redacted): Result<Value, string> {
  const read = record.safeParse(readJson(value.reveal()));
  if (!read.success) return err('the secret is no JSON object');
  const named = textAt(read.data, id);
  if (named === undefined || !ID.test(named)) return err(`the secret has no readable id at ${id}`);
  const missing = secrets.find((place) => typeof at(read.data, place) !== 'string');
  if (missing !== undefined) return err(`the secret has no text at ${missing}`);
  return ok({ id: named, json: read.data });
}

export function createDeclaredRotator(it: DeclaredRotator, http: Http): Rotator {
  const settings = settingsOf(it);
  return rotatorFrom(
    {
      kind: it.kind,
      settings,
      permission: it.permission,
      documentation: it.documentation,
      propagationSeconds: it.propagationSeconds,
    },
    it.title,
    (given) => {
      const { base = it.base, ...others } = record.parse(settings.parse(given));
      return { it, base: typeof base === 'string' ? base : undefined, settings: others };
    },
    it,
    http,
  );
}

/** The rotator whose declaration is the policy's own settings. */
export function createHttpRotator(http: Http): Rotator {
  const parse = (given: unknown) => {
    const it = httpRotatorSettings.parse(given);
    return { it, base: it.base, settings: {} };
  };
  return rotatorFrom(
    {
      kind: 'http',
      settings: httpRotatorSettings,
      permission: 'as the API that the policy describes asks for',
      documentation: 'https://www.rfc-editor.org/rfc/rfc9110',
      propagationSeconds: 300,
    },
    'the API',
    parse,
    undefined,
    http,
  );
}

/**
 * @param fixed the protocol, where it is the same for every policy; without it, values can only be read by an order
 */
function rotatorFrom(
  about: Pick<Rotator, 'kind' | 'settings' | 'permission' | 'documentation' | 'propagationSeconds'>,
  title: string,
  parse: (given: unknown) => {
    readonly it: Protocol;
    readonly base: string | undefined;
    readonly settings: Readonly<Record<string, unknown>>;
  },
  fixed: Protocol | undefined,
  http: Http,
): Rotator {
  const subjectOf = (order: RotationOrder): Result<Subject, string> => {
    if (order.strategy !== 'dual_phase') return err(`${title}: keys are not rotated by ${order.strategy}`);
    const { it, base, settings } = parse(order.settings);
    if (base === undefined) return err(`${title} has no address of its own: set \`base\``);
    return ok({ it, base, settings, order, title });
  };

  async function tell<T>(
    order: RotationOrder,
    value: Redacted,
    work: (exchange: HttpExchange, subject: Subject, value: Value) => Promise<T>,
  ): Promise<Told<T | Refused>> {
    const subject = subjectOf(order);
    if (!subject.ok) return { answer: refusal(subject.error), calls: [] };
    const read = readValue(subject.value.it, value);
    if (!read.ok) return { answer: refusal(read.error), calls: [] };
    const exchange = http.begin();
    const answer = await work(exchange, subject.value, read.value);
    return { answer, calls: exchange.calls };
  }

  const probeIn = async (exchange: HttpExchange, subject: Subject, value: Value): Promise<Liveness> => {
    const { probe } = subject.it;
    const answer = await ask(exchange, subject, probe.request, value);
    if ('outcome' in answer) return { ...answer, outcome: 'unavailable' };
    if (probe.live.some((condition) => holds(condition, answer))) return { outcome: 'live' };
    if (probe.dead.some((condition) => holds(condition, answer))) return { outcome: 'dead' };
    return unread(subject, answer);
  };

  return {
    ...about,
    overlap: (strategy: RotationStrategy) => (strategy === 'dual_phase' ? 'both' : undefined),
    needsAuthority: (_, settings) => JSON.stringify(parse(settings).it).includes('{{authority:'),

    describe(value) {
      if (fixed === undefined) return describeByName(value);
      const read = readValue(fixed, value);
      return read.ok ? ok({ id: read.value.id }) : read;
    },

    secretsIn(value) {
      const json = readJson(value.reveal());
      if (fixed === undefined) {
        const named = describeByName(value);
        return longTextsIn(json)
          .filter((text) => !named.ok || text !== named.value.id)
          .map((text) => new Redacted(text));
      }
      return fixed.secrets.flatMap((place) => {
        const text = textAt(json, place);
        return text === undefined ? [] : [new Redacted(text)];
      });
    },

    create: (order) =>
      tell<Creation>(order, order.current, async (exchange, subject, current) => {
        const cleared = await removeUnkept(exchange, subject, current);
        if (cleared.outcome !== 'done') return cleared;
        const { request, created, take, refused } = subject.it.create;
        const answer = await ask(exchange, subject, request, current);
        if ('outcome' in answer) return answer;
        const no = refused.find(({ when }) => holds(when, answer));
        if (no !== undefined) return refusal(no.reason);
        if (!holds(created, answer)) return unread(subject, answer);
        const next: Record<string, unknown> = { ...current.json };
        for (const [field, place] of Object.entries(take)) {
          const text = textAt(answer.json, place);
          if (text === undefined) return unread(subject, answer);
          next[field] = text;
        }
        const value = new Redacted(JSON.stringify(next));
        const read = readValue(subject.it, value);
        return read.ok ? { outcome: 'created', value } : refusal(read.error);
      }),

    // The provider has drawn it: it works.
    install: (order, staged) => tell<Change>(order, staged, async () => DONE),

    async probe(order, value) {
      const told = await tell(order, value, probeIn);
      const { answer, calls } = told;
      return answer.outcome === 'refused'
        ? { answer: { outcome: 'unavailable', reason: answer.reason }, calls }
        : { answer, calls };
    },

    retire: (order, old) =>
      tell<Change>(order, old, (exchange, subject, value) =>
        change(exchange, subject, subject.it.disable ?? subject.it.destroy, value),
      ),

    reinstate: (order, old) =>
      tell<Change>(order, old, async (exchange, subject, value) => {
        const { enable } = subject.it;
        if (enable !== undefined) return change(exchange, subject, enable, value);
        const alive = await probeIn(exchange, subject, value);
        if (alive.outcome === 'live') return DONE;
        return alive.outcome === 'dead' ? refusal(`${title}: a deleted key cannot be taken back`) : alive;
      }),

    destroy: (order, value) =>
      tell<Change>(order, value ?? order.current, (exchange, subject, read) =>
        value === undefined
          ? removeUnkept(exchange, subject, read)
          : change(exchange, subject, subject.it.destroy, read),
      ),
  };
}

/** Without a declaration at hand: the usual names of ids. */
function describeByName(value: Redacted): Result<{ id: string }, string> {
  const json = readJson(value.reveal());
  for (const place of ['/id', '/sid', '/key_id', '/keyId', '/username']) {
    const id = textAt(json, place);
    if (id !== undefined && ID.test(id)) return ok({ id });
  }
  return err('the secret has no id: name it `id`, `keyId` or `sid`');
}

/** Without a declaration at hand: every text that is long enough to be a key. */
function longTextsIn(json: unknown): readonly string[] {
  if (typeof json === 'string') return json.length >= 16 ? [json] : [];
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(longTextsIn) : [];
}

async function ask(
  exchange: HttpExchange,
  { base, order, settings }: Subject,
  request: RequestTemplate,
  value: Value,
): Promise<Answered | Unavailable | Refused> {
  const authority = readJson(order.authority?.reveal() ?? '');
  const lookup: Lookup = (name) => {
    if (name === 'id') return value.id;
    if (name === 'name') return nameOf(order);
    if (name.startsWith('value:')) return textAt(value.json, name.slice('value:'.length));
    if (name.startsWith('authority:')) return textAt(authority, name.slice('authority:'.length));
    const setting = settings[name.replace(/^setting:/, '')];
    return typeof setting === 'string' ? setting : undefined;
  };
  const answer = await askDeclared(exchange, {
    request: { ...request, ...(request.json !== undefined && { json: withLists(request.json, settings) }) },
    base,
    where: 'base',
    lookup,
    agent: AGENT,
  });
  return 'outcome' in answer && answer.outcome === 'impossible' ? refusal(answer.reason) : answer;
}

/** Puts lists in where a text is nothing but the name of a setting that is one. */
function withLists(
  json: { readonly [name: string]: JsonTemplate },
  settings: Subject['settings'],
): { readonly [name: string]: JsonTemplate } {
  return Object.fromEntries(
    Object.entries(json).map(([key, one]) => {
      const name = typeof one === 'string' ? /^\{\{setting:(\w+)\}\}$/.exec(one)?.[1] : undefined;
      const list = name === undefined ? undefined : texts.safeParse(settings[name]);
      return [key, list?.success === true ? list.data : one];
    }),
  );
}

const unread = ({ title }: Subject, { status }: ReadAnswer): Unavailable => ({
  outcome: 'unavailable',
  reason: `${title}: an answer ${status} that its protocol does not explain`,
});

async function change(
  exchange: HttpExchange,
  subject: Subject,
  { request, done, refused }: DeclaredChange,
  value: Value,
): Promise<Change> {
  const answer = await ask(exchange, subject, request, value);
  if ('outcome' in answer) return answer;
  if (done.some((condition) => holds(condition, answer))) return DONE;
  const no = refused.find(({ when }) => holds(when, answer));
  return no === undefined ? unread(subject, answer) : refusal(no.reason);
}

/** Deletes what bears this rotation's name; the key in use bears another one, and is left out in any case. */
async function removeUnkept(exchange: HttpExchange, subject: Subject, current: Value): Promise<Change> {
  const { list, destroy } = subject.it;
  const answer = await ask(exchange, subject, list.request, current);
  if ('outcome' in answer) return answer;
  const entries = list.at === '' ? answer.json : at(answer.json, list.at);
  if (!holds(list.listed, answer) || !Array.isArray(entries)) return unread(subject, answer);
  for (const entry of entries) {
    const id = textAt(entry, list.id);
    if (textAt(entry, list.name) !== nameOf(subject.order) || id === undefined || id === current.id) continue;
    if (!ID.test(id)) return refusal('the provider lists a key under an id that cannot be read');
    const removed = await change(exchange, subject, destroy, { ...current, id });
    if (removed.outcome !== 'done') return removed;
  }
  return DONE;
}
