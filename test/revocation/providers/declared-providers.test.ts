import { providerContract, type Traits } from '../../support/providers/provider-contract.ts';
import { openDeclared, pack } from '../../support/providers/declared-under-test.ts';
import { PROTOCOLS } from '../../support/providers/protocols.ts';
import { expect, test } from 'vitest';

const USUAL: Traits = {
  deadIdentifiesAs: 'dead',
  secondRevocation: 'already_dead',
  probes: true,
  revokes: true,
  identifiesByCall: true,
  canBeAmbiguous: false,
  canBeDenied: true,
};

/** Where a provider's protocol differs from what most do. */
const SPECIAL: Readonly<Record<string, Partial<Traits>>> = {
  // Setting a key inactive again answers as the first time.
  anthropic: { secondRevocation: 'revoked', canBeAmbiguous: true },
  // Tells nothing without changing something.
  'crates-io': { deadIdentifiesAs: 'identified', identifiesByCall: false, probes: false },
  datadog: { revokes: false },
  // Whoever has the address may delete it.
  discord: { canBeDenied: false },
  'gitlab-admin': { secondRevocation: 'revoked' },
  // Its lookup finds deleted keys too, for 30 days.
  'google-api-keys': { deadIdentifiesAs: 'identified' },
  'google-service-account': { secondRevocation: 'revoked' },
  heroku: { canBeAmbiguous: true },
  // Always 202, so that nobody can use it to test guesses.
  huggingface: { secondRevocation: 'revoked', canBeDenied: false },
  openai: { canBeAmbiguous: true },
  stripe: { revokes: false },
  // A key that is not there may be another account's.
  twilio: { deadIdentifiesAs: 'ambiguous' },
};

for (const protocol of PROTOCOLS)
  providerContract(protocol.name, { ...USUAL, ...SPECIAL[protocol.name] }, () => openDeclared(protocol));

test('every declaration has a stand-in', () => {
  expect(PROTOCOLS.map(({ name }) => name).toSorted()).toEqual(
    pack.providers.map(({ name }) => name).toSorted(),
  );
});
