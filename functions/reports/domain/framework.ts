/** Frameworks, controls and tests as `patterns/compliance` writes them down. */
import { z } from 'zod';
import { duration } from './duration.ts';
import { FACTS, type FactName } from './facts.ts';
import { member, selection, where } from './select-entries.ts';

const id = z
  .string()
  .regex(/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/, 'wants lower-case words with - or . between them');
const sentence = z.string().trim().min(1).max(2_000);

const isFactName = (name: string): name is FactName => Object.hasOwn(FACTS, name);
const factName = z.string().refine(isFactName, {
  error: ({ input }) => `there is no setting ${String(input)}; they are ${Object.keys(FACTS).join(', ')}`,
});

/** Entries each of which must meet conditions. */
const every = z.strictObject({
  of: selection,
  /** Each of these members has one of the values. */
  has: where.optional(),
  /** Each of these members is there, and not empty. */
  present: z.array(member).min(1).optional(),
  /** These two members differ: who asks is not who approves. */
  differ: z.tuple([member, member]).optional(),
});

/** Entries of which there may be none, and what they would be among: all that could have been one. */
const never = z.strictObject({ of: selection, among: selection });

/** What the live configuration must say, of each thing that has such a setting. */
const fact = z
  .strictObject({
    name: factName,
    is: z
      .array(z.union([z.string(), z.number(), z.boolean()]))
      .min(1)
      .optional(),
    at_least: z.number().optional(),
    at_most: z.number().optional(),
  })
  .refine(({ is, at_least, at_most }) => [is, at_least, at_most].some((one) => one !== undefined), {
    message: 'wants one of: is, at_least, at_most',
  });

const about = {
  title: sentence,
  /** What is asked, as a person would ask it. */
  question: sentence,
  /** What is looked at, all of it, and how a sample is drawn where people look themselves. */
  population: sentence,
  /** What it means that there is nothing to look at. */
  empty: z.enum(['not_applicable', 'passed', 'failed']).default('not_applicable'),
  /** What to do when it fails. */
  remediation: sentence,
};

/** @param length of time: text in the files, milliseconds once they are compiled */
function testsWith<D extends z.ZodType<number>>(length: D) {
  /** Entries after which another must come in time. */
  const follows = z.strictObject({
    trigger: selection,
    response: selection,
    /** What both have in common: the same fingerprint, the same subject. */
    same: member,
    within: length,
  });
  /** Entries that must come again and again, with no longer gap. */
  const recurs = z.strictObject({ of: selection, within: length });
  const test = z.union(
    [
      z.strictObject({ ...about, every }),
      z.strictObject({ ...about, never }),
      z.strictObject({ ...about, follows }),
      z.strictObject({ ...about, recurs }),
      z.strictObject({ ...about, fact }),
    ],
    {
      error:
        'wants exactly one of: every, never, follows, recurs, fact, and title, question, population, remediation',
    },
  );
  return z.record(id, test);
}

export const testsFile = z.strictObject({ tests: testsWith(duration) });

const control = z.strictObject({
  /** As the framework numbers it. */
  id: z.string().min(1).max(32),
  title: sentence,
  /** What it asks, in our own words. */
  requirement: sentence,
  /** Tests that show it; none where SHHH has no evidence. */
  tests: z.array(id).default([]),
  /** What the tests do not show, and somebody has to show by other means; all of it where there is no test. */
  beyond: sentence,
  remediation: sentence,
});

export const frameworkFile = z.strictObject({
  id,
  title: sentence,
  version: sentence,
  /** Where the framework itself can be read. */
  source: z.url(),
  controls: z.array(control).min(1),
});
export type Framework = z.infer<typeof frameworkFile>;
export type Control = Framework['controls'][number];

/** A compiled set of frameworks: durations are milliseconds. */
export const frameworksFile = z.strictObject({
  frameworks: z.array(frameworkFile).min(1),
  tests: testsWith(z.number().positive()),
});
export type Frameworks = z.infer<typeof frameworksFile>;
export type TestDefinition = Frameworks['tests'][string];
