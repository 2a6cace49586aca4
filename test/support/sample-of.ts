import { z } from 'zod';

/** Texts of the forms that contracts ask for; the first that is accepted is taken. */
const TEXTS = [
  'case_0123456789abcdef0123456789abcdef',
  'fnd_0123456789abcdef0123456789abcdef',
  'rot_0123456789abcdef0123456789abcdef',
  '2026-08-10T08:00:00.000Z',
  'ab'.repeat(32),
  '2026-08-10',
  'https://example.org/',
  'case.pending',
  'log.conflict',
  'text',
];
/** Plain words first where anything goes. */
const WORDS = ['text', ...TEXTS];
const NUMBERS = [1, 0, 0.5];

/**
 * A value that a schema accepts: the same each time.
 * @param full with every member that may be absent as well
 */
export function sampleOf(schema: z.core.$ZodType, full = false): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return sampleOf(schema.unwrap(), full);
  if (schema instanceof z.ZodDefault) return sampleOf(schema.unwrap(), full);
  if (schema instanceof z.ZodObject)
    return Object.fromEntries(
      Object.entries<z.core.$ZodType>(schema.shape)
        .filter(([, member]) => full || !z.safeParse(member, undefined).success)
        .map(([name, member]) => [name, sampleOf(member, full)]),
    );
  if (schema instanceof z.ZodArray) return [sampleOf(schema.element, full)];
  if (schema instanceof z.ZodTuple) return schema.def.items.map((item) => sampleOf(item, full));
  if (schema instanceof z.ZodRecord) return {};
  if (schema instanceof z.ZodEnum) return schema.options[0];
  if (schema instanceof z.ZodLiteral) return [...schema.values][0];
  if (schema instanceof z.ZodUnion) return sampleOf(schema.options[0] ?? z.null(), full);
  const found = [...WORDS, ...NUMBERS, false, null].find((value) => z.safeParse(schema, value).success);
  if (found === undefined) throw new Error(`No sample of ${schema._zod.def.type} is known here.`);
  return found;
}
