import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recommendedAction } from '../../../functions/alerts/domain/recommended-action.ts';

describe('recommendedAction', () => {
  test.each([
    ['aws', 'aws_access_key_id', /IAM.*CloudTrail/],
    ['github', 'github-pat', /GitHub.*audit log/],
    ['slack', 'slack_bot_token', /auth\.revoke/],
    ['aws', 'aws-session-token', /sessions of the role/],
    ['google', 'gcp-service-account', /service account/],
    ['1password', 'onepassword-secret-key', /Revoke the secret at 1password/],
    ['kubernetes', 'kubernetes-client-key', /key pair/],
    ['hashicorp', 'vault-token', /in Vault/],
    ['hashicorp', 'vault-unseal-key', /Rekey/],
    ['tailscale', 'tailscale-key', /Revoke the secret at tailscale, check/],
    ['generic', 'private-key', /key pair/],
    ['generic', 'postgres_connection_string', /database user/],
    ['generic', 'jwt', /session/],
    ['generic', 'generic-api-key', /Revoke the secret where it was issued/],
    ['constructor', 'toString', /Revoke the secret at constructor/],
  ])('knows what to do about %s / %s', (provider, secretType, expected) => {
    expect(recommendedAction({ provider, secretType })).toMatch(expected);
  });

  test('repeats nothing but the name of a provider', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3 }), (noise) => {
        const planted = `<${noise}>`;
        expect(recommendedAction({ provider: planted, secretType: planted })).not.toContain(planted);
      }),
    );
  });
});
