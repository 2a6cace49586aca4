import { describe, expect, test } from 'vitest';
import { isOpenToAll, wantsTls } from '../../../functions/reports/domain/resource-policy.ts';

const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (changes: object) => ({ Effect: 'Allow', Action: 'kms:*', Resource: '*', ...changes });

describe('a policy is open to all', () => {
  test.each([
    ['for every principal', allow({ Principal: '*' }), true],
    ['for every account', allow({ Principal: { AWS: '*' } }), true],
    ['for every account among others', allow({ Principal: { AWS: ['arn:aws:iam::1:root', '*'] } }), true],
    ['not for one account', allow({ Principal: { AWS: 'arn:aws:iam::1:root' } }), false],
    ['not for a service', allow({ Principal: { Service: '*.amazonaws.com' } }), false],
    [
      'not under a condition',
      allow({ Principal: '*', Condition: { StringEquals: { 'kms:CallerAccount': '1' } } }),
      false,
    ],
    ['not where it denies', { ...allow({ Principal: '*' }), Effect: 'Deny' }, false],
  ])('%s', (_, statement, expected) => {
    expect(isOpenToAll(policy(allow({ Principal: { AWS: 'arn:aws:iam::1:root' } }), statement))).toBe(
      expected,
    );
  });

  test('and a single statement counts as well as a list; what is no policy is no answer', () => {
    expect(isOpenToAll(JSON.stringify({ Statement: allow({ Principal: '*' }) }))).toBe(true);
    for (const text of ['', '{}', '{"Statement":[{"Effect":"Maybe"}]}'])
      expect(() => isOpenToAll(text)).toThrow();
  });
});

describe('a bucket wants TLS', () => {
  const refusal = {
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: 's3:*',
    Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  test.each([
    ['where everybody is refused everything without it', {}, true],
    ['for every principal', { Principal: '*', Resource: '*' }, true],
    ['with a condition that is no text', { Condition: { Bool: { 'aws:SecureTransport': false } } }, true],
    ['not where it allows', { Effect: 'Allow' }, false],
    ['not for some only', { Principal: { AWS: 'arn:aws:iam::1:root' } }, false],
    ['not for some actions only', { Action: 's3:GetObject' }, false],
    ['not for its objects only', { Resource: 'arn:aws:s3:::b/*' }, false],
    ['not for itself only', { Resource: 'arn:aws:s3:::b' }, false],
    ['not without the condition', { Condition: {} }, false],
    [
      'not where those with TLS are refused',
      { Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
      false,
    ],
    [
      'not where the condition asks for more',
      { Condition: { Bool: { 'aws:SecureTransport': 'false', 'aws:ViaAWSService': 'false' } } },
      false,
    ],
    [
      'not under another condition besides',
      { Condition: { ...refusal.Condition, StringEquals: { 'aws:SourceAccount': '1' } } },
      false,
    ],
  ])('%s', (_, changes, expected) => {
    expect(wantsTls(policy({ ...refusal, ...changes }))).toBe(expected);
  });
});
