/** Tests a value at an HTTP API: as a file of `patterns/rotation-tests` declares it, or as a policy writes it out. */
import { at, holds, readJson, textAt } from '../../kernel/answers.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import type { Lookup } from '../../kernel/render-request.ts';
import { askDeclared } from '../../platform/ask-declared.ts';
import type { Http } from '../../platform/http.ts';
import { declaredTestSettings, httpTestSettings, type DeclaredTest } from '../domain/declared-test.ts';
import type { TestOutcome, Verifier } from '../domain/ports.ts';

const AGENT = 'shhh-rotation';
type Question = Pick<DeclaredTest, 'request' | 'passes' | 'fails'>;

async function examine(
  http: Http,
  { request, passes, fails }: Question,
  {
    base,
    field,
    title,
  }: { readonly base: string; readonly field?: string | undefined; readonly title: string },
  value: Redacted,
) {
  const exchange = http.begin();
  const answer = await askDeclared(exchange, {
    request,
    base,
    where: 'base',
    lookup: lookupIn(value, field),
    agent: AGENT,
  });
  const tell = (outcome: TestOutcome) => ({ answer: outcome, calls: exchange.calls });
  if ('outcome' in answer)
    return tell(answer.outcome === 'impossible' ? { outcome: 'failed', reason: answer.reason } : answer);
  if (passes.some((condition) => holds(condition, answer))) return tell({ outcome: 'passed' });
  const failed = fails.find(({ when }) => holds(when, answer));
  return tell(
    failed === undefined
      ? {
          outcome: 'unavailable',
          reason: `${title} answered ${answer.status}, which the test does not explain`,
        }
      : { outcome: 'failed', reason: failed.reason },
  );
}

/** `value`: the key; `value:/pointer`: a field of the secret's JSON. */
function lookupIn(value: Redacted, field: string | undefined): Lookup {
  const whole = value.reveal();
  const json = readJson(whole);
  return (name) => {
    if (name.startsWith('value:')) return textAt(json, name.slice('value:'.length));
    if (name !== 'value') return undefined;
    if (field !== undefined) return typeof at(json, field) === 'string' ? textAt(json, field) : undefined;
    // A whole JSON object is nobody's key: it was forgotten to say where the key is.
    return typeof json === 'object' && json !== null ? undefined : whole;
  };
}

export function createDeclaredVerifier(it: DeclaredTest, http: Http): Verifier {
  return {
    kind: it.kind,
    settings: declaredTestSettings,
    documentation: it.documentation,
    async run({ settings, value }) {
      const { base = it.base, field } = declaredTestSettings.parse(settings);
      if (base === null)
        return {
          answer: { outcome: 'failed', reason: `${it.title} has no address of its own: set \`base\`` },
          calls: [],
        };
      return examine(http, it, { base, field, title: it.title }, value);
    },
  };
}

export function createHttpVerifier(http: Http): Verifier {
  return {
    kind: 'http',
    settings: httpTestSettings,
    documentation: 'https://www.rfc-editor.org/rfc/rfc9110',
    async run({ settings, value }) {
      const { base, field, ...question } = httpTestSettings.parse(settings);
      return examine(http, question, { base, field, title: 'the server' }, value);
    },
  };
}
