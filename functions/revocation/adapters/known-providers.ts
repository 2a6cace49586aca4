import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../kernel/clock.ts';
import { createIam, createSts } from '../../platform/aws.ts';
import type { RevocationProvider } from '../domain/provider.ts';
import { createHttp } from './http.ts';
import { createProviders } from './providers.ts';

/**
 * Every provider that revokes here, at its public address and without credentials of our own: one that needs some says
 * that it lacks them.
 * @param account the AWS account in which the revoker may act, 12 digits
 */
export function knownProviders(clock: Clock, account: string): readonly RevocationProvider[] {
  return createProviders({
    http: createHttp({ clock, sleep: (ms) => sleep(ms) }),
    clock,
    own: () => Promise.resolve(undefined),
    baseUrls: {},
    aws: { iam: createIam(), stsFor: createSts, account },
    hooks: {},
  });
}
