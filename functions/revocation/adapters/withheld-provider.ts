import type { Revocation, RevocationProvider, Told, Unavailable } from '../domain/provider.ts';

/** Why nothing is taken away: for now, or until a person mends it. */
export type Withheld = Unavailable | Extract<Revocation, { outcome: 'refused' }>;

/**
 * A provider at which nothing is to be taken away. What a person has to mend hinders nobody from looking which
 * credential it is and whether it lives; what cannot be known yet is waited for before anybody is asked.
 */
export function createWithheldProvider(inner: RevocationProvider, why: Withheld): RevocationProvider {
  const act = async (): Promise<Told<Revocation>> => Promise.resolve({ answer: why, calls: [] });
  const { contain, restore, remove, ...rest } = inner;
  return {
    ...rest,
    ...(why.outcome === 'unavailable' && looksLater(why)),
    revoke: act,
    ...(contain !== undefined && { contain: act }),
    ...(restore !== undefined && { restore: act }),
    ...(remove !== undefined && { remove: act }),
  };
}

function looksLater(why: Unavailable) {
  const later = async (): Promise<Told<Unavailable>> => Promise.resolve({ answer: why, calls: [] });
  return { identify: later, probe: later, usesOf: async () => Promise.resolve({ answer: [], calls: [] }) };
}
