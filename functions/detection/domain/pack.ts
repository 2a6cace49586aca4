/** The rules: as a person writes them in `patterns/*.yaml`, and as the scanner reads them from the compiled pack. */
import { z } from 'zod';
import { severity } from '../../contracts/finding.ts';
import { CHECK_NAMES } from './checks.ts';

const ruleName = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'a rule is named in capitals, digits and underscores');
const probability = z.number().gt(0).lt(1);
const checkName = z.enum(CHECK_NAMES);

/** How a leaked credential of this type is taken out of service. */
const revocation = z.enum(['api', 'console', 'automatic', 'rotate', 'none']);

/** A change to a rule that someone or something proposed and nobody has decided yet. */
const pendingUpdate = z.strictObject({
  status: z.enum(['pending', 'approved', 'rejected']),
  submitter: z.string().min(1),
  confidence: probability,
  timestamp: z.iso.datetime(),
  regex: z.string().min(1).optional(),
  note: z.string().optional(),
});

/**
 * What is no secret by itself, such as a key's id, counts in full where a finding of one of these rules stands within
 * so many bytes in the same entry; without one it is reported all the same, as `severityAlone`. The distance is less
 * than what the segments of a long entry share, so that each sees what the whole entry would.
 */
const companions = z.strictObject({
  rules: z.array(ruleName).min(1),
  withinBytes: z.int().positive().max(512),
  severityAlone: severity,
});

/**
 * One rule as it stands in YAML. What is optional has the default that {@link file://./compile.ts} gives it.
 * `confidence` is the share of true secrets among matches before any check has spoken.
 */
export const ruleSource = z.strictObject({
  description: z.string().min(3),
  provider: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a provider is written in lower case with hyphens'),
  /** Kebab case; by default the rule's name. Rules of one type share it. */
  secretType: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'a secret type is written in lower case with hyphens')
    .optional(),
  /** RE2 syntax, matched on UTF-8 bytes. */
  regex: z.string().min(1),
  /** The group that is the secret; by default the first that took part in the match, or the whole match. */
  secretGroup: z.int().nonnegative().optional(),
  /** Every match holds at least one of these, whatever its case: the prefilter looks for nothing else. */
  keywords: z.array(z.string().min(3)).min(1),
  severity,
  confidence: probability,
  active: z.boolean(),
  /** A human fixed this rule: no build takes a change to it until the lock is lifted. */
  locked: z.boolean().optional(),
  /** Longest match in bytes that is looked for, where the regex itself sets no bound. */
  maxLength: z.int().positive().max(16_384).optional(),
  /** Least Shannon entropy of the secret, in bits a character. */
  minEntropy: z.number().positive().max(8).optional(),
  /**
   * Only a name or a place says that this is a secret. Such a rule yields to a specific one on the same span, and its
   * secret is tested: a `token` must look random, a `password` must not be a reference, a placeholder or a common word.
   */
  generic: z.enum(['token', 'password']).optional(),
  /**
   * The secret has no prefix of its own: the keywords are words of context that stand before it. The match starts at
   * most `within` bytes after one; with `credentialWord`, a word such as key or token must stand in between as well.
   */
  context: z.strictObject({ within: z.int().positive().max(512), credentialWord: z.boolean() }).optional(),
  checks: z.array(checkName).optional(),
  /** RE2: a secret that matches one of these from its first to its last character is no finding. */
  allowlist: z.array(z.string().min(1)).optional(),
  companions: companions.optional(),
  revocation: revocation.optional(),
  recommendedAction: z.string().min(10),
  /** The provider's page on the credential, or on its interface where none speaks of it; or that none was found. */
  documentation: z.union([z.url(), z.literal('none found')]).optional(),
  examples: z.strictObject({
    match: z.array(z.string().min(1)).min(1),
    noMatch: z.array(z.string().min(1)).min(1),
  }),
  pending_updates: z.array(pendingUpdate).optional(),
});
export type RuleSource = z.infer<typeof ruleSource>;

/** One YAML file: rules by name. */
export const ruleFile = z.record(ruleName, ruleSource);

/** What the scanner needs of a rule, with every default filled in. */
const compiledRule = z.strictObject({
  name: z.string(),
  secretType: z.string(),
  provider: z.string(),
  regex: z.string(),
  secretGroup: z.int().nonnegative().optional(),
  keywords: z.array(z.string()),
  /** Whether the regex wants them as they are written, so that another spelling needs no second look. */
  exactKeywords: z.boolean(),
  /** Whether a match starts with its keyword, and that with a word: then no letter, digit or underscore stands before it. */
  wordStart: z.boolean(),
  /** A match starts at most this many bytes before one of its keywords, and is at most `maxLength` bytes long. */
  lookBehind: z.int().nonnegative(),
  maxLength: z.int().positive(),
  /** Every match holds so many of these bytes in a row: ranges in hexadecimal, e.g. `3039` for the digits. */
  run: z.strictObject({ bytes: z.string().regex(/^(?:[0-9a-f]{4})*$/), length: z.int().nonnegative() }),
  severity,
  confidence: z.number(),
  minEntropy: z.number(),
  generic: z.enum(['none', 'token', 'password']),
  context: z.strictObject({ within: z.int().positive(), credentialWord: z.boolean() }).optional(),
  checks: z.array(checkName),
  allowlist: z.array(z.string()),
  companions: companions.optional(),
  recommendedAction: z.string(),
});
export type CompiledRule = z.infer<typeof compiledRule>;

export const compiledPack = z.strictObject({
  version: z.literal(1),
  /** The first 12 hex digits of a SHA-256 over the rules: names the pack in logs. */
  digest: z.string(),
  rules: z.array(compiledRule).min(1),
  /** Digests of locked rules, which the next build must find unchanged; see {@link file://./locks.ts}. */
  locks: z.record(z.string(), z.string()).optional(),
});
export type CompiledPack = z.infer<typeof compiledPack>;
