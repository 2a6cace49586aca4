/**
 * Offline proofs: what a secret's own text says about whether it is real. Samples behind the checksums are few,
 * so a proof raises a finding's confidence and a failed one lowers it; neither decides alone.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { hasAzureChecksum } from './azure-checksum.ts';

export const CHECK_NAMES = [
  'apify-crc32',
  'atlassian-crc32',
  'aws-key-id',
  'azure-marvin32',
  'basic-auth',
  'canva-crc32',
  'confluent-crc32',
  'crc32-base62',
  'crc32-hex-tail',
  'discord-id',
  'github-fine-grained',
  'gitlab-routable',
  'grafana-crc32',
  'jwt',
  'salad-crc32',
  'vercel-crc32',
  'wandb-crc32',
  'zuplo-crc32',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

/** `undefined`: the text does not have the parts that this check would speak about. */
type Check = (secret: string) => boolean | undefined;

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function base62(value: number, width: number, digitsOf = BASE62): string {
  let digits = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / 62))
    digits = (digitsOf[rest % 62] ?? '') + digits;
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

/** The header looked at last, which most tokens of one issuer share: it names an algorithm and holds no secret. */
let lastHeader = { text: '', isObject: false };

/** A JSON Web Token's header and claims are JSON objects (RFC 7519, section 7.2). */
const jwt: Check = (secret) => {
  const [header = '', claims] = secret.split('.', 2);
  if (header !== lastHeader.text) lastHeader = { text: header, isObject: jsonObject(header) };
  return lastHeader.isObject && jsonObject(claims);
};

/** HTTP basic credentials (RFC 7617): base64 of printable text with a colon in it. */
const basicAuth: Check = (secret) => {
  const text = Buffer.from(secret, 'base64').toString('latin1');
  const colon = text.indexOf(':', 1);
  return colon > 0 && colon < text.length - 1 && /^[\x20-\x7e]+$/.test(text);
};

const littleEndian = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const hex8 = (value: number): string => value.toString(16).padStart(8, '0');
const LOWER_FIRST = `0123456789${BASE62.slice(36)}${BASE62.slice(10, 36)}`;

/** Checksums at a token's end: how many characters it has, over which part it runs, how it is written. */
function tailOf(length: number, over: (body: string) => string, written: (crc: number) => string): Check {
  return (secret) => {
    if (secret.length <= length) return undefined;
    const body = secret.slice(0, -length);
    return written(crc32(over(body))).toLowerCase() === secret.slice(-length).toLowerCase();
  };
}
function exactTailOf(
  length: number,
  over: (body: string) => string,
  written: (crc: number) => string,
): Check {
  return (secret) =>
    secret.length <= length
      ? undefined
      : written(crc32(over(secret.slice(0, -length)))) === secret.slice(-length);
}

const whole = (body: string): string => body;
const afterUnderscore = (body: string): string => body.slice(body.indexOf('_') + 1);
const betweenUnderscores = (body: string): string => body.slice(body.indexOf('_') + 1, body.lastIndexOf('_'));

/**
 * `github_pat_` + 22 + `_` + 59 characters, of which the last 16 begin with 8 base32 digits of a SHA-256 over
 * all before; from samples, and not all of them: what else is used is not known.
 */
const githubFineGrained: Check = (secret) => {
  const body = secret.slice(0, -16);
  let bits = 0n;
  for (const byte of createHash('sha256').update(body).digest().subarray(0, 5))
    bits = bits * 256n + BigInt(byte);
  const digits = Array.from(
    { length: 8 },
    (_, index) => BASE32[Number((bits >> BigInt(35 - 5 * index)) & 31n)],
  );
  return secret.slice(-16, -8) === digits.join('') ? true : undefined;
};

/** GitLab's routable tokens end in a CRC-32 of all before, as 7 base36 digits. */
const gitlabRoutable: Check = (secret) => {
  if (!/\.[0-9a-z]{9}$/.test(secret)) return undefined;
  return crc32(secret.slice(0, -7)).toString(36).padStart(7, '0') === secret.slice(-7);
};

/**
 * A formula that no maker has published, only samples bear out: that it is right settles it, chance is one in 2³²; that
 * it is wrong may be the formula's fault and says nothing.
 */
const fromSamples =
  (check: Check): Check =>
  (secret) =>
    check(secret) === true ? true : undefined;

const afterLastUnderscore = (body: string): string => body.slice(body.lastIndexOf('_') + 1);
const afterPrefix =
  (length: number) =>
  (body: string): string =>
    body.slice(length);

/**
 * Sources: GitHub and npm, "Behind GitHub's new authentication token formats" (2021); GitLab, the design document
 * "Routable tokens"; Grafana, `pkg/components/satokengen`; Atlassian, as another scanner's source has it, and a sample.
 */
const CHECKS: Readonly<Record<CheckName, Check>> = {
  'apify-crc32': fromSamples(exactTailOf(6, whole, (crc) => base62(crc, 6, LOWER_FIRST))),
  'atlassian-crc32': (secret) => (/=[0-9A-F]{8}$/.test(secret) ? tailOf(8, whole, hex8)(secret) : undefined),
  'aws-key-id': awsKeyId,
  // Of Event Grid's keys no seed is published.
  'azure-marvin32': (secret) => (secret.includes('AZEG') ? undefined : hasAzureChecksum(secret)),
  'basic-auth': basicAuth,
  'canva-crc32': fromSamples(tailOf(8, whole, hex8)),
  'confluent-crc32': fromSamples(
    exactTailOf(6, afterPrefix('cflt'.length), (crc) => littleEndian(crc).toString('base64').slice(0, 6)),
  ),
  'crc32-base62': crc32Base62,
  'crc32-hex-tail': fromSamples(tailOf(8, afterUnderscore, hex8)),
  'discord-id': (secret) =>
    /^\d{17,20}$/.test(Buffer.from(secret.split('.')[0] ?? '', 'base64').toString('latin1')),
  'github-fine-grained': githubFineGrained,
  'gitlab-routable': gitlabRoutable,
  'grafana-crc32': tailOf(
    8,
    (body) => body.slice(0, -1),
    (crc) => littleEndian(crc).toString('hex'),
  ),
  jwt,
  'salad-crc32': fromSamples(exactTailOf(6, afterLastUnderscore, (crc) => base62(crc, 6))),
  'vercel-crc32': fromSamples(exactTailOf(6, afterUnderscore, (crc) => base62(crc, 6))),
  'wandb-crc32': fromSamples(exactTailOf(6, whole, (crc) => base62(crc, 6))),
  'zuplo-crc32': fromSamples(tailOf(8, betweenUnderscores, hex8)),
};

export interface CheckResult {
  readonly check: CheckName;
  readonly passed: boolean;
}

/** Checks that text of the right form passes by chance: they speak of its structure, not of a checksum over it. */
const STRUCTURAL: ReadonlySet<CheckName> = new Set(['aws-key-id', 'basic-auth', 'discord-id', 'jwt']);

/**
 * Whether a checksum says that the provider made this secret. By chance a CRC-32 is right once in
 * 2³² times, so how the secret reads has no say any more.
 */
export function isProven(checks: readonly CheckResult[]): boolean {
  return checks.some(({ check, passed }) => passed && !STRUCTURAL.has(check));
}

/** Runs the named checks over a secret; a check that does not apply says nothing. */
export function runChecks(names: readonly CheckName[], secret: string): readonly CheckResult[] {
  return names.flatMap((check) => {
    const passed = CHECKS[check](secret);
    return passed === undefined ? [] : [{ check, passed }];
  });
}
