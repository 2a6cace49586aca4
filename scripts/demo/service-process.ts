/**
 * A service that works with an access key all the time: it reads the key as rotation's consumers do, calls STS with it,
 * and tells its parent of each call. It knows nothing of leaks and rotations.
 */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createAwsManagedSecret } from '../../functions/rotation/client/aws-managed-secret.ts';
import { serviceOrder, type ServiceCall } from './service-protocol.ts';

const PAUSE_MS = 100;
/** A real service keeps a version for a minute; here somebody watches. */
const KEEP_MS = 1_000;
const REFUSED = new Set(['InvalidClientTokenId', 'SignatureDoesNotMatch']);
const stored = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });

const { endpoint, region, credentials, stsUrl, deskName, secretId, secret, consumer } = serviceOrder.parse(
  JSON.parse(process.argv[2] ?? ''),
);
const client = { endpoint, region, credentials };
const key = createAwsManagedSecret({
  secretsManager: new SecretsManagerClient(client),
  lambda: new LambdaClient(client),
  ...{ secretId, secret, consumer, deskName, keepMs: KEEP_MS },
});

process.once('disconnect', () => process.exit());
for (;;) {
  let keyId = '';
  const failed = await key
    .use(
      async (value) => {
        const { accessKeyId, secretAccessKey } = stored.parse(JSON.parse(value.reveal()));
        keyId = accessKeyId;
        const signsWith = { accessKeyId, secretAccessKey };
        const sts = new STSClient({ region, endpoint: stsUrl, credentials: signsWith, maxAttempts: 1 });
        await sts.send(new GetCallerIdentityCommand({}));
        sts.destroy();
      },
      (error) => error instanceof Error && REFUSED.has(error.name),
    )
    .then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.name : 'NonError'),
    );
  const call: ServiceCall = { at: Date.now(), keyId, ...(failed !== undefined && { failed }) };
  process.send?.(call);
  await sleep(PAUSE_MS);
}
