import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isProven, runChecks, type CheckName } from '../../../functions/detection/domain/checks.ts';
import { ALPHABETS, createRandom } from '../../support/fleet/random.ts';

const random = createRandom(11);
const text = (length: number): string => random.text(ALPHABETS.alphanumeric, length);
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const swapped = (digits: string): string =>
  digits.replaceAll(/[a-z]/gi, (char) =>
    char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase(),
  );
function base62(value: number): string {
  const digits = Array.from({ length: 6 }, (_, place) =>
    DIGITS.charAt(Math.floor(value / 62 ** (5 - place)) % 62),
  );
  return digits.join('');
}
const hex = (value: number): string => value.toString(16).padStart(8, '0');
const reversed = (value: number): Buffer => Buffer.from(hex(value), 'hex').reverse();

/** A token as its maker would make it, one character of whose body was changed, and what the check says of that one. */
const MADE: readonly (readonly [CheckName, make: (body: string) => string, ofWrong: false | undefined])[] = [
  ['crc32-base62', (body) => `ghp_${body.slice(0, 30)}${base62(crc32(body.slice(0, 30)))}`, false],
  [
    'gitlab-routable',
    (body) => checksummed(`glpat-${body}.01.00`, (crc) => crc.toString(36).padStart(7, '0')),
    false,
  ],
  ['atlassian-crc32', (body) => checksummed(`ATATT3${body}=`, (crc) => hex(crc).toUpperCase()), false],
  ['grafana-crc32', (body) => `glsa_${body}_${reversed(crc32(`glsa_${body}`)).toString('hex')}`, false],
  ['apify-crc32', (body) => checksummed(`apify_api_${body}`, (crc) => swapped(base62(crc))), undefined],
  ['canva-crc32', (body) => checksummed(`cnvca${body}`, hex), undefined],
  [
    'confluent-crc32',
    (body) => `cflt${body}${reversed(crc32(body)).toString('base64').slice(0, 6)}`,
    undefined,
  ],
  ['crc32-hex-tail', (body) => `cfut_${body}${hex(crc32(body))}`, undefined],
  ['salad-crc32', (body) => `salad_cloud_user_${body}${base62(crc32(body))}`, undefined],
  ['vercel-crc32', (body) => `vcp_${body}${base62(crc32(body))}`, undefined],
  ['wandb-crc32', (body) => checksummed(`wandb_v1_${body}`, base62), undefined],
  ['zuplo-crc32', (body) => `zpka_${body}_${hex(crc32(body))}`, undefined],
  [
    'github-fine-grained',
    (body) => {
      const before = `github_pat_${body.slice(0, 22)}_${(body + body).slice(0, 43)}`;
      return `${before}${base32(createHash('sha256').update(before).digest())}abcdefgh`;
    },
    undefined,
  ],
];
const checksummed = (before: string, written: (crc: number) => string): string =>
  before + written(crc32(before));
const base32 = (bytes: Buffer): string =>
  Array.from({ length: 8 }, (_, digit) =>
    ALPHABETS.base32.charAt(parseInt(bits(bytes).slice(5 * digit, 5 * digit + 5), 2)),
  ).join('');
const bits = (bytes: Buffer): string =>
  Array.from(bytes.subarray(0, 5), (byte) => byte.toString(2).padStart(8, '0')).join('');

describe.each(MADE)('%s', (check, make, ofWrong) => {
  it('is right for what the maker makes, and settles it', () => {
    for (let round = 0; round < 50; round += 1) {
      const results = runChecks([check], make(text(32)));
      expect(results).toEqual([{ check, passed: true }]);
      expect(isProven(results)).toBe(true);
    }
  });

  it(
    ofWrong === false ? 'is wrong for any other' : 'says nothing of any other: its formula is not published',
    () => {
      for (let round = 0; round < 50; round += 1) {
        const made = make(text(32));
        const at = made.length - 20;
        const broken = `${made.slice(0, at)}${made[at] === 'q' ? 'r' : 'q'}${made.slice(at + 1)}`;
        expect(runChecks([check], broken)).toEqual(ofWrong === false ? [{ check, passed: false }] : []);
      }
    },
  );
});

it('agrees with the example that Grafana tests its own tokens with', () => {
  const published = ['glsa', 'iNValIdinValiDinvalidinvalidinva', '5b582697'].join('_');
  expect(runChecks(['grafana-crc32'], published)).toEqual([{ check: 'grafana-crc32', passed: true }]);
});

it('takes the structure of a text for no proof that it is real', () => {
  const [header, claims] = [{ alg: 'HS256' }, { sub: 'a' }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const results = runChecks(['jwt'], `${header ?? ''}.${claims ?? ''}.${text(43)}`);
  expect(results).toEqual([{ check: 'jwt', passed: true }]);
  expect(isProven(results)).toBe(false);
});
