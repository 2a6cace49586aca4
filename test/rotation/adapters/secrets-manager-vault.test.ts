import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
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
