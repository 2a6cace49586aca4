import { expect, test } from 'vitest';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import { openGithub } from '../../support/providers/github-under-test.ts';
import { providerContract, type Traits } from '../../support/providers/provider-contract.ts';

const TRAITS: Traits = {
  deadIdentifiesAs: 'dead',
  secondRevocation: 'already_dead',
  probes: true,
  revokes: true,
  identifiesByCall: true,
  canBeAmbiguous: false,
  canBeDenied: true,
};

// The endpoint for found tokens answers 202 to whatever it gets.
providerContract('github, personal token', { ...TRAITS, secondRevocation: 'revoked' }, () =>
  openGithub('ghp_'),
);
providerContract('github, installation token', TRAITS, () => openGithub('ghs_'));

test('a refresh token is revoked without ever being used', async () => {
  const it = await openGithub('ghr_');
  try {
    const secret = new Redacted(it.leaked);
    const identity = { id: 'self' };
    expect((await it.provider.identify(secret)).answer).toEqual({ outcome: 'identified', identity });
    expect((await it.provider.probe(secret, identity)).answer).toMatchObject({ outcome: 'unavailable' });
    expect(it.seen).toEqual([]);
    expect((await it.provider.revoke(secret, identity)).answer).toEqual({ outcome: 'revoked' });
    expect(await it.isRevoked('leaked')).toBe(true);
  } finally {
    await it.close();
  }
});
