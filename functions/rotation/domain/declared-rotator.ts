/** Rotators of HTTP APIs that need no code: keys that the provider draws, names and deletes. */
import { z } from 'zod';
import { declaredCondition, declaredRequest, jsonPointer } from '../../contracts/declared-http.ts';

const refused = z
  .array(z.strictObject({ when: declaredCondition, reason: z.string().min(10).max(300) }))
  .default([]);

/**
 * `{{value:/x}}`: a field of the secret that is acted on, in `create` and `list` of the one that is replaced;
 * `{{authority:/x}}`: of the authority; `{{name}}`: the rotation's own name for the new key; `{{id}}`: the key's; a text that is only
 * `{{setting:x}}` may stand for a list.
 */
const request = declaredRequest;

const act = z.strictObject({
  request,
  done: z.array(declaredCondition).min(1),
  refused,
});
export type DeclaredChange = z.infer<typeof act>;

const rotatorFields = {
  /** The provider's address; null where each has its own. */
  base: z.url().nullable(),
  /** Where in the secret's JSON the key's id is, which is no secret. */
  id: jsonPointer,
  /** Where the secret texts are. */
  secrets: z.array(jsonPointer).min(1),
  /** What a policy sets, and what each is. */
  settings: z.record(z.string().regex(/^[a-z][A-Za-z0-9]{0,40}$/), z.string()).default({}),
  create: z.strictObject({
    request,
    created: declaredCondition,
    /** Fields of the new secret and where the answer has them; all others stay as they are. */
    take: z.record(z.string().regex(/^[A-Za-z_]\w{0,60}$/), jsonPointer),
    refused,
  }),
  /** Finds what an attempt has made whose answer was lost: by the name that only this rotation gives. */
  list: z.strictObject({
    request,
    listed: declaredCondition,
    at: jsonPointer.or(z.literal('')),
    id: jsonPointer,
    name: jsonPointer,
  }),
  probe: z.strictObject({
    request,
    live: z.array(declaredCondition).min(1),
    dead: z.array(declaredCondition).min(1),
  }),
  /** Where the provider can take a key out of service without deleting it. */
  disable: act.optional(),
  enable: act.optional(),
  destroy: act,
};

export const declaredRotator = z.strictObject({
  kind: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/),
  title: z.string().min(2),
  documentation: z.url(),
  permission: z.string().min(3),
  propagationSeconds: z.int().min(0).max(86_400),
  ...rotatorFields,
});
export type DeclaredRotator = z.infer<typeof declaredRotator>;

/** Of the rotator that a policy writes out itself. */
export const httpRotatorSettings = z.strictObject({ ...rotatorFields, base: z.url() });

/** Of one that a file declares. */
export function settingsOf(it: Pick<DeclaredRotator, 'settings'>) {
  const own = Object.fromEntries(
    Object.keys(it.settings).map((name) => [
      name,
      z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
    ]),
  );
  return z.strictObject({ base: z.url().optional(), ...own });
}
