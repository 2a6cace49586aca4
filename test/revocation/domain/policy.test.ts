import { describe, expect, test } from 'vitest';
import { protectionOf, responsePolicy, verdictOf } from '../../../functions/revocation/domain/policy.ts';
import { aPolicy } from '../../support/revocation-builder.ts';

const leak = {
  provider: 'fake',
  secretType: 'fake-token',
  severity: 'CRITICAL',
  environment: 'prod',
} as const;

describe('the verdict', () => {
  const policy = aPolicy({
    dryRun: ['dev'],
    rules: [
      { name: 'low', severities: ['LOW', 'MEDIUM'], response: 'notify_only' },
      { name: 'prod-payments', providers: ['stripe'], environments: ['prod'], response: 'approve_first' },
      { name: 'rest', response: 'auto' },
    ],
  });

  test('is the first rule that fits in every respect', () => {
    expect(verdictOf(policy, leak)).toEqual({ response: 'auto', rule: 'rest', dryRun: false });
    expect(verdictOf(policy, { ...leak, severity: 'LOW' }).rule).toBe('low');
    expect(verdictOf(policy, { ...leak, provider: 'stripe' }).response).toBe('approve_first');
    expect(verdictOf(policy, { ...leak, provider: 'stripe', environment: 'local' }).rule).toBe('rest');
  });

  test('says where everything is only tried', () => {
    expect(verdictOf(policy, { ...leak, environment: 'dev' }).dryRun).toBe(true);
  });
});

describe('the protected list', () => {
  const policy = aPolicy({
    protected: [
      { provider: 'aws', principal: 'user/break-glass*', why: 'the way in' },
      { provider: 'aws', principal: 'shhh-deploy', account: '111111111111', why: 'deploys this system' },
      { provider: 'github', id: '42', why: 'the bot' },
    ],
  });
  const user = (name: string, account = '111111111111') => ({
    id: 'k',
    account,
    principal: `arn:aws:iam::${account}:user/${name}`,
  });

  test('holds by name, by the end of an ARN and by the beginning of a name', () => {
    expect(protectionOf(policy, 'aws', user('break-glass-2')).is).toBe('protected');
    expect(protectionOf(policy, 'aws', user('shhh-deploy')).is).toBe('protected');
    expect(protectionOf(policy, 'aws', { ...user(''), principal: 'shhh-deploy' }).is).toBe('protected');
    expect(protectionOf(policy, 'github', { id: '42' }).is).toBe('protected');
  });

  test('does not hold for another account, another provider, or a name that only begins alike', () => {
    expect(protectionOf(policy, 'aws', user('shhh-deploy', '222222222222')).is).toBe('unprotected');
    expect(protectionOf(policy, 'gitlab', { id: '42' }).is).toBe('unprotected');
    expect(protectionOf(policy, 'aws', user('shhh-deployer')).is).toBe('unprotected');
  });

  test('has every root on it, whatever is written there', () => {
    const none = aPolicy({ protected: [] });
    for (const principal of ['root', '<root>', 'arn:aws:iam::111111111111:root', 'user/root', 'root_account'])
      expect(protectionOf(none, 'aws', { id: 'k', principal }).is, principal).toBe('protected');
    expect(protectionOf(none, 'aws', { id: 'k', principal: 'grassroot' }).is).toBe('unprotected');
  });

  test('never calls a credential unprotected whose owner it does not know', () => {
    expect(protectionOf(policy, 'aws', { id: 'k' }).is).toBe('unknown');
    expect(protectionOf(policy, 'aws', { id: 'k', account: '333333333333' }).is).toBe('unknown');
    expect(protectionOf(policy, 'github', { id: '43' }).is).toBe('unprotected');
  });
});

describe('a policy', () => {
  const problemsOf = (change: Record<string, unknown>) => {
    const whole = { ...aPolicy(), ...change };
    return responsePolicy.safeParse(whole).error?.issues.map(({ message }) => message) ?? [];
  };

  test('is refused without a last rule for everything, and with a rule that is never read', () => {
    expect(problemsOf({ rules: [{ name: 'a', severities: ['LOW'], response: 'auto' }] })).toEqual([
      'the last rule must fit everything: give it a name and a response only',
    ]);
    expect(
      problemsOf({
        rules: [
          { name: 'a', response: 'auto' },
          { name: 'b', response: 'auto' },
        ],
      }),
    ).toEqual([
      'it fits everything, so the rules below it would never be read: narrow it, or make it the last',
    ]);
  });

  test('is refused with a protection that names nobody, or everybody', () => {
    expect(problemsOf({ protected: [{ provider: 'aws', why: 'x' }] })).toEqual([
      'says of nobody that it is protected: add a principal, an id or an account',
    ]);
    expect(problemsOf({ protected: [{ provider: 'aws', principal: '*', why: 'x' }] })).toEqual([
      'a star may stand at the end only, and not alone: write how it begins, such as break-glass*',
    ]);
  });
});
