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
};

for (const protocol of PROTOCOLS)
  providerContract(protocol.name, { ...USUAL, ...SPECIAL[protocol.name] }, () => openDeclared(protocol));

test('every declaration has a stand-in', () => {
  expect(PROTOCOLS.map(({ name }) => name).toSorted()).toEqual(
    pack.providers.map(({ name }) => name).toSorted(),
  );
});
