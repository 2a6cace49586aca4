/**
 * Providers that need no code: what is asked and how the answers are read. People write them in `patterns/revocation`,
 * a build step checks them and packs them for the functions.
 */
import { createHash } from 'node:crypto';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import {
  declaredCondition as condition,
  declaredRequest as request,
  declaredTemplate as template,
  jsonPointer as pointer,
  type DeclaredRequest,
} from '../../contracts/declared-http.ts';
import { yamlLineOf } from '../../kernel/yaml-line.ts';

const reason = z.string().min(10).max(300).optional();
const answersOf = <const T extends readonly [string, ...string[]]>(outcomes: T) =>
  z.array(z.strictObject({ when: condition, then: z.enum(outcomes), reason })).min(1);

const identityFields = {
  /** What names the credential; where the provider has no name for it but the secret, `self`. */
  id: template.optional(),
  principal: template.optional(),
  account: template.optional(),
};

const list = z.strictObject({
  /** Where the entries are; empty where the answer itself is the list. */
  at: pointer.or(z.literal('')),
  /** An entry is the credential's where this place equals this text. */
  equals: z.record(pointer, template).optional(),
  /**
   * Or where the provider shows only both ends of a key, e.g. `sk-ant-api03-R2D...igAA`: exact enough where at least
   * `shown` characters besides those that all keys share are seen, and one entry alone fits.
   */
  hint: z
    .strictObject({
      at: pointer,
      sharedPrefix: z.string(),
      sharedSuffix: z.string(),
      shown: z.int().min(5),
    })
    .optional(),
  next: z.strictObject({ when: pointer, query: z.string(), from: pointer }).optional(),
});
export type DeclaredList = z.infer<typeof list>;

const identifyStep = z.strictObject({
  request,
  answers: z
    .array(
      z.strictObject({
        when: condition,
        then: z.enum(['identified', 'dead', 'ambiguous', 'continue', 'find']),
        reason,
        ...identityFields,
      }),
    )
    .min(1),
  list: list.optional(),
});
export type DeclaredIdentifyStep = z.infer<typeof identifyStep>;

const act = z.strictObject({ request, answers: answersOf(['revoked', 'already_dead', 'refused']) });
export type DeclaredAct = z.infer<typeof act>;

const uses = z.strictObject({
  request,
  take: z
    .array(
      z.strictObject({
        label: z.string(),
        at: pointer.optional(),
        header: z.string().optional(),
        split: z.string().min(1).optional(),
      }),
    )
    .min(1),
});

const declaration = z
  .strictObject({
    provider: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/),
    /** Tells apart several declarations of one provider; the name under which addresses and own credentials are set. */
    name: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/),
    title: z.string(),
    secretTypes: z.array(z.string()).min(1),
    documentation: z.url(),
    /** What confirms the protocol: `documented` by the vendor, or `secondhand`, by others' working code. */
    confirmed: z.enum(['documented', 'secondhand']),
    /** What could not be confirmed, or what else a reader has to know. */
    note: z.string().optional(),
    /** Addresses by name; null where there is none for all, and one has to be configured. */
    bases: z.record(z.string(), z.url({ protocol: /^https$/ }).nullable()),
    /** The secret's whole form; what does not have it is not sent anywhere. */
    secret: z.string().startsWith('^').endsWith('$'),
    /** Parts of the secret that requests need: a regex with one group each. */
    parts: z.record(z.string(), z.string()).default({}),
    /** The revoker's own credentials that requests use, and what each is. */
    own: z.record(z.string(), z.string()).default({}),
    /** Set where what is found is the credential's public id and may be shown, e.g. a Twilio key's SID. */
    foundIsId: z.literal(true).optional(),
    needsSecret: z.boolean(),
    propagationSeconds: z.int().min(0).max(86_400),
    permission: z.string().min(3),
    manualSteps: z.array(z.string().min(10)).min(1),
    /** `self`: the secret names itself, and no call could tell more. */
    identify: z.union([z.literal('self'), z.array(identifyStep).min(1).max(2)]),
    /** Absent: nothing tells whether it works, and `provesBy` says how its death is known. */
    probe: z.strictObject({ request, answers: answersOf(['live', 'dead']) }).optional(),
    uses: uses.optional(),
    contain: act.optional(),
    /** Absent: a person does it. */
    revoke: act.optional(),
    restore: act.optional(),
  })
  .refine((it) => it.revoke !== undefined || it.note !== undefined, {
    error: 'says nothing of why it cannot revoke: add a note',
    path: ['note'],
  });
export type ProviderDeclaration = z.infer<typeof declaration>;

/** What the functions carry. */
export const providerPack = z.strictObject({
  version: z.literal(1),
  digest: z.string().regex(/^[0-9a-f]{12}$/),
  providers: z.array(declaration),
  /** AWS accounts that issue keys which are laid out to be found: the account's number and who it is. */
  canaryAccounts: z.record(z.string().regex(/^\d{12}$/), z.string()),
});
export type ProviderPack = z.infer<typeof providerPack>;

const canaryFile = z.strictObject({
  sources: z.array(z.url()).min(1),
  accounts: z.record(z.string().regex(/^\d{12}$/, 'is no account number of 12 digits'), z.string().min(3)),
});

export interface DeclarationFile {
  readonly name: string;
  readonly text: string;
}

/** Why a declaration cannot be: in which file, where, and what to change. */
export interface DeclarationProblem {
  readonly file: string;
  readonly line: number | undefined;
  readonly reason: string;
}

/** The file that lists canaries instead of a provider. */
const CANARIES = /(?:^|\/)aws-canary-accounts\.yaml$/;

/**
 * Packs declarations.
 * @param knownTypes types of secrets that the rules can find
 * @returns the pack, or each problem found; never both
 */
export function compileProviders(
  files: readonly DeclarationFile[],
  knownTypes: ReadonlySet<string>,
): { readonly pack: ProviderPack } | { readonly problems: readonly DeclarationProblem[] } {
  const problems: DeclarationProblem[] = [];
  const providers: ProviderDeclaration[] = [];
  let canaryAccounts: Readonly<Record<string, string>> = {};
  const claimed = new Map<string, string>();
  for (const file of files) {
    const lines = new LineCounter();
    const document = parseDocument(file.text, { lineCounter: lines, uniqueKeys: true });
    for (const error of document.errors)
      problems.push({ file: file.name, line: error.linePos?.[0].line, reason: firstLine(error.message) });
    if (document.errors.length > 0) continue;
    const refuse = (path: readonly string[], why: string): void => {
      problems.push({
        file: file.name,
        line: yamlLineOf(document, lines, path),
        reason: `${path.join('.') || 'declaration'}: ${why}`,
      });
    };
    const value: unknown = document.toJS();
    if (CANARIES.test(file.name)) {
      const read = canaryFile.safeParse(value);
      if (read.success) canaryAccounts = read.data.accounts;
      else for (const issue of read.error.issues) refuse(issue.path.map(String), issue.message);
      continue;
    }
    const read = declaration.safeParse(value);
    if (!read.success) {
      for (const issue of read.error.issues) refuse(issue.path.map(String), issue.message);
      continue;
    }
    for (const [path, why] of inconsistencies(read.data, knownTypes)) refuse(path, why);
    for (const key of [read.data.name, ...read.data.secretTypes]) {
      const elsewhere = claimed.get(key);
      if (elsewhere !== undefined) refuse(['secretTypes'], `${key} stands in ${elsewhere} too`);
      claimed.set(key, file.name);
    }
    providers.push(read.data);
  }
  if (problems.length > 0) return { problems };
  const digest = createHash('sha256')
    .update(JSON.stringify([providers, canaryAccounts]))
    .digest('hex');
  return { pack: { version: 1, digest: digest.slice(0, 12), providers, canaryAccounts } };
}

/** One problem as one line: `patterns/revocation/slack.yaml:12: probe.request.path: …`. */
export function describeDeclarationProblem({ file, line, reason: why }: DeclarationProblem): string {
  return `${line === undefined ? file : `${file}:${line}`}: ${why}`;
}

/** Every `{{…}}` in a value, wherever it stands. */
function placeholdersIn(value: unknown): readonly string[] {
  return Array.from(JSON.stringify(value).matchAll(/\{\{([^{}]*)\}\}/g), ([, name = '']) => name);
}

/** What a schema cannot see: names that lead nowhere, and a step that can never end. */
function* inconsistencies(
  it: ProviderDeclaration,
  knownTypes: ReadonlySet<string>,
): Generator<readonly [path: readonly string[], why: string]> {
  for (const [index, type] of it.secretTypes.entries())
    if (!knownTypes.has(type))
      yield [['secretTypes', String(index)], `no active rule finds secrets of type ${type}`];
  for (const [name, source] of [['secret', it.secret] as const, ...Object.entries(it.parts)]) {
    try {
      const groups = new RegExp(`${source}|`).exec('')?.length ?? 0;
      if (name !== 'secret' && groups !== 2) yield [['parts', name], 'needs exactly one group'];
    } catch {
      yield [name === 'secret' ? ['secret'] : ['parts', name], 'is no regular expression'];
    }
  }
  const steps = it.identify === 'self' ? [] : it.identify;
  const requests: (readonly [path: readonly string[], one: DeclaredRequest])[] = steps.map(
    (step, index) => [['identify', String(index), 'request'], step.request] as const,
  );
  for (const operation of ['probe', 'uses', 'contain', 'revoke', 'restore'] as const) {
    const one = it[operation];
    if (one !== undefined) requests.push([[operation, 'request'], one.request]);
  }
  for (const [path, one] of requests) {
    if (!(one.base in it.bases)) yield [[...path, 'base'], `bases has no ${one.base}`];
    for (const name of placeholdersIn(one)) {
      const [, kind = '', key = ''] = /^\+?(\w+)(?:\.(\w+))?$/.exec(name) ?? [];
      const known =
        (kind === 'part' && key in it.parts) ||
        (kind === 'own' && key in it.own) ||
        (['secret', 'id', 'principal', 'account'].includes(kind) && key === '');
      if (!known) yield [path, `{{${name}}} stands for nothing`];
      if (path[0] === 'identify' && kind === 'id')
        yield [path, '{{id}} is not known before it is identified'];
    }
  }
  for (const [index, step] of steps.entries()) {
    const last = index === steps.length - 1;
    for (const [at, answer] of step.answers.entries()) {
      const path = ['identify', String(index), 'answers', String(at)];
      if (answer.then === 'continue' && last) yield [path, 'continues, but there is no next step'];
      if (answer.then === 'find' && step.list === undefined) yield [path, 'finds, but the step has no list'];
      if ((answer.then === 'identified' || answer.then === 'find') && answer.id === undefined)
        yield [path, 'identifies without an id'];
      if (answer.then === 'ambiguous' && answer.reason === undefined)
        yield [path, 'is ambiguous without a reason'];
    }
  }
  for (const operation of ['contain', 'revoke', 'restore'] as const)
    for (const [index, answer] of (it[operation]?.answers ?? []).entries())
      if (answer.then === 'refused' && answer.reason === undefined)
        yield [[operation, 'answers', String(index)], 'refuses without a reason'];
}

const firstLine = (text: string): string => text.split('\n')[0] ?? text;
