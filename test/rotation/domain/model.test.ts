import fc from 'fast-check';
import { describe, test } from 'vitest';
import { rotationModel } from './model.ts';

describe('a rotation, whatever happens', () => {
  test(
    'never leaves without a valid credential, never runs twice, never promotes what no test has passed, and ends',
    { timeout: 120_000 },
    async () => {
      await fc.assert(rotationModel(), { numRuns: 300 });
    },
  );
});
