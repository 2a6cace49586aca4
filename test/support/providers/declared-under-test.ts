/** A declared provider beside its stand-in, ready for the contract. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import { createDeclaredProvider } from '../../../functions/revocation/adapters/declared-provider.ts';
import { guardSecrets } from '../../../functions/revocation/adapters/guard-secrets.ts';
import { createHttp } from '../../../functions/platform/http.ts';
import { providerPack } from '../../../functions/revocation/domain/declaration.ts';
import type { ProviderUnderTest } from './provider-contract.ts';
import { startStandIn, type Protocol } from './stand-in.ts';

const PACK = path.resolve(import.meta.dirname, '../../../functions/revocation/providers.json');

export const pack = providerPack.parse(JSON.parse(readFileSync(PACK, 'utf8')));

/** HTTP that loses no time in tests: short patience, no pauses. */
export const quickHttp = () =>
  createHttp({ clock: systemClock, sleep: async () => {}, timeoutMs: 250, maxBytes: 500_000 });

let seed = 1_000;

export async function openDeclared(protocol: Protocol): Promise<ProviderUnderTest> {
  const declaration = pack.providers.find(({ name }) => name === protocol.name);
  if (declaration === undefined) throw new Error(`there is no declaration ${protocol.name}`);
  seed += 10;
  const standIn = await startStandIn(protocol, seed);
  const { leaked, bystander } = standIn;
  const own = new Map(Object.entries(protocol.own).map(([key, value]) => [`${protocol.name}.${key}`, value]));
  const provider = createDeclaredProvider(declaration, {
    http: quickHttp(),
    own: async (name) => {
      const value = own.get(name);
      return value === undefined ? undefined : new Redacted(value);
    },
    baseUrls: Object.fromEntries(protocol.bases.map((base) => [`${protocol.name}.${base}`, standIn.url])),
  });
  return {
    provider: guardSecrets(provider, declaration.foundIsId === true ? () => [] : undefined),
    leaked: leaked.secret,
    hidden: protocol.hidden?.(leaked.secret) ?? leaked.secret,
    expected: {
      id: leaked.id,
      ...(leaked.principal !== '' && { principal: leaked.principal }),
      ...(leaked.account !== '' && { account: leaked.account }),
    },
    enter: (world) => standIn.enter(world),
    isRevoked: (which) => (which === 'leaked' ? leaked : bystander).revoked,
    revokeByHand: () => {
      leaked.revoked = true;
    },
    seen: standIn.seen,
    strayed: standIn.strayed,
    close: () => standIn.close(),
  };
}
