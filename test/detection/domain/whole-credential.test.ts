import { describe, expect, test } from 'vitest';
import { wholeCredential } from '../../../functions/detection/domain/whole-credential.ts';
import { Redacted } from '../../../functions/kernel/redacted.ts';

const part = (kind: 'id' | 'secret' | 'token' | 'other', text: string) => ({
  secretType: {
    id: 'aws-access-key-id',
    secret: 'aws-secret-access-key',
    token: 'aws-session-token',
    other: 'github-pat',
  }[kind],
  secret: new Redacted(text),
});
const id = part('id', 'AKIA-1');
const session = part('id', 'ASIA-1');
const secret = part('secret', 'secret-1');
const token = part('token', 'token-1');
const other = part('other', 'pat');
const of = (one: typeof id, ...beside: readonly (typeof id)[]) =>
  wholeCredential(one, [one, ...beside]).reveal();

describe('what a revocation needs of a secret', () => {
  test('is the secret itself, whatever stands beside it', () => {
    expect(of(other, id, secret)).toBe('pat');
    expect(of(id, other)).toBe('AKIA-1');
  });

  test('is the whole key where its parts leaked together, for each of them', () => {
    expect(of(id, secret)).toBe('AKIA-1:secret-1');
    expect(of(secret, id, other)).toBe('AKIA-1:secret-1');
    expect(of(id, secret, id, secret)).toBe('AKIA-1:secret-1');
    expect(of(session, secret, token)).toBe('ASIA-1:secret-1:token-1');
    expect(of(token, session, secret)).toBe('ASIA-1:secret-1:token-1');
  });

  test('is the part alone where another could be meant: nothing is guessed', () => {
    expect(of(id, secret, part('secret', 'secret-2'))).toBe('AKIA-1');
    expect(of(secret, id, part('id', 'AKIA-2'))).toBe('secret-1');
    expect(of(session, secret)).toBe('ASIA-1');
    expect(of(token, id, secret)).toBe('token-1');
  });
});
