import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createAwsManagedSecret } from '../../../functions/rotation/client/aws-managed-secret.ts';

function aService(answer: unknown) {
  const asked: unknown[] = [];
  const send = (command: unknown): Promise<unknown> => {
    if (command instanceof GetSecretValueCommand)
      return Promise.resolve({ VersionId: 'version-1', SecretString: 'the value' });
    if (!(command instanceof InvokeCommand)) throw new Error('another command');
    asked.push([command.input.FunctionName, JSON.parse(z.string().parse(command.input.Payload))]);
    return Promise.resolve({ Payload: { transformToString: () => JSON.stringify(answer) } });
  };
  const secret = createAwsManagedSecret({
    secretsManager: { send } as never,
    lambda: { send } as never,
    ...{ secretId: 'shhh/orders-db', secret: 'orders-db', consumer: 'orders', deskName: 'desk' },
  });
  return { asked, secret };
}
const works = () => Promise.resolve('done');

describe('a managed secret on AWS', () => {
  test('is read from Secrets Manager, and the version that worked is told to the desk', async () => {
    const { asked, secret } = aService({ answer: 'heard' });
    expect((await secret.getSecret()).reveal()).toBe('the value');
    expect(asked).toEqual([]);
    await secret.use(works, () => false);
    await secret.use(works, () => false);
    expect(asked).toEqual([
      ['desk', { do: 'acknowledge', secret: 'orders-db', consumer: 'orders', versionId: 'version-1' }],
    ]);
  });

  test('is told again where the desk has refused, and its user never notices', async () => {
    const refusal = { answer: 'refused', why: 'no_such_consumer', message: 'orders is no consumer' };
    const { asked, secret } = aService(refusal);
    expect(await secret.use(works, () => false)).toBe('done');
    await new Promise((resolve) => setImmediate(resolve));
    await secret.use(works, () => false);
    expect(asked).toHaveLength(2);
  });
});
