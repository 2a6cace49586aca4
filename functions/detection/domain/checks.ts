/**
 * Offline proofs: what a secret's own text says about whether it is real. Samples behind the checksums are few,
 * so a proof raises a finding's confidence and a failed one lowers it; neither decides alone.
 */
import { crc32 } from 'node:zlib';

export const CHECK_NAMES = ['aws-key-id', 'crc32-base62', 'jwt'] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

/** `undefined`: the text does not have the parts that this check would speak about. */
type Check = (secret: string) => boolean | undefined;

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function base62(value: number, width: number): string {
  let digits = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / 62)) digits = (BASE62[rest % 62] ?? '') + digits;
  return digits.padStart(width, '0');
}

/** GitHub's and npm's tokens: `<prefix>_` + 30 characters + their CRC-32 as 6 base62 digits. */
const crc32Base62: Check = (secret) => {
  const parts = /^[a-z]+_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/.exec(secret);
  return parts?.[1] === undefined ? undefined : base62(crc32(parts[1]), 6) === parts[2];
};

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An AWS key id holds its account's number in bits 1 to 40 of its base32 body: at most twelve digits. */
const awsKeyId: Check = (secret) => {
  let bits = 0n;
  for (const char of secret.slice(4, 14)) {
    const value = BASE32.indexOf(char);
    if (value < 0) return false;
    bits = bits * 32n + BigInt(value);
  }
  const account = (bits >> 9n) & ((1n << 40n) - 1n);
  return account < 1_000_000_000_000n;
};

function jsonObject(base64url: string | undefined): boolean {
  if (base64url === undefined) return false;
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** A JSON Web Token's header and claims are JSON objects (RFC 7519, section 7.2). */
const jwt: Check = (secret) => {
  const [header, claims] = secret.split('.');
  return jsonObject(header) && jsonObject(claims);
};

const CHECKS: Readonly<Record<CheckName, Check>> = {
  'aws-key-id': awsKeyId,
  'crc32-base62': crc32Base62,
  jwt,
};

export interface CheckResult {
  readonly check: CheckName;
  readonly passed: boolean;
}

/** Runs the named checks over a secret; a check that does not apply says nothing. */
export function runChecks(names: readonly CheckName[], secret: string): readonly CheckResult[] {
  return names.flatMap((check) => {
    const passed = CHECKS[check](secret);
    return passed === undefined ? [] : [{ check, passed }];
  });
}
