import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { createIam, createSts } from '../../platform/aws.ts';
import type { RevocationProvider } from '../domain/provider.ts';
import type { providersEnv } from '../providers.env.ts';
import { createHttp } from './http.ts';
import { createProviders } from './providers.ts';

/**
 * The providers of this stage, at the addresses that are configured and without credentials of our own: one that needs
 * some says that it lacks them.
 * @param account the AWS account in which the revoker may act, 12 digits
 */
export function configuredProviders(
  clock: Clock,
  account: string,
  env: z.output<typeof providersEnv>,
): readonly RevocationProvider[] {
  const { PROVIDER_ADDRESSES: baseUrls } = env;
  return createProviders({
    http: createHttp({ clock, sleep: (ms) => sleep(ms) }),
    clock,
    own: () => Promise.resolve(undefined),
    baseUrls,
    publicProviders: env.PUBLIC_PROVIDERS === 'yes',
    aws: { iam: createIam(), stsFor: (leaked) => createSts(leaked, baseUrls['aws.sts']), account },
    hooks: {},
  });
}
