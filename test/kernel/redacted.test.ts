import fc from 'fast-check';
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Redacted } from '../../functions/kernel/redacted.ts';

it('shows [redacted] however it is printed, and the secret only when it is revealed', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 12, unit: 'grapheme-ascii' }), (random) => {
      const secret = `§${random}§`;
      const wrapped = new Redacted(secret);
      const shown = [
        String(wrapped),
        wrapped.toString(),
        // Interpolating it by mistake is the very thing that is tested.
        // eslint-disable-next-line @typescript-eslint/restrict-template-expressions
        `${wrapped}`,
        JSON.stringify({ wrapped, list: [wrapped] }),
        inspect(wrapped),
        inspect({ deep: { wrapped } }, { depth: 9, showHidden: true }),
        JSON.stringify(Object.entries(wrapped)),
        JSON.stringify(structuredClone(wrapped)),
      ];
      for (const text of shown) expect(text).not.toContain(secret);
      expect(wrapped.reveal()).toBe(secret);
    }),
  );
});
