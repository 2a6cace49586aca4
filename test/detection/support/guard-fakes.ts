import type { GuardKeyItem, GuardKeys } from '../../../functions/detection/domain/guard-keys.ts';
import type { RequestRates } from '../../../functions/platform/request-rates.ts';

export function fakeGuardKeys(items: readonly GuardKeyItem[]): GuardKeys {
  return { find: async (id) => items.find((item) => item.id === id) };
}

export function fakeGuardRates(): RequestRates {
  const counts = new Map<string, number>();
  return {
    count: async (keyId, minute) => {
      const counted = (counts.get(`${keyId} ${minute}`) ?? 0) + 1;
      counts.set(`${keyId} ${minute}`, counted);
      return counted;
    },
  };
}
