import path from 'node:path';
import { expect, it } from 'vitest';
import { settingsFor } from '../../lib/config/stages.ts';

const context = (values: Record<string, unknown>) => (key: string) => values[key];

it('is dev on arm64 where nothing is said', () => {
  expect(settingsFor(context({}))).toMatchObject({ stage: 'dev', architecture: 'arm64' });
});

it('takes the stage and the architecture from the context', () => {
  expect(settingsFor(context({ stage: 'prod', architecture: 'x86_64' }))).toMatchObject({
    stage: 'prod',
    architecture: 'x86_64',
    keepData: true,
  });
});

it.each([
  [{ stage: 'production' }, /stage=production is no stage: use local, dev or prod/],
  [{ providerAddresses: '{"gitlab.api":"http://gitlab.example"}' }, /plain http is for this machine only/],
  [{ providerAddresses: 'gitlab.api=https://gitlab.example' }, /use JSON such as/],
  [{ rotationPolicies: { secrets: [] } }, /name a file with packed policies/],
  [{ architecture: 'amd64' }, /architecture=amd64 is no Lambda architecture: use arm64 or x86_64/],
])('refuses %j and says what is understood', (values, message) => {
  expect(() => settingsFor(context(values))).toThrow(message);
});

it('takes other policies of rotation than those of the project from a file', () => {
  expect(settingsFor(context({})).rotation).toEqual({});
  const { policies } = settingsFor(context({ rotationPolicies: 'mine.json' })).rotation;
  expect(policies).toBe(path.resolve('mine.json'));
});

it('lets runs of the shipper overlap, so that the lease is handed over without a gap', () => {
  for (const stage of ['local', 'dev', 'prod'])
    expect(settingsFor(context({ stage })).shipper.runSeconds).toBeGreaterThan(60);
});

it('sends what leaks on a developer’s machine to stand-ins of that machine, or to nobody', () => {
  expect(settingsFor(context({ stage: 'local' })).revocation).toEqual({
    publicProviders: false,
    addresses: {},
  });
  const providerAddresses = '{"aws.sts":"http://127.0.0.1:4000"}';
  expect(settingsFor(context({ stage: 'local', providerAddresses })).revocation).toEqual({
    publicProviders: false,
    addresses: { 'aws.sts': 'http://127.0.0.1:4000' },
  });
  expect(settingsFor(context({ stage: 'prod' })).revocation.publicProviders).toBe(true);
});
