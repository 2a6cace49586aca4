import { describe, expect, test } from 'vitest';
import { accountOfKeyId, readAwsCredential } from '../../../functions/revocation/domain/aws-credentials.ts';

const id = (...pieces: readonly string[]) => pieces.join('');

describe('the account in a key’s id', () => {
  test.each([
    [id('ASIA', 'Y34FZKBO', 'KMUTVV7A'), '609629065308'],
    [id('AKIA', 'SP2TPHJS', 'QH3FJRUX'), '171436882533'],
    [id('AKIA', 'AYLPMN5H', 'AAAAAAAA'), '052310077262'],
    [id('AKIA', 'IOSFODNN', '7ABCDEFG'), undefined],
    [id('AKIA', '01890189', '01890189'), undefined],
    ['no key id', undefined],
  ])('of %s is %s', (keyId, account) => {
    expect(accountOfKeyId(keyId)).toBe(account);
  });
});

describe('a found AWS credential', () => {
  const keyId = id('AKIA', 'AYLPMN5H', 'AAAAAAAA');
  const secretKey = 'a/+'.repeat(13) + 'b';
  const sessionToken = 'c'.repeat(120);

  test('is an id, an id and its secret, or a session', () => {
    expect(readAwsCredential(keyId)).toEqual({ keyId });
    expect(readAwsCredential(` ${keyId}:${secretKey}\n`)).toEqual({ keyId, secretKey });
    expect(readAwsCredential([keyId, secretKey, sessionToken].join(':'))).toEqual({
      keyId,
      secretKey,
      sessionToken,
    });
  });

  test.each([
    '',
    secretKey,
    `${keyId}0`,
    `${keyId}:short`,
    `${keyId}:${secretKey}:short`,
    `${keyId}:${secretKey}:${sessionToken}:x`,
  ])('is not guessed at (%#)', (found) => {
    expect(readAwsCredential(found)).toBeUndefined();
  });
});
