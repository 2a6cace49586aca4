/** What is done about a leaked credential without asking, what only after asking, and what never. */
import { z } from 'zod';
import { severity, type Severity } from '../../contracts/finding.ts';
import type { CredentialIdentity } from './provider.ts';

const environment = z.enum(['local', 'dev', 'prod']);
export type Environment = z.infer<typeof environment>;

const some = <T extends z.ZodType>(each: T) => z.array(each).min(1).optional();

const rule = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/, 'a name is lower-case words with hyphens, such as prod-payments'),
  /** What is absent fits everything. */
  providers: some(z.string().min(1)),
  secretTypes: some(z.string().min(1)),
  severities: some(severity),
  environments: some(environment),
  response: z.enum(['auto', 'approve_first', 'notify_only']),
});

/** A name, or the beginning of one before a final `*`. */
const pattern = z
  .string()
  .min(1)
  .regex(
    /^[^*]+\*?$/,
    'a star may stand at the end only, and not alone: write how it begins, such as break-glass*',
  );

const protectedIdentity = z
  .strictObject({
    provider: z.string().min(1),
    principal: pattern.optional(),
    id: pattern.optional(),
    account: pattern.optional(),
    why: z.string().min(1),
  })
  .refine(({ principal, id, account }) => principal ?? id ?? account, {
    message: 'says of nobody that it is protected: add a principal, an id or an account',
  });

export const responsePolicy = z
  .strictObject({
    version: z.literal(1),
    /** Environments in which everything is looked at and decided, and nothing is revoked. */
    dryRun: z.array(environment),
    limit: z.strictObject({
      /** Within any 60 minutes; what comes above it waits for a person. */
      revocationsPerHour: z.int().min(0).max(200),
    }),
    approval: z.strictObject({
      expiresMinutes: z
        .int()
        .min(1)
        .max(24 * 60),
      /** What an answer that never came counts for. */
      byDefault: z.enum(['approve', 'reject']),
    }),
    /** The first that fits decides. */
    rules: z.array(rule).min(1),
    protected: z.array(protectedIdentity),
  })
  .superRefine(({ rules }, context) => {
    const names = rules.map(({ name }) => name);
    names.forEach((name, index) => {
      if (names.indexOf(name) < index)
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'name'],
          message: 'there are two rules of this name: rename one',
        });
    });
    const last = rules.length - 1;
    rules.forEach((each, index) => {
      const fitsAll = isForEverything(each);
      if (index < last && fitsAll)
        context.addIssue({
          code: 'custom',
          path: ['rules', index],
          message:
            'it fits everything, so the rules below it would never be read: narrow it, or make it the last',
        });
      if (index === last && !fitsAll)
        context.addIssue({
          code: 'custom',
          path: ['rules', index],
          message: 'the last rule must fit everything: give it a name and a response only',
        });
    });
  });
export type ResponsePolicy = z.infer<typeof responsePolicy>;
type Rule = ResponsePolicy['rules'][number];

function isForEverything({ providers, secretTypes, severities, environments }: Rule): boolean {
  return [providers, secretTypes, severities, environments].every((each) => each === undefined);
}

/** What a policy looks at. */
export interface Leak {
  readonly provider: string;
  readonly secretType: string;
  readonly severity: Severity;
  readonly environment: Environment;
}

export interface Verdict {
  readonly response: Rule['response'];
  /** The rule that decided. */
  readonly rule: string;
  /** Everything is decided as it would be, and nothing is revoked. */
  readonly dryRun: boolean;
}

/** What the policy wants to be done. */
export function verdictOf(policy: ResponsePolicy, leak: Leak): Verdict {
  const fits = (each: Rule) =>
    (each.providers?.includes(leak.provider) ?? true) &&
    (each.secretTypes?.includes(leak.secretType) ?? true) &&
    (each.severities?.includes(leak.severity) ?? true) &&
    (each.environments?.includes(leak.environment) ?? true);
  const decided = policy.rules.find(fits);
  const dryRun = policy.dryRun.includes(leak.environment);
  // The schema wants a last rule for everything; without one a person is asked.
  return { response: decided?.response ?? 'approve_first', rule: decided?.name ?? 'none', dryRun };
}

export type Protection =
  | { readonly is: 'unprotected' }
  | { readonly is: 'protected'; readonly why: string }
  /** A rule of the list asks for something that the provider did not tell: it may be protected. */
  | { readonly is: 'unknown'; readonly why: string };

/**
 * Whether nobody may revoke it here. An account's root is protected whatever the list says; where the list asks for a
 * property that is not known of this credential, the answer is `unknown`, never `unprotected`.
 */
export function protectionOf(
  policy: ResponsePolicy,
  provider: string,
  identity: CredentialIdentity,
): Protection {
  if (isRoot(identity.principal)) return { is: 'protected', why: 'the root of an account' };
  let unknown: string | undefined;
  for (const each of policy.protected) {
    if (each.provider !== provider) continue;
    const asked = [
      [each.principal, identity.principal, 'principal'],
      [each.id, identity.id, 'id'],
      [each.account, identity.account, 'account'],
    ] as const;
    const named = asked.filter(([wanted]) => wanted !== undefined);
    const missing = named.find(([, has]) => has === undefined);
    const differs = named.some(([wanted, has]) => has !== undefined && !matches(wanted ?? '', has));
    if (differs) continue;
    if (missing === undefined) return { is: 'protected', why: each.why };
    unknown = `its ${missing[2]} is not known, and the protected list asks for it`;
  }
  return unknown === undefined ? { is: 'unprotected' } : { is: 'unknown', why: unknown };
}

/** `root`, or the ARN of an account's root: `arn:aws:iam::123456789012:root`. */
function isRoot(principal: string | undefined): boolean {
  return principal !== undefined && /(^|[:/])(<root>|root)(_account)?$/i.test(principal);
}

/** Also where a principal is written as an ARN: `user/deploy` is the end of `arn:aws:iam::123456789012:user/deploy`. */
function matches(wanted: string, has: string): boolean {
  const candidates = [has, has.slice(has.lastIndexOf(':') + 1), has.slice(has.lastIndexOf('/') + 1)];
  if (!wanted.endsWith('*')) return candidates.includes(wanted);
  return candidates.some((each) => each.startsWith(wanted.slice(0, -1)));
}
