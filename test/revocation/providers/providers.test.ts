import { IAMClient } from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import { guardSecrets } from '../../../functions/revocation/adapters/guard-secrets.ts';
import {
  createProviders,
  knownProviders,
  providerFor,
  type ProvidersOptions,
} from '../../../functions/revocation/adapters/providers.ts';
import { NO_SETTINGS } from '../../../functions/revocation/adapters/provider-settings.ts';
import type { RevocationProvider } from '../../../functions/revocation/domain/provider.ts';
import { knownSecretTypes } from '../../../scripts/build-providers.ts';
import { quickHttp } from '../../support/providers/declared-under-test.ts';

const options: ProvidersOptions = {
  http: quickHttp(),
  clock: systemClock,
  baseUrls: {},
  publicProviders: true,
  aws: {
    iam: new IAMClient({ region: 'eu-central-1' }),
    stsFor: (credentials) => new STSClient({ region: 'eu-central-1', credentials }),
    account: '111122223333',
  },
  settings: {
    ...NO_SETTINGS,
    hooks: new Map([
      ['slack', { url: 'https://sentinel.example/hooks/slack-revoke', key: new Redacted('k'.repeat(32)) }],
    ]),
  },
};
const providers = createProviders(options);

describe('all providers together', () => {
  test('are at least 22, and each type of secret is in one of them', () => {
    expect(providers.length).toBeGreaterThanOrEqual(22);
    const types = providers.flatMap(({ secretTypes }) => secretTypes);
    expect(new Set(types).size).toBe(types.length);
  });

  test('name types of secrets that the rules really find', async () => {
    const known = await knownSecretTypes();
    expect(providers.flatMap(({ secretTypes }) => secretTypes).filter((type) => !known.has(type))).toEqual(
      [],
    );
  });

  test('are found by the type of a secret', () => {
    expect(providerFor(providers, 'github-pat')?.provider).toBe('github');
    expect(providerFor(providers, 'pypi-token')).toBeUndefined();
  });

  test('say in words what a person does and what is needed', () => {
    for (const { permission, manualSteps, documentation, propagationSeconds } of providers) {
      expect(permission.length).toBeGreaterThan(2);
      expect(manualSteps.length).toBeGreaterThan(1);
      expect(documentation).toMatch(/^https:\/\//);
      expect(propagationSeconds).toBeGreaterThan(0);
    }
  });

  test('take a hook where one is set', () => {
    expect(providerFor(providers, 'slack-bot-token')?.permission).toMatch(/behind the hook/);
    expect(providerFor(providers, 'gitlab-pat')?.permission).not.toMatch(/hook/);
  });

  test('refuse or wait, but ask nobody, where what they need is not set up', async () => {
    const openToken = new Redacted(['hv', 's.', 'a'.repeat(90)].join(''));
    const vault = providerFor(providers, 'vault-token');
    const told = await vault?.identify(openToken);
    expect(told).toEqual({
      answer: {
        outcome: 'ambiguous',
        reason: 'the address of HashiCorp Vault is not set: configure vault.api',
      },
      calls: [],
    });
    const twilio = providerFor(providers, 'twilio-api-key');
    const key = new Redacted(`SK${'0'.repeat(32)}`);
    expect((await twilio?.identify(key))?.answer).toMatchObject({ outcome: 'ambiguous' });
    expect((await twilio?.revoke(key, { id: 'x' }))?.answer).toEqual({
      outcome: 'refused',
      reason: "The account's SID is not set up: store it as twilio.accountSid, or do it by hand",
    });
  });
});

describe('where providers are asked', () => {
  const addressed = (baseUrls: Record<string, string>) =>
    createProviders({ ...options, publicProviders: false, baseUrls }).map(({ provider }) => provider);

  test('is nowhere without a public address or one of their own', () => {
    expect(addressed({})).toEqual([]);
  });

  test('is at their own addresses alone, where all of them are set', () => {
    expect(addressed({ 'aws.sts': 'http://127.0.0.1:1', 'gitlab.api': 'http://127.0.0.1:1' })).toEqual([
      'aws',
      'gitlab',
    ]);
  });

  test('is refused where an address is nobody’s, since what leaked would go elsewhere', () => {
    expect(() => addressed({ 'gitlap.api': 'https://gitlab.example' })).toThrow(
      'No provider has an address of the name gitlap.api.',
    );
  });

  test('does not matter to what is known of them', () => {
    const known = knownProviders({
      baseUrls: { 'gitlab.api': 'http://127.0.0.1:1' },
      publicProviders: false,
    });
    expect(known.flatMap(({ secretTypes }) => secretTypes)).toEqual(
      providers.flatMap(({ secretTypes }) => secretTypes),
    );
    expect(known.filter(({ isOn }) => isOn).map(({ provider }) => provider)).toEqual(['gitlab']);
  });
});

describe('the guard', () => {
  const secret = new Redacted('s3cret-in-a-bottle');
  const lying = (answer: () => Promise<never>): RevocationProvider => ({
    provider: 'acme',
    secretTypes: [],
    needsSecret: true,
    propagationSeconds: 1,
    permission: '',
    manualSteps: [],
    documentation: '',
    identify: answer,
    probe: answer,
    usesOf: answer,
    revoke: answer,
  });

  test('lets no secret out of an answer, in any form', async () => {
    const forms = [
      secret.reveal(),
      encodeURIComponent(secret.reveal()),
      Buffer.from(secret.reveal()).toString('base64'),
    ];
    const provider: RevocationProvider = {
      ...lying(async () => Promise.reject(new Error('unused'))),
      usesOf: async () => ({ answer: forms, calls: [] }),
    };
    expect((await guardSecrets(provider).usesOf(secret, { id: 'x' })).answer).toEqual(
      forms.map(() => '[redacted]'),
    );
  });

  test('replaces an error by one that says where it happened and quotes nothing', async () => {
    const provider = guardSecrets(
      lying(async () => Promise.reject(new TypeError(`bad ${secret.reveal()}`, { cause: secret.reveal() }))),
    );
    const error: unknown = await provider.probe(secret, { id: 'x' }).catch((thrown: unknown) => thrown);
    expect(error).toEqual(new Error('acme: probe failed with TypeError.'));
    expect(error instanceof Error && error.cause).toBeUndefined();
  });
});
