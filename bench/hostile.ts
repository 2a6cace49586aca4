/** Messages of 64 KB that are made to cost a scanner as much as can be. */
import { ALPHABETS, createRandom } from '../test/support/fleet/random.ts';

const SIZE = 65_536;
const random = createRandom(7);
const filled = (text: string): string => text.repeat(Math.ceil(SIZE / text.length)).slice(0, SIZE);
const noise = random.text(ALPHABETS.base64, SIZE);

export const HOSTILE: readonly (readonly [name: string, text: string])[] = [
  ['private keys that never end', filled('-----BEGIN ' + 'PRIVATE KEY-----\n')],
  ['one private key that never ends', ('-----BEGIN ' + `PRIVATE KEY-----\n${noise}`).slice(0, SIZE)],
  ['eyJ', filled('eyJ')],
  ['halves of JWTs', filled('eyJhbGciOiJIUzI1NiJ9.')],
  ['token=', filled('token=')],
  ['password="', filled('password="')],
  ['Authorization: Bearer', filled('Authorization: Bearer ')],
  ['truncated tokens', filled('gh' + 'p_9fK2mXwz4KpVq8rT2aLd ')],
  ['sk-', filled('sk-')],
  ['AWS ids', filled('AK' + 'IAQ7RT2MXWZ4KPVQ8R ')],
  ['passwords in plain', filled('password = x9fK2mXwz4Kp ')],
  ['addresses with users', filled('https://a:b')],
  ['names of providers', filled('azure key datadog token stripe secret sentry auth ')],
  ['escapes', filled('\\u0041%41&#65;')],
  [
    'base64 of base64',
    Buffer.from(filled('dGVzdCB0ZXN0IHRlc3QgdGVzdCB0ZXN0IA==')).toString('base64').slice(0, SIZE),
  ],
  ['random base64', noise],
  ['hexadecimal', random.text(ALPHABETS.hex, SIZE)],
  ['spaces after a name', `token${' '.repeat(SIZE - 5)}`],
];
