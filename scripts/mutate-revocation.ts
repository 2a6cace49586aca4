/**
 * `npm run mutate:revocation`: plants each slip of the hand in the domain of revocation and asks whether the model
 * notices, and by what. Ends with one line of JSON; exit code 1 where one passes.
 */
import { firstBroken } from '../test/support/revocation-model.ts';
import { MUTANTS, NO_MUTANT, plant, STORIES } from '../test/support/revocation-mutants.ts';

const untouched = await firstBroken(await plant(NO_MUTANT), STORIES);
if (untouched !== undefined) console.error(`The code itself is broken: ${untouched.told}`);
let passed = untouched === undefined ? 0 : 1;
for (const mutant of MUTANTS) {
  const found = await firstBroken(await plant(mutant), STORIES);
  if (found === undefined) passed += 1;
  console.log(`${found ? '✓' : '✗'} ${mutant.name}: ${found?.broken.join('; ') ?? 'nobody notices'}`);
}
console.log(JSON.stringify({ mutants: MUTANTS.length, noticed: MUTANTS.length - passed }));
process.exitCode = passed === 0 ? 0 : 1;
