/** What goes over the wire to and from the endpoint that takes acts of other programs in. */
import { z } from 'zod';
import { AUDIT_ACTS } from '../../contracts/audit-acts.ts';
import { handedAct, type AuditEventType } from '../../contracts/audit.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { problemsOf } from './problems.ts';
import type { TakenIn } from './take-in.ts';

/** Acts of one request. */
export const MAX_ACTS = 100;
/** Bytes of one request's body. */
export const MAX_ACTS_BYTES = 1024 * 1024;

/** What other programs may say. The rest are acts of SHHH itself, which nobody else shall be able to invent. */
const FOREIGN_TYPES: ReadonlySet<AuditEventType> = new Set([
  'code.execution',
  'security.assessment',
  'container.creation',
  'resource.violation',
  'security.event',
  'system.event',
  'administrative.access',
  'backup',
  'report',
]);

export const actsRequest = z.strictObject({
  /** Each looked at by itself: one that is refused does not keep the others out. */
  acts: z.array(z.unknown()).min(1).max(MAX_ACTS),
});

const answerToOne = z.discriminatedUnion('did', [
  z.strictObject({ did: z.enum(['taken', 'known']), id: z.string(), redacted: z.int().nonnegative() }),
  z.strictObject({ did: z.literal('skipped'), id: z.string() }),
  z.strictObject({ did: z.literal('refused'), why: z.string() }),
]);
export type ActAnswer = z.infer<typeof answerToOne>;
/** One for each act, in order. */
export const actsAnswer = z.strictObject({ answers: z.array(answerToOne) });

const foreignAct = handedAct
  .omit({ id: true })
  .extend({ id: z.string().min(1).max(128).optional(), correlation_id: z.string().max(256).default('') });

/** Who hands it in. */
export interface ActsCaller {
  /** As the operator calls the key's holder. */
  readonly name: string;
}

/**
 * An act as the log takes it: known by an id of its caller's, so that nobody takes another's, and done by an actor of its
 * caller's, so that nobody speaks for another.
 * @param batchKey the request's idempotency key, which stands in for ids
 * @returns why not; nothing of it is quoted
 */
function readForeignAct(
  given: unknown,
  at: number,
  { name }: ActsCaller,
  batchKey: string | undefined,
): Result<unknown, string> {
  const act = foreignAct.safeParse(given);
  if (!act.success) return err(problemsOf(act.error));
  const { id, type, actor, data, ...rest } = act.data;
  if (!FOREIGN_TYPES.has(type)) return err(`type: only SHHH itself says ${type}`);
  const checked = AUDIT_ACTS[type].safeParse(data);
  if (!checked.success) return err(`data of ${type}: ${problemsOf(checked.error)}`);
  const own = id ?? (batchKey === undefined ? undefined : `${batchKey}#${at}`);
  if (own === undefined)
    return err('id: is missing, and the request has no Idempotency-Key: a repetition would be another entry');
  return ok({ ...rest, type, data, id: `api:${name}:${own}`, actor: `${name}/${actor}` });
}

/** Takes a request's acts in. @param take the log's own way in */
export async function takeForeignActs(
  acts: readonly unknown[],
  caller: ActsCaller,
  batchKey: string | undefined,
  take: (acts: readonly unknown[]) => Promise<readonly TakenIn[]>,
): Promise<readonly ActAnswer[]> {
  const read = acts.map((act, at) => readForeignAct(act, at, caller, batchKey));
  const taken = [...(await take(read.flatMap((each) => (each.ok ? [each.value] : []))))];
  return read.map((each): ActAnswer => {
    if (!each.ok) return { did: 'refused', why: each.error };
    return taken.shift() ?? { did: 'refused', why: 'was not looked at' };
  });
}
