/** Tests of HTTP APIs that need no code: what is asked of the API with a value, and how its answers are read. */
import { z } from 'zod';
import { declaredCondition, declaredRequest, jsonPointer } from '../../contracts/declared-http.ts';

const question = {
  /** `{{value}}` stands for the secret, `{{value:/username}}` for a field of its JSON. */
  request: declaredRequest,
  /** The test is passed where one of these holds. */
  passes: z.array(declaredCondition).min(1),
  /** And failed where one of these does, for this reason; any other answer is none. */
  fails: z
    .array(z.strictObject({ when: declaredCondition, reason: z.string().min(10).max(300) }))
    .default([]),
};

/** What a policy may set of every test of an API. */
const place = {
  /** Where in the secret's JSON the key is that `{{value}}` stands for; absent: the secret is the key. */
  field: jsonPointer.optional(),
};

export const declaredTest = z.strictObject({
  kind: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/),
  title: z.string().min(2),
  documentation: z.url(),
  /** The API's address; null where each has its own, and the policy has to set it. */
  base: z.url({ protocol: /^https$/ }).nullable(),
  ...question,
});
export type DeclaredTest = z.infer<typeof declaredTest>;

/** Of a test that a file declares. */
export const declaredTestSettings = z.strictObject({ ...place, base: z.url().optional() });

/** Of the test that a policy writes out itself. */
export const httpTestSettings = z.strictObject({ ...place, base: z.url(), ...question });
