import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { createSecretsManagerVault } from '../../../functions/rotation/adapters/secrets-manager-vault.ts';
import { awsOptions } from '../../support/emulator-client.ts';
import { testSecretVault } from '../../support/secret-vault-contract.ts';

const client = new SecretsManagerClient(awsOptions(inject('endpoint')));

testSecretVault('Secrets Manager', async () => {
  const secretId = `vault-${randomUUID()}`;
  const { VersionId: first } = await client.send(
    new CreateSecretCommand({ Name: secretId, SecretString: 'one' }),
  );
  if (first === undefined) throw new Error('A secret was made without a version.');
  return { vault: createSecretsManagerVault(client), secretId, first };
});

test('a secret that is not there has no versions, and cannot be read', async () => {
  const vault = createSecretsManagerVault(client);
  const secretId = `nowhere-${randomUUID()}`;
  expect(await vault.versions(secretId)).toEqual(new Map());
  await expect(vault.byLabel(secretId, 'AWSCURRENT')).rejects.toThrow();
});
