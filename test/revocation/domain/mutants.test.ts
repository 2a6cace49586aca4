/** The model is worth what it notices: slips of the hand that matter are planted, and must not pass. */
import { describe, expect, test } from 'vitest';
import { firstBroken } from '../../support/revocation-model.ts';
import { MUTANTS, NO_MUTANT, plant, STORIES } from '../../support/revocation-mutants.ts';

describe('the model notices', { timeout: 60_000 }, () => {
  test('nothing where there is nothing', async () => {
    expect(await firstBroken(await plant(NO_MUTANT), STORIES)).toBeUndefined();
  });

  test.each(MUTANTS.filter(({ always }) => always))('when $name', async (mutant) => {
    expect(await firstBroken(await plant(mutant), STORIES)).toBeDefined();
  });
});
