/**
 * Credentials that never were valid, made at run time with the formats and checksums of real ones, so that a good
 * scanner accepts each and no literal of one lies in the source.
 */
import { createHmac, createPrivateKey } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ALPHABETS, type Random } from './random.ts';

/** One secret that a scanner must find. `secret` is the part that must never be at rest anywhere. */
export interface PlantedSecret {
  readonly type: LeakType;
  readonly secret: string;
}

/** Text as somebody would paste it, with what is secret in it. */
export interface Leak {
  /** The variable that it usually stands in. */
  readonly variable: string;
  /** The value of that variable. */
  readonly text: string;
  /** A second variable that goes with it; an AWS key id alone is of little use. */
  readonly companion?: { readonly variable: string; readonly text: string };
  /** Short enough for, and at home in, a header, a URL or a sentence. */
  readonly inline: boolean;
  readonly secrets: readonly [PlantedSecret, ...PlantedSecret[]];
}

export const LEAK_TYPES = [
  'aws-access-key-id',
  'aws-secret-access-key',
  'github-pat',
  'slack-bot-token',
  'stripe-secret-key',
  'openai-api-key',
  'anthropic-api-key',
  'google-api-key',
  'npm-token',
  'sendgrid-api-key',
  'gitlab-pat',
  'digitalocean-pat',
  'huggingface-token',
  'private-key',
  'database-url',
  'jwt',
  'twilio-api-key',
] as const;
export type LeakType = (typeof LEAK_TYPES)[number];

const { upper, letters, alphanumeric, hex, base32, base64, base64url } = ALPHABETS;
const BASE62 = `0123456789${upper}${upper.toLowerCase()}`;

/** Keeps the beginning of a token apart from the rest in this source, so that no scanner takes it for one. */
const joined = (...parts: readonly string[]): string => parts.join('');

/** CRC-32 in base 62, six digits: how GitHub's and npm's tokens end. Source: GitHub's description of its token formats. */
export function checksum62(body: string): string {
  let rest = crc32(body);
  let digits = '';
  while (digits.length < 6) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

const checked = (random: Random, prefix: string): string => {
  const body = random.text(alphanumeric, 30);
  return `${prefix}_${body}${checksum62(body)}`;
};

/** URL-safe text that neither starts nor ends with a dash, where a word boundary would not hold. */
const solid = (random: Random, length: number): string =>
  `${random.text(alphanumeric, 1)}${random.text(base64url, length - 2)}${random.text(alphanumeric, 1)}`;

/** The 16 characters after the prefix hold the account's 12 digits: a set bit, 40 bits of account, 39 random bits. */
function awsKeyId(random: Random): string {
  const account = 100_000_000_000n + BigInt(random.int(800_000_000)) * 1000n;
  const bits =
    (1n << 79n) | (account << 39n) | (BigInt(random.int(2 ** 7)) << 32n) | BigInt(random.int(2 ** 32));
  const body = Array.from({ length: 16 }, (_, index) =>
    base32.charAt(Number((bits >> BigInt(5 * (15 - index))) & 31n)),
  );
  return joined('AKI', 'A', body.join(''));
}

/** A PKCS #8 document around an Ed25519 seed (RFC 8410): the fixed head, then 32 bytes. */
function pem(random: Random): string {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), random.bytes(32)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return key.export({ format: 'pem', type: 'pkcs8' }).toString().trimEnd();
}

function jwt(random: Random): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const issuedAt = 1_790_000_000 + random.int(1_000_000);
  const head = encode({ alg: 'HS256', typ: 'JWT' });
  const claims = encode({
    iss: 'auth.chorus.internal',
    sub: `agent-${random.int(9999)}`,
    iat: issuedAt,
    exp: issuedAt + 86_400,
  });
  const signature = createHmac('sha256', random.bytes(32)).update(`${head}.${claims}`).digest('base64url');
  return `${head}.${claims}.${signature}`;
}

function token(type: LeakType, variable: string, secret: string): Leak {
  return { variable, text: secret, inline: true, secrets: [{ type, secret }] };
}

const makers: Readonly<Record<LeakType, (random: Random) => Leak>> = {
  'aws-access-key-id': (random) => token('aws-access-key-id', 'AWS_ACCESS_KEY_ID', awsKeyId(random)),
  'aws-secret-access-key': (random) => {
    const id = awsKeyId(random);
    const secret = random.text(base64, 40);
    return {
      variable: 'AWS_ACCESS_KEY_ID',
      text: id,
      companion: { variable: 'AWS_SECRET_ACCESS_KEY', text: secret },
      inline: false,
      secrets: [
        { type: 'aws-access-key-id', secret: id },
        { type: 'aws-secret-access-key', secret },
      ],
    };
  },
  'github-pat': (random) => token('github-pat', 'GITHUB_TOKEN', checked(random, 'ghp')),
  'slack-bot-token': (random) =>
    token(
      'slack-bot-token',
      'SLACK_BOT_TOKEN',
      joined(
        'xox',
        'b-',
        String(2 + random.int(7)),
        random.text('0123456789', 11),
        '-',
        String(2 + random.int(7)),
        random.text('0123456789', 12),
        '-',
        random.text(alphanumeric, 24),
      ),
    ),
  'stripe-secret-key': (random) =>
    token('stripe-secret-key', 'STRIPE_SECRET_KEY', joined('sk', '_live_', random.text(alphanumeric, 24))),
  'openai-api-key': (random) =>
    token(
      'openai-api-key',
      'OPENAI_API_KEY',
      joined('sk', '-proj-', solid(random, 74), 'T3Blbk', 'FJ', solid(random, 74)),
    ),
  'anthropic-api-key': (random) =>
    token('anthropic-api-key', 'ANTHROPIC_API_KEY', joined('sk', '-ant-api03-', solid(random, 93), 'AA')),
  'google-api-key': (random) =>
    token('google-api-key', 'GOOGLE_API_KEY', joined('AI', 'za', 'Sy', solid(random, 33))),
  'npm-token': (random) => token('npm-token', 'NPM_TOKEN', checked(random, 'npm')),
  'sendgrid-api-key': (random) =>
    token(
      'sendgrid-api-key',
      'SENDGRID_API_KEY',
      joined('SG', '.', solid(random, 22), '.', solid(random, 43)),
    ),
  'gitlab-pat': (random) => token('gitlab-pat', 'GITLAB_TOKEN', joined('gl', 'pat-', solid(random, 20))),
  'digitalocean-pat': (random) =>
    token('digitalocean-pat', 'DIGITALOCEAN_TOKEN', joined('do', 'p_v1_', random.text(hex, 64))),
  'huggingface-token': (random) =>
    token('huggingface-token', 'HF_TOKEN', joined('h', 'f_', random.text(letters, 34))),
  'private-key': (random) => {
    const secret = pem(random);
    return {
      variable: 'DEPLOY_KEY',
      text: secret,
      inline: false,
      secrets: [{ type: 'private-key', secret }],
    };
  },
  'database-url': (random) => {
    const secret = solid(random, 20);
    const text = `postgresql://orders_app:${secret}@db-${random.int(20)}.chorus.internal:5432/orders`;
    return { variable: 'DATABASE_URL', text, inline: false, secrets: [{ type: 'database-url', secret }] };
  },
  jwt: (random) => token('jwt', 'SESSION_JWT', jwt(random)),
  'twilio-api-key': (random) =>
    token('twilio-api-key', 'TWILIO_API_KEY', joined('S', 'K', random.text(hex, 32))),
};

/** A fresh leak of the type. Leaks of one seed repeat; those of one `Random` do not. */
export function createLeak(type: LeakType, random: Random): Leak {
  return makers[type](random);
}
