/** The keys that agents and guards show at the cloud endpoint. What is kept of a key cannot be shown in its place. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** `shhhg_<id>_<secret>`: 12 hex digits that name it, 43 base64url characters (32 random bytes) that prove it. */
const KEY_FORM = /^shhhg_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** Requests a minute that one key may make, where it was made without a number of its own. */
export const DEFAULT_REQUESTS_PER_MINUTE = 600;

export const guardKeyItem = z.object({
  /** `KEY#<id>` */
  pk: z.string(),
  id: z.string().regex(/^[0-9a-f]{12}$/),
  /** Who uses it, as the operator calls it. */
  name: z.string().min(1).max(100),
  /** Hex SHA-256 of the whole key. The key is random, so its plain hash tells nothing. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  requestsPerMinute: z.int().positive(),
  createdAt: z.iso.datetime(),
  /** Since when it is refused. */
  revokedAt: z.iso.datetime().optional(),
});
export type GuardKeyItem = z.infer<typeof guardKeyItem>;

export const guardKeyPk = (id: string): string => `KEY#${id}`;

/** What a request that showed a good key is known by. */
export interface GuardCaller {
  readonly keyId: string;
  readonly name: string;
  readonly requestsPerMinute: number;
}

/** Looks keys up by their id. `undefined` only where there is none. @throws when that cannot be known */
export interface GuardKeys {
  find(id: string): Promise<GuardKeyItem | undefined>;
}

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/**
 * Makes a key.
 * @param random 38 random bytes
 * @returns the key, to be shown once, and what is kept of it
 */
export function makeGuardKey(
  made: { readonly name: string; readonly requestsPerMinute: number; readonly createdAt: string },
  random: Buffer,
): { readonly key: string; readonly item: GuardKeyItem } {
  if (random.length !== 38) throw new RangeError('A key is made of 38 random bytes.');
  const id = random.toString('hex', 0, 6);
  const key = `shhhg_${id}_${random.toString('base64url', 6)}`;
  return { key, item: { pk: guardKeyPk(id), id, ...made, hash: hashOf(key) } };
}

/** No key has this hash: compared with where there is no key, so that the answer takes as long. */
const NO_HASH = '0'.repeat(64);

/**
 * Whose key an `Authorization` header shows.
 * @returns undefined for everything that is no valid key
 */
export async function identify(
  header: string | undefined,
  keys: GuardKeys,
): Promise<GuardCaller | undefined> {
  const shown = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '';
  const id = KEY_FORM.exec(shown)?.[1];
  if (id === undefined) return undefined;
  const item = await keys.find(id);
  const same = timingSafeEqual(Buffer.from(hashOf(shown), 'hex'), Buffer.from(item?.hash ?? NO_HASH, 'hex'));
  if (item === undefined || !same || item.revokedAt !== undefined) return undefined;
  return { keyId: item.id, name: item.name, requestsPerMinute: item.requestsPerMinute };
}
