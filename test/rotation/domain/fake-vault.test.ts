import { randomUUID } from 'node:crypto';
import { FakeSecretVault } from '../../support/fake-rotation-store.ts';
import { testSecretVault } from '../../support/secret-vault-contract.ts';

testSecretVault('the fake', () => {
  const vault = new FakeSecretVault();
  const first = randomUUID();
  vault.add('a', first, 'one');
  return Promise.resolve({ vault, secretId: 'a', first });
});
