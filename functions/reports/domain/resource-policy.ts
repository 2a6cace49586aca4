/** What a resource's policy allows, as far as reports ask. */
import { z } from 'zod';

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const statement = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.union([z.string(), z.record(z.string(), oneOrMore)]).optional(),
  Action: oneOrMore.default([]),
  Resource: oneOrMore.default([]),
  Condition: z.record(z.string(), z.record(z.string(), z.union([oneOrMore, z.boolean()]))).default({}),
});
type Statement = z.infer<typeof statement>;
const policy = z.object({
  Statement: z.union([z.array(statement), statement.transform((one) => [one])]),
});

/** @throws where it is no policy */
function statementsOf(text: string): readonly Statement[] {
  const source: unknown = JSON.parse(text);
  return policy.parse(source).Statement;
}

const isAnybody = ({ Principal }: Statement): boolean =>
  typeof Principal === 'string' ? Principal === '*' : (Principal?.['AWS'] ?? []).includes('*');

/** Whether somebody need not be anybody in particular to be allowed something. @throws where it is no policy */
export const isOpenToAll = (text: string): boolean =>
  statementsOf(text).some(
    (one) => one.Effect === 'Allow' && isAnybody(one) && Object.keys(one.Condition).length === 0,
  );

/**
 * Whether whoever comes to a bucket without TLS is refused whatever they ask for, of it and of its objects.
 * @throws where it is no policy
 */
export const wantsTls = (text: string): boolean =>
  statementsOf(text).some((one) => {
    const { Effect, Action, Resource, Condition } = one;
    const [[operator, asked] = []] = Object.entries(Condition);
    const plain = asked?.['aws:SecureTransport'];
    return (
      Effect === 'Deny' &&
      isAnybody(one) &&
      Object.keys(Condition).length === 1 &&
      operator === 'Bool' &&
      Object.keys(asked ?? {}).length === 1 &&
      (plain === false || (Array.isArray(plain) && plain.length === 1 && plain[0] === 'false')) &&
      Action.some((action) => action === '*' || action === 's3:*') &&
      (Resource.includes('*') ||
        (Resource.some((arn) => arn.endsWith('/*')) && Resource.some((arn) => !arn.includes('/'))))
    );
  });
