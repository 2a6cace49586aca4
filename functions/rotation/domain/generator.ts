/** New passwords, as a policy describes them. */
import { z } from 'zod';
import { Redacted } from '../../kernel/redacted.ts';

const CLASSES = {
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digits: '0123456789',
} as const;

/** NIST SP 800-63B asks for no classes, many systems do: every class that is named occurs. */
export const generator = z
  .strictObject({
    length: z.int().min(20, 'at least 20 characters').max(256),
    classes: z.array(z.enum(['lower', 'upper', 'digits'])).min(1),
    /** Further characters, printable ASCII and no letters or digits. */
    symbols: z
      .string()
      .regex(/^[!-/:-@[-`{-~]*$/, 'symbols are printable ASCII without letters, digits and spaces')
      .default(''),
    /** Characters that look alike, or that a system does not take. */
    without: z.string().default(''),
  })
  .superRefine((asked, context) => {
    if (alphabets(asked).some((each) => each.length === 0))
      context.addIssue({ code: 'custom', path: ['without'], message: 'it leaves nothing of a class' });
    else if (bitsOf(asked) < 100)
      context.addIssue({ code: 'custom', path: ['length'], message: 'fewer than 100 bits: make it longer' });
  });
export type Generator = z.output<typeof generator>;

/** Where a policy names no generator: 190 bits that no shell, URL or connection string has to escape. */
export const DEFAULT_GENERATOR: Generator = {
  length: 32,
  classes: ['lower', 'upper', 'digits'],
  symbols: '',
  without: '',
};

interface Asked {
  readonly length: number;
  readonly classes: readonly (keyof typeof CLASSES)[];
  readonly symbols: string;
  readonly without: string;
}

function alphabets({ classes, symbols, without }: Asked): readonly string[] {
  return [...classes.map((each) => CLASSES[each]), ...(symbols === '' ? [] : [symbols])].map((alphabet) =>
    Array.from(alphabet)
      .filter((each) => !without.includes(each))
      .join(''),
  );
}

const bitsOf = (asked: Asked): number => asked.length * Math.log2(alphabets(asked).join('').length);

/**
 * A password: each character drawn evenly from all that are allowed, drawn again until every class occurs.
 * @param below an even random whole number from 0 up to and without its argument, fit for secrets
 */
export function newPassword(asked: Generator, below: (limit: number) => number): Redacted {
  const classes = alphabets(asked);
  const all = classes.join('');
  for (;;) {
    const drawn = Array.from({ length: asked.length }, () => all[below(all.length)] ?? '').join('');
    if (classes.every((alphabet) => Array.from(alphabet).some((each) => drawn.includes(each))))
      return new Redacted(drawn);
  }
}
