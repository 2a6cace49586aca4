import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../kernel/clock.ts';
import { providerPack } from '../domain/declaration.ts';
import type { RevocationProvider } from '../domain/provider.ts';
import pack from '../providers.json' with { type: 'json' };
import { createDeclaredProvider } from './declared-provider.ts';
import { createHttp } from './http.ts';

/** Every provider that revokes here, with no credentials of our own: what needs some says that it lacks them. */
export function knownProviders(clock: Clock): readonly RevocationProvider[] {
  const http = createHttp({ clock, sleep: (ms) => sleep(ms) });
  return providerPack
    .parse(pack)
    .providers.map((each) =>
      createDeclaredProvider(each, { http, own: () => Promise.resolve(undefined), baseUrls: {} }),
    );
}
