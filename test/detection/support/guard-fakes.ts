import type { GuardKeyItem, GuardKeys, GuardRates } from '../../../functions/detection/domain/guard-keys.ts';

export function fakeGuardKeys(items: readonly GuardKeyItem[]): GuardKeys {
  return { find: async (id) => items.find((item) => item.id === id) };
}

export function fakeGuardRates(): GuardRates {
  const counts = new Map<string, number>();
  return {
    count: async (keyId, minute) => {
      const counted = (counts.get(`${keyId} ${minute}`) ?? 0) + 1;
      counts.set(`${keyId} ${minute}`, counted);
      return counted;
    },
  };
}
