/** Requests and conditions on their answers, as people write them into `patterns/`: what revocation and rotation share. */
import { z } from 'zod';
import type { JsonTemplate } from '../kernel/render-request.ts';

/** `/data/0/id` (RFC 6901). */
export const jsonPointer = z.string().regex(/^(?:\/[^/]*)+$/, 'is no JSON pointer such as /data/id');
const scalar = z.union([z.string(), z.number(), z.boolean()]);
/** Text with `{{name}}` in it; `{{+name}}` keeps slashes in a path. Which names there are, the declaration says. */
export const declaredTemplate = z.string().min(1).max(500);
const templates = z.record(z.string(), declaredTemplate);

const jsonTemplate: z.ZodType<JsonTemplate> = z.lazy(() =>
  z.union([declaredTemplate, z.array(jsonTemplate), z.record(z.string(), jsonTemplate)]),
);

export const declaredRequest = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  base: z.string().default('api'),
  path: declaredTemplate.startsWith('/'),
  query: templates.optional(),
  headers: templates.optional(),
  /** User and password of HTTP Basic authentication. */
  basic: z.tuple([declaredTemplate, declaredTemplate]).optional(),
  form: templates.optional(),
  json: z.record(z.string(), jsonTemplate).optional(),
  /** A POST that may be sent again after a fault because the provider documents it as idempotent. */
  idempotent: z.boolean().optional(),
});
export type DeclaredRequest = z.infer<typeof declaredRequest>;

/** All of it has to hold. A status alone is proof of little: a proxy's login page is a 200 too. */
export const declaredCondition = z.strictObject({
  status: z.array(z.int().min(100).max(599)).min(1),
  /** Places of the answer's JSON that must hold something. */
  has: z.array(jsonPointer).optional(),
  /** Places that must be absent, null or empty. */
  lacks: z.array(jsonPointer).optional(),
  equals: z.record(jsonPointer, scalar).optional(),
  /** The body must hold this text. */
  says: z.string().min(3).optional(),
});
