import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { createIam, createSts } from '../../platform/aws.ts';
import type { RevocationProvider } from '../domain/provider.ts';
import type { providersEnv } from '../providers.env.ts';
import { createHttp } from '../../platform/http.ts';
import { createProviders, type Addresses } from './providers.ts';

/** Where providers are, by the function's environment. */
export function addressesIn(env: z.output<typeof providersEnv>): Addresses {
  return { baseUrls: env.PROVIDER_ADDRESSES, publicProviders: env.PUBLIC_PROVIDERS === 'yes' };
}

/**
 * The providers of this stage, at the addresses that are configured and without credentials of our own: one that needs
 * some says that it lacks them.
 * @param account the AWS account in which the revoker may act, 12 digits
 */
export function configuredProviders(
  clock: Clock,
  account: string,
  addresses: Addresses,
): readonly RevocationProvider[] {
  return createProviders({
    ...addresses,
    http: createHttp({ clock, sleep: (ms) => sleep(ms) }),
    clock,
    own: () => Promise.resolve(undefined),
    aws: {
      iam: createIam(),
      stsFor: (leaked) => createSts(leaked, addresses.baseUrls['aws.sts']),
      account,
    },
    hooks: {},
  });
}
