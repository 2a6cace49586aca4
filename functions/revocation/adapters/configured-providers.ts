import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { createIam, createSecretsManager, createSts } from '../../platform/aws.ts';
import type { RevocationProvider } from '../domain/provider.ts';
import type { providersEnv } from '../providers.env.ts';
import { createHttp } from '../../platform/http.ts';
import { createProviderSettings, type ProviderSettings } from './provider-settings.ts';
import { createProviders, knownSettings, type Addresses } from './providers.ts';

/** Where providers are, by the function's environment. */
export function addressesIn(env: z.output<typeof providersEnv>): Addresses {
  return { baseUrls: env.PROVIDER_ADDRESSES, publicProviders: env.PUBLIC_PROVIDERS === 'yes' };
}

export interface ConfiguredProvidersOptions {
  readonly clock: Clock;
  /** The AWS account in which the revoker may act, 12 digits. */
  readonly account: string;
  readonly addresses: Addresses;
  /** Secrets Manager's secret with the credentials of our own and the hooks. */
  readonly settingsArn: string;
  readonly logger: Pick<Logger, 'error'>;
}

/**
 * The providers of this stage, at the addresses that are configured, with the credentials of our own and the hooks as
 * they are set when it is called.
 */
export function configuredProviders({
  clock,
  account,
  addresses,
  settingsArn,
  logger,
}: ConfiguredProvidersOptions): () => Promise<readonly RevocationProvider[]> {
  const settled = {
    ...addresses,
    http: createHttp({ clock, sleep: (ms) => sleep(ms) }),
    clock,
    aws: {
      iam: createIam(),
      stsFor: (leaked: Parameters<typeof createSts>[0]) => createSts(leaked, addresses.baseUrls['aws.sts']),
      account,
    },
  };
  return followSettings(
    createProviderSettings(createSecretsManager(), settingsArn, knownSettings(), clock),
    (settings) => createProviders({ ...settled, settings }),
    logger,
  );
}

/** Makes the providers anew when the settings are, and tells then what is wrong with these. */
export function followSettings(
  read: () => Promise<ProviderSettings>,
  create: (settings: ProviderSettings) => readonly RevocationProvider[],
  logger: Pick<Logger, 'error'>,
): () => Promise<readonly RevocationProvider[]> {
  let made: { readonly by: ProviderSettings; readonly providers: readonly RevocationProvider[] } | undefined;
  return async () => {
    const settings = await read();
    if (made?.by !== settings) {
      const { problems } = settings;
      if (problems.length > 0) logger.error('revocation_settings_refused', { problems });
      made = { by: settings, providers: create(settings) };
    }
    return made.providers;
  };
}
