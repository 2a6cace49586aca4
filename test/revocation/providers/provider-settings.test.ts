import { inspect } from 'node:util';
import { IAMClient } from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { advanceRevocation } from '../../../functions/revocation/advance-revocation.lambda.ts';
import { followSettings } from '../../../functions/revocation/adapters/configured-providers.ts';
import {
  createProviderSettings,
  parseProviderSettings,
} from '../../../functions/revocation/adapters/provider-settings.ts';
import { createProviders, knownSettings } from '../../../functions/revocation/adapters/providers.ts';
import {
  FakeEvidenceVault,
  FakeReplacements,
  FakeRevocationLimit,
  FakeRevocationStore,
  FakeWorkflow,
} from '../../support/fake-revocation-store.ts';
import { LinesLogger } from '../../support/lines-logger.ts';
import { pack, quickHttp } from '../../support/providers/declared-under-test.ts';
import { PROTOCOLS } from '../../support/providers/protocols.ts';
import { bodyOf, listen, startStandIn, type StandIn } from '../../support/providers/stand-in.ts';
import { aCaseId, aLeak, aPolicy, aRevocation } from '../../support/revocation-builder.ts';

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const containing = (text: string): unknown => expect.stringContaining(text);
const including = (fields: object): unknown => expect.objectContaining(fields);
const known = knownSettings();
const HIDDEN = ['value', 'of', 'a', 'person', '1'].join('-');
const HOOK = { url: 'https://sentinel.example/hooks/aws-revoke', key: 'k'.repeat(32) };

describe('what a person puts in', () => {
  test('is taken by the names of the declarations, and shown to nobody', () => {
    const settings = parseProviderSettings(
      {
        own: { anthropic: { adminKey: HIDDEN }, twilio: { accountSid: 'AC1', authToken: HIDDEN } },
        hooks: { aws: HOOK, slack: { url: HOOK.url } },
      },
      known,
    );
    expect([...settings.own].map(([name, value]) => [name, value.reveal()])).toEqual([
      ['anthropic.adminKey', HIDDEN],
      ['twilio.accountSid', 'AC1'],
      ['twilio.authToken', HIDDEN],
    ]);
    expect(settings.hooks.get('aws')).toMatchObject({ url: HOOK.url });
    expect(settings.hooks.get('slack')).toEqual({ url: HOOK.url });
    expect(settings).toMatchObject({ otherwise: undefined, ownProblem: undefined, problems: [] });
    for (const text of [
      inspect(settings, { depth: 9 }),
      JSON.stringify([...settings.own, ...settings.hooks]),
    ]) {
      expect(text).not.toContain(HIDDEN);
      expect(text).not.toContain(HOOK.key);
    }
  });

  test('may name all that a declaration needs, and every provider', () => {
    const needing = pack.providers.filter(({ own }) => Object.keys(own).length > 0);
    const settings = parseProviderSettings(
      {
        own: Object.fromEntries(
          needing.map(({ name, own }) => [
            name,
            Object.fromEntries(Object.keys(own).map((key) => [key, 'x'])),
          ]),
        ),
        hooks: Object.fromEntries([...known.hooks].map((name) => [name, HOOK])),
      },
      known,
    );
    expect(settings.problems).toEqual([]);
    expect(settings.own.size).toBe(needing.flatMap(({ own }) => Object.keys(own)).length);
  });

  test.each([
    [
      'a provider that is spelt wrong',
      { own: { antropic: { adminKey: HIDDEN } } },
      /^own\.antropic: no provider .*anthropic/,
    ],
    ['one that needs nothing', { own: { slack: { token: HIDDEN } } }, /^own\.slack: no provider reads this/],
    [
      'a member that is spelt wrong',
      { own: { anthropic: { adminkey: HIDDEN } } },
      /^own\.anthropic\.adminkey: it reads adminKey$/,
    ],
    [
      'a value without a member',
      { own: { anthropic: HIDDEN } },
      /^own\.anthropic: is no object with adminKey$/,
    ],
    [
      'a value that is no text',
      { own: { anthropic: { adminKey: 7 } } },
      /^own\.anthropic\.adminKey: is no text/,
    ],
    [
      'a line end copied along',
      { own: { anthropic: { adminKey: `${HIDDEN}\n` } } },
      /^own\.anthropic\.adminKey: is no text/,
    ],
    [
      'a value where its name belongs',
      { own: { anthropic: { [HIDDEN]: 'x' } } },
      /^own\.anthropic\.\(a name not shown\): it reads adminKey$/,
    ],
  ])('is refused by place: %s', (_, value, problem) => {
    const settings = parseProviderSettings(value, known);
    expect(settings.problems).toHaveLength(1);
    expect(settings.problems[0]).toMatch(problem);
    expect(settings).toMatchObject({ ownProblem: settings.problems[0], otherwise: undefined });
    expect(inspect(settings, { depth: 9 })).not.toContain(HIDDEN);
  });

  test('hinders nothing that is right beside it', () => {
    const { own, hooks, problems } = parseProviderSettings(
      {
        own: { openai: { adminKey: HIDDEN, projekt: 'p' } },
        hooks: { aws: HOOK, slack: { url: 'http://a.example' } },
      },
      known,
    );
    expect([...own.keys()]).toEqual(['openai.adminKey']);
    expect(hooks.get('aws')).not.toHaveProperty('outcome');
    expect(hooks.get('slack')).toMatchObject({ outcome: 'refused' });
    expect(problems).toHaveLength(2);
  });

  test.each([
    ['no https', { url: 'http://sentinel.example/hooks' }],
    ['credentials in the address', { url: `https://user:${HIDDEN}@sentinel.example/hooks` }],
    ['no address', { key: HOOK.key }],
    ['a short key', { ...HOOK, key: HIDDEN }],
    ['a member too many', { ...HOOK, [HIDDEN]: HIDDEN }],
    ['a bare address', HOOK.url],
  ])('hinders the provider of a hook with %s', (_, hook) => {
    const settings = parseProviderSettings({ hooks: { aws: hook } }, known);
    expect(settings.hooks.get('aws')).toMatchObject({
      outcome: 'refused',
      reason: matching(/^hooks\.aws: needs url/),
    });
    expect(settings).toMatchObject({
      otherwise: undefined,
      problems: [matching(/^hooks\.aws/)],
    });
    expect(inspect(settings, { depth: 9 })).not.toContain(HIDDEN);
  });

  test.each([
    ['a hook for nobody', { hooks: { awss: HOOK } }, /hooks\.awss: no provider has this name/],
    ['another member', { credentials: {} }, /credentials: it reads own and hooks/],
    ['a list', [], /not usable/],
  ])('hinders everybody where nobody can tell whose hook it is: %s', (_, value, reason) => {
    const { otherwise } = parseProviderSettings(value, known);
    expect(otherwise).toMatchObject({ outcome: 'refused', reason: matching(reason) });
  });
});

describe('a credential of our own in its secret', () => {
  let anthropic: StandIn;
  let text: string;
  let nowMs: number;
  let trouble: Error | undefined;
  let reads: number;
  const protocol = PROTOCOLS.find(({ name }) => name === 'anthropic');
  const right = { own: { anthropic: protocol?.own } };

  beforeEach(async () => {
    if (protocol === undefined) throw new Error('there is no anthropic');
    anthropic = await startStandIn(protocol, 90_000);
    text = JSON.stringify(right);
    nowMs = Date.UTC(2026, 10, 21, 8);
    trouble = undefined;
    reads = 0;
  });
  afterEach(() => anthropic.close());

  const secretsManager = {
    send: async () => {
      reads += 1;
      if (trouble) throw trouble;
      return Promise.resolve({ SecretString: text });
    },
  } as unknown as Parameters<typeof createProviderSettings>[0];

  /** A leaked key, and the revoker with what stands in the secret. */
  function revoker() {
    const clock = { now: () => nowMs };
    const logger = new LinesLogger();
    const store = new FakeRevocationStore();
    const evidence = new FakeEvidenceVault();
    const manualSteps = pack.providers.find(({ name }) => name === 'anthropic')?.manualSteps ?? [];
    const about = { provider: 'anthropic', secretType: 'anthropic-api-key', manualSteps };
    store.records.set(aCaseId(1), aRevocation(1, about));
    evidence.sealed.set(aLeak(1).fingerprint, anthropic.leaked.secret);
    const providers = followSettings(
      createProviderSettings(secretsManager, 'arn', known, clock),
      (settings) =>
        createProviders({
          ...{ http: quickHttp(), clock: systemClock, settings },
          ...{ baseUrls: { 'anthropic.api': anthropic.url }, publicProviders: false },
          aws: {
            iam: new IAMClient({ region: 'eu-central-1' }),
            stsFor: (credentials) => new STSClient({ region: 'eu-central-1', credentials }),
            account: '111122223333',
          },
        }),
      logger,
    );
    const take = (step: string) =>
      advanceRevocation(
        { step, caseId: aCaseId(1), run: 1, do: 'revoke' },
        {
          ...{ store, evidence, logger, providers, policy: aPolicy(), environment: 'prod', clock },
          ...{ limit: new FakeRevocationLimit(), workflow: new FakeWorkflow() },
          replacements: new FakeReplacements(),
        },
      );
    const run = async () => {
      for (const step of ['identify', 'prove_live', 'decide', 'contain', 'kill', 'prove_dead'])
        if ((await take(step)).next === 'end') break;
      return store.records.get(aCaseId(1));
    };
    const refusals = () => logger.lines.filter(({ message }) => message === 'revocation_settings_refused');
    return { take, run, providers, refusals, store };
  }

  test('revokes and proves it; it stands in no record and no line', async () => {
    const { run, store, refusals } = revoker();
    expect(await run()).toMatchObject({ status: 'proven_dead', identity: { id: anthropic.leaked.id } });
    expect(anthropic.leaked.revoked).toBe(true);
    expect(anthropic.bystander.revoked).toBe(false);
    expect(JSON.stringify(store.written)).not.toContain(protocol?.own['adminKey']);
    expect(refusals()).toEqual([]);
    expect(reads).toBe(1);
  });

  test.each([
    [
      'is missing',
      {},
      'An Anthropic Admin API key of the organisation is not set up: store it as anthropic.adminKey, or do it by hand',
    ],
    ['is misspelt', { own: { anthropic: { adminkey: 'x' } } }, 'own.anthropic.adminkey: it reads adminKey'],
  ])('hands the case to people with the steps where it %s', async (_, value, note) => {
    text = JSON.stringify(value);
    const { run } = revoker();
    const record = await run();
    expect(record).toMatchObject({
      status: 'manual',
      reason: 'ambiguous',
      note: containing(note),
      manualSteps: [containing('API Keys'), matching(/./)],
    });
    expect(anthropic.leaked.revoked).toBe(false);
  });

  test.each([
    ['are no JSON', '{"own":', "The providers' settings are no JSON."],
    [
      'name a hook for nobody',
      JSON.stringify({ ...right, hooks: { antropic: HOOK } }),
      'hooks.antropic: no provider',
    ],
  ])('takes nothing away, and says why, where the settings beside it %s', async (_, broken, note) => {
    text = JSON.stringify(right);
    const { take, store, refusals } = revoker();
    for (const step of ['identify', 'prove_live', 'decide']) await take(step);
    text = broken;
    nowMs += 60_000;
    for (const step of ['contain', 'kill']) await take(step);
    expect(store.records.get(aCaseId(1))).toMatchObject({
      status: 'manual',
      reason: 'refused_by_provider',
      note: containing(note),
    });
    expect(anthropic.seen.filter(({ effect }) => effect === 'change')).toEqual([]);
    expect(refusals()[0]).toMatchObject({ level: 'error', problems: [containing(note)] });
  });

  test('is waited for while it cannot be read', async () => {
    trouble = Object.assign(new Error(HIDDEN), { name: 'ThrottlingException' });
    const { take, refusals } = revoker();
    expect(await take('identify')).toEqual({ next: 'again', waitSeconds: 2 });
    expect(refusals()).toMatchObject([
      { problems: ["The providers' settings cannot be read: ThrottlingException"] },
    ]);
    expect(anthropic.seen).toEqual([]);
    trouble = undefined;
    expect(await take('identify')).toEqual({ next: 'go', waitSeconds: 0 });
  });

  test('is taken up anew after a minute, and what is wrong is told once a reading', async () => {
    const { providers, refusals } = revoker();
    const before = await providers();
    text = JSON.stringify({ own: { anthropic: { adminKey: 'x', more: 'y' } } });
    nowMs += 59_999;
    expect(await providers()).toBe(before);
    nowMs += 1;
    const after = await providers();
    expect(after).not.toBe(before);
    expect(await providers()).toBe(after);
    expect(refusals()).toHaveLength(1);
    expect(reads).toBe(2);
  });

  test('makes room for a hook, which then acts instead, unsigned where no key is set', async () => {
    const got: unknown[] = [];
    const hook = await listen((request, response) => {
      void bodyOf(request).then((body) => {
        got.push({
          url: request.url,
          signed: 'x-shhh-signature' in request.headers,
          body: JSON.parse(body) as unknown,
        });
        anthropic.leaked.revoked = true;
        response.writeHead(204).end();
      });
    });
    text = JSON.stringify({ ...right, hooks: { anthropic: { url: `${hook.url}/hooks/anthropic-revoke` } } });
    expect(await revoker().run()).toMatchObject({ status: 'proven_dead' });
    expect(got).toEqual([
      {
        url: '/hooks/anthropic-revoke',
        signed: false,
        body: including({ provider: 'anthropic', action: 'revoke' }),
      },
    ]);
    expect(anthropic.seen.filter(({ effect }) => effect === 'change')).toEqual([]);
    await hook.close();
  });
});
