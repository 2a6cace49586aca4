/** What an AWS credential tells of itself, without asking anybody. */

/** As it was found: a key's id alone, or with its secret and, for a session, its token. */
export interface FoundAwsCredential {
  readonly keyId: string;
  readonly secretKey?: string;
  readonly sessionToken?: string;
}

const KEY_ID = /^(?:AKIA|ASIA)[A-Z0-9]{16}$/;
const SECRET_KEY = /^[A-Za-z0-9/+]{40}$/;
const SESSION_TOKEN = /^[A-Za-z0-9/+=]{100,4096}$/;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * Reads `AKIA…`, `AKIA…:secret` or `ASIA…:secret:token`.
 * @returns undefined where there is no key id, or anything else: half a credential is not guessed at
 */
export function readAwsCredential(found: string): FoundAwsCredential | undefined {
  const [keyId = '', secretKey, sessionToken, ...rest] = found.trim().split(':');
  if (!KEY_ID.test(keyId) || rest.length > 0) return undefined;
  if (secretKey === undefined) return { keyId };
  if (!SECRET_KEY.test(secretKey)) return undefined;
  if (sessionToken === undefined) return { keyId, secretKey };
  return SESSION_TOKEN.test(sessionToken) ? { keyId, secretKey, sessionToken } : undefined;
}

/** Whether a key's id is one of temporary credentials. */
export const isSession = (keyId: string): boolean => keyId.startsWith('ASIA');

/**
 * The account that issued a key, 12 digits. The id's last 16 characters are base32; the account stands in the first
 * 6 bytes, from the second bit on, up to the 41st.
 * Source: https://trufflesecurity.com/blog/research-uncovers-aws-account-numbers-hidden-in-access-keys
 * @returns undefined for ids from before 2019 (`AKIAI…`, `AKIAJ…`), which do not hold it, and for what is no base32
 */
export function accountOfKeyId(keyId: string): string | undefined {
  if (!/^A[KS]IA[A-HK-Z2-7][A-Z2-7]{15}$/.test(keyId)) return undefined;
  let bits = 0n;
  for (const character of keyId.slice(4, 14)) bits = bits * 32n + BigInt(BASE32.indexOf(character));
  const account = ((bits >> 2n) & 0x7fff_ffff_ff80n) >> 7n;
  return account < 1_000_000_000_000n ? account.toString().padStart(12, '0') : undefined;
}
