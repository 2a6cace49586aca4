/**
 * What revocation has to be told before it can act at some providers: credentials of our own, and teams' own automation.
 * A person puts it as JSON into a secret of Secrets Manager.
 */
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { Redacted } from '../../kernel/redacted.ts';
import { refuseBaseUrl } from '../../platform/http.ts';
import { describeProblems } from '../../platform/problems.ts';
import { createSettings, UnusableSettings } from '../../platform/secret-settings.ts';
import { SHORTEST_HOOK_KEY, type Hook } from './hook.ts';
import type { Withheld } from './withheld-provider.ts';

export interface ProviderSettings {
  /** Credentials of our own by declaration and member, e.g. `anthropic.adminKey`. */
  readonly own: ReadonlyMap<string, Redacted>;
  /** Said where one of them is missing: it may be there under a name that nobody reads. */
  readonly ownProblem: string | undefined;
  /** Teams' automation by provider, e.g. `aws`; or why nothing is taken away there. */
  readonly hooks: ReadonlyMap<string, Hook | Withheld>;
  /** What holds for every other provider: nothing, or why nothing is taken away there. */
  readonly otherwise: Withheld | undefined;
  /** All that a person has to mend: names, never a value. */
  readonly problems: readonly string[];
}

/** Names that mean something. */
export interface KnownSettings {
  /** Members by declaration: `anthropic` → `adminKey`. */
  readonly own: ReadonlyMap<string, readonly string[]>;
  readonly hooks: ReadonlySet<string>;
}

export const NO_SETTINGS: ProviderSettings = {
  own: new Map(),
  ownProblem: undefined,
  hooks: new Map(),
  otherwise: undefined,
  problems: [],
};

const WHAT = "The providers' settings";

const whole = z.strictObject({
  own: z.record(z.string(), z.unknown()).default({}),
  hooks: z.record(z.string(), z.unknown()).default({}),
});
const members = z.record(z.string(), z.unknown());
/** Goes into headers and paths: a line's end that was copied along would make it another. */
const credential = z
  .string()
  .regex(/^[!-~]+$/)
  .transform((text) => new Redacted(text));
const hook = z.strictObject({
  url: z.string().refine((url) => refuseBaseUrl(url) === undefined),
  key: z
    .string()
    .min(SHORTEST_HOOK_KEY)
    .transform((text) => new Redacted(text))
    .optional(),
});

/**
 * Reads the settings at each call, and believes them for a minute. It does not throw: what is wrong is in the settings.
 */
export function createProviderSettings(
  client: Pick<SecretsManagerClient, 'send'>,
  secretArn: string,
  known: KnownSettings,
  clock: Clock,
): () => Promise<ProviderSettings> {
  const schema = z.unknown().transform((value) => parseProviderSettings(value, known));
  const { read } = createSettings(client, secretArn, schema, () => clock.now(), WHAT);
  return async () => {
    try {
      return (await read()) ?? NO_SETTINGS;
    } catch (error) {
      if (error instanceof UnusableSettings) return unusable(error.message);
      const name = error instanceof Error ? error.name : 'unknown error';
      const reason = `${WHAT} cannot be read: ${name}`;
      return { ...NO_SETTINGS, otherwise: { outcome: 'unavailable', reason }, problems: [reason] };
    }
  };
}

/**
 * Takes what can be used. A credential that cannot is missing where it is needed. A hook that cannot hinders its
 * provider, and one under a name that is no provider's hinders all that have none: whose automation would be passed
 * over cannot be told.
 * @returns settings, with each problem by its place, e.g. `own.anthropic.adminkey`
 */
export function parseProviderSettings(value: unknown, known: KnownSettings): ProviderSettings {
  const parsed = whole.safeParse(value);
  if (!parsed.success) return unusable(`${WHAT} are not usable: ${rootProblems(parsed.error)}`);
  const { own, problems } = readOwn(parsed.data.own, known.own);
  const { hooks, stray, wrong } = readHooks(parsed.data.hooks, known.hooks);
  return {
    own,
    ownProblem: problems.length === 0 ? undefined : problems.join('; '),
    hooks,
    otherwise: stray.length === 0 ? undefined : refused(stray.join('; ')),
    problems: [...problems, ...wrong, ...stray],
  };
}

function readOwn(
  given: Readonly<Record<string, unknown>>,
  known: KnownSettings['own'],
): { readonly own: ReadonlyMap<string, Redacted>; readonly problems: readonly string[] } {
  const own = new Map<string, Redacted>();
  const problems: string[] = [];
  for (const [name, its] of Object.entries(given)) {
    const place = `own.${shown(name)}`;
    const read = known.get(name);
    const object = members.safeParse(its);
    if (read === undefined) problems.push(`${place}: no provider reads this, but ${list(known.keys())}`);
    else if (!object.success) problems.push(`${place}: is no object with ${list(read)}`);
    else
      for (const [member, text] of Object.entries(object.data)) {
        const value = credential.safeParse(text);
        if (!read.includes(member)) problems.push(`${place}.${shown(member)}: it reads ${list(read)}`);
        else if (value.success) own.set(`${name}.${member}`, value.data);
        else problems.push(`${place}.${member}: is no text of printable characters without spaces`);
      }
  }
  return { own, problems };
}

function readHooks(given: Readonly<Record<string, unknown>>, known: KnownSettings['hooks']) {
  const hooks = new Map<string, Hook | Withheld>();
  const stray: string[] = [];
  const wrong: string[] = [];
  for (const [name, its] of Object.entries(given)) {
    const read = hook.safeParse(its);
    if (!known.has(name)) {
      stray.push(`hooks.${shown(name)}: no provider has this name, but ${list(known)}`);
    } else if (read.success) {
      const { url, key } = read.data;
      hooks.set(name, { url, ...(key !== undefined && { key }) });
    } else {
      const problem = `hooks.${name}: needs url, https without credentials or a query, and may have a key of at least ${SHORTEST_HOOK_KEY} characters (${describeProblems(read.error)})`;
      wrong.push(problem);
      hooks.set(name, refused(problem));
    }
  }
  return { hooks, stray, wrong };
}

function unusable(reason: string): ProviderSettings {
  return { ...NO_SETTINGS, ownProblem: reason, otherwise: refused(reason), problems: [reason] };
}

const refused = (reason: string): Withheld => ({ outcome: 'refused', reason });

const rootProblems = (error: z.ZodError): string =>
  error.issues
    .map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `${issue.keys.map(shown).join(', ')}: it reads own and hooks`
        : describeProblems(new z.ZodError([issue])),
    )
    .join('; ');

/** What somebody wrote where a name belongs may be the credential itself: only what looks like a name is shown. */
const shown = (name: string): string => (/^[A-Za-z-]{1,24}$/.test(name) ? name : '(a name not shown)');

const list = (names: Iterable<string>): string => [...names].join(', ');
