import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recommendedAction } from '../../../functions/alerts/domain/recommended-action.ts';

describe('recommendedAction', () => {
  test.each([
    ['aws', 'aws_access_key_id', /IAM.*CloudTrail/],
    ['GitHub', 'github_pat', /GitHub.*audit log/],
    ['slack', 'slack_bot_token', /auth\.revoke/],
    ['none', 'private_key', /key pair/],
    ['none', 'postgres_connection_string', /database user/],
    ['none', 'jwt', /session/],
    ['none', 'generic_secret', /Revoke the secret where it was issued/],
    ['constructor', 'toString', /Revoke the secret where it was issued/],
  ])('knows what to do about %s / %s', (provider, secretType, expected) => {
    expect(recommendedAction({ provider, secretType })).toMatch(expected);
  });

  test('never repeats its input, which a rule or an agent may have written', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3 }), (noise) => {
        const planted = `<${noise}>`;
        expect(recommendedAction({ provider: planted, secretType: planted })).not.toContain(planted);
      }),
    );
  });
});
