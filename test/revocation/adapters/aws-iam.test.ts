import {
  GetRolePolicyCommand,
  GetUserPolicyCommand,
  ListUserPoliciesCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import type { CredentialIdentity } from '../../../functions/revocation/domain/provider.ts';
import { openAws, type AwsUnderTest } from '../../support/providers/aws-under-test.ts';
import { providerContract, type Traits } from '../../support/providers/provider-contract.ts';

const endpoint = inject('endpoint');
const TRAITS: Traits = {
  deadIdentifiesAs: 'dead',
  secondRevocation: 'already_dead',
  probes: true,
  revokes: true,
  identifiesByCall: true,
  canBeAmbiguous: false,
  canBeDenied: true,
};

providerContract('aws, key and secret', TRAITS, () => openAws(endpoint, 'pair'));
// Without the secret only IAM's own record tells of the key: that has no delay to be seen.
providerContract('aws, the id alone', { ...TRAITS, seesSlowness: false }, () => openAws(endpoint, 'id'));

describe('an AWS session', () => {
  let it: AwsUnderTest;
  beforeEach(async () => {
    it = await openAws(endpoint, 'pair');
  });
  afterEach(() => it.close());

  test('is revoked by denying its role all sessions that were issued before, and can be restored', async () => {
    const secret = new Redacted(it.session);
    const { answer } = await it.provider.identify(secret);
    const id = it.session.slice(0, 20);
    const identity = { id, principal: `role/${it.roleName}`, account: '000000000000' };
    expect(answer).toEqual({ outcome: 'identified', identity });
    expect((await it.provider.usesOf(secret, identity)).answer).toEqual([
      `every session of role ${it.roleName} that was issued so far`,
    ]);
    expect((await it.provider.probe(secret, identity)).answer).toEqual({ outcome: 'live' });

    expect((await it.provider.revoke(secret, identity)).answer).toEqual({ outcome: 'revoked' });
    const { PolicyDocument = '' } = await it.iam.send(
      new GetRolePolicyCommand({ RoleName: it.roleName, PolicyName: `shhh-revocation-${id}` }),
    );
    expect(JSON.parse(decodeURIComponent(PolicyDocument))).toMatchObject({
      Statement: [
        {
          Effect: 'Deny',
          Action: '*',
          Condition: { DateLessThan: { 'aws:TokenIssueTime': expect.any(String) as string } },
        },
      ],
    });
    expect((await it.provider.probe(secret, identity)).answer).toEqual({ outcome: 'dead' });
    expect((await it.provider.revoke(secret, identity)).answer).toEqual({ outcome: 'already_dead' });
    expect((await it.provider.remove?.(identity))?.answer).toMatchObject({ outcome: 'refused' });

    expect((await it.provider.restore?.(identity))?.answer).toEqual({ outcome: 'revoked' });
    expect((await it.provider.probe(secret, identity)).answer).toEqual({ outcome: 'live' });
  });

  test('of which a part is missing is ambiguous', async () => {
    const pair = it.session.split(':').slice(0, 2).join(':');
    expect((await it.provider.identify(new Redacted(pair))).answer).toMatchObject({ outcome: 'ambiguous' });
    expect(it.seen).toEqual([]);
  });
});

describe('an AWS key', () => {
  let it: AwsUnderTest;
  let identity: CredentialIdentity;
  let secret: Redacted;
  beforeEach(async () => {
    it = await openAws(endpoint, 'pair');
    secret = new Redacted(it.leaked);
    identity = { id: it.keyId, principal: `user/${it.userName}`, account: '000000000000' };
  });
  afterEach(() => it.close());

  const policyNames = async () =>
    (await it.iam.send(new ListUserPoliciesCommand({ UserName: it.userName }))).PolicyNames;
  const policy = async () => {
    const { PolicyDocument = '' } = await it.iam.send(
      new GetUserPolicyCommand({ UserName: it.userName, PolicyName: `shhh-revocation-${it.keyId}` }),
    );
    return decodeURIComponent(PolicyDocument);
  };

  test('is contained by a policy that denies its user everything, under a name of its own', async () => {
    await it.iam.send(
      new PutUserPolicyCommand({
        UserName: it.userName,
        PolicyName: 'theirs',
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' }],
        }),
      }),
    );
    expect((await it.provider.contain?.(secret, identity))?.answer).toEqual({ outcome: 'revoked' });
    expect(JSON.parse(await policy())).toMatchObject({
      Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
    });
    expect(await policyNames()).toContain('theirs');
  });

  test("leaves the user's other key its power once it is inactive, but not the sessions that it issued", async () => {
    await it.provider.contain?.(secret, identity);
    await it.provider.revoke(secret, identity);
    expect(JSON.parse(await policy())).toMatchObject({
      Statement: [
        {
          Effect: 'Deny',
          Condition: { DateLessThan: { 'aws:TokenIssueTime': expect.any(String) as string } },
        },
      ],
    });
  });

  test('can be restored, and nothing of the revocation is left', async () => {
    await it.provider.contain?.(secret, identity);
    await it.provider.revoke(secret, identity);
    expect((await it.provider.restore?.(identity))?.answer).toEqual({ outcome: 'revoked' });
    expect(await it.isRevoked('leaked')).toBe(false);
    expect(await policyNames()).toEqual([]);
    expect((await it.provider.probe(secret, identity)).answer).toEqual({ outcome: 'live' });
  });

  test('is deleted only after it was revoked', async () => {
    expect((await it.provider.remove?.(identity))?.answer).toMatchObject({ outcome: 'refused' });
    await it.provider.revoke(secret, identity);
    expect((await it.provider.remove?.(identity))?.answer).toEqual({ outcome: 'revoked' });
    expect((await it.provider.remove?.(identity))?.answer).toEqual({ outcome: 'already_dead' });
    expect((await it.provider.probe(secret, identity)).answer).toEqual({ outcome: 'dead' });
  });

  test('is seen with the other active key that containment would stop', async () => {
    const { answer } = await it.provider.usesOf(secret, identity);
    expect(answer).toEqual([`another active key of ${it.userName}: containment stops it too`]);
  });

  test.each([
    ["of the account's root", { principal: 'root' }],
    ['of another account', { account: '111122223333' }],
    ['of a name that is none', { principal: 'user/../admin' }],
  ])('%s is refused', async (_, differs) => {
    const other = { ...identity, ...differs };
    const before = it.seen.length;
    for (const answer of [
      (await it.provider.contain?.(secret, other))?.answer,
      (await it.provider.revoke(secret, other)).answer,
      (await it.provider.restore?.(other))?.answer,
      (await it.provider.remove?.(other))?.answer,
    ])
      expect(answer).toMatchObject({ outcome: 'refused' });
    expect(it.seen).toHaveLength(before);
  });

  test('that is a canary is recognised offline: no call is made, whatever is asked', async () => {
    const canary = new Redacted(['AKIA', 'AYLPMN5H', 'AAAAAAAA'].join(''));
    const { answer } = await it.provider.identify(canary);
    expect(answer).toEqual({
      outcome: 'identified',
      identity: { id: canary.reveal(), account: '052310077262' },
    });
    const whose = { id: canary.reveal(), account: '052310077262' };
    expect((await it.provider.probe(canary, whose)).answer).toMatchObject({ outcome: 'canary' });
    expect((await it.provider.revoke(canary, whose)).answer).toMatchObject({ outcome: 'refused' });
    expect(it.seen).toEqual([]);
  });

  test('that IAM does not know is not taken for dead: it may be of another account', async () => {
    const foreign = new Redacted(['AKIA', 'SP2TPHJS', 'QH3FJRUX'].join(''));
    expect((await it.provider.identify(foreign)).answer).toEqual({
      outcome: 'ambiguous',
      reason: expect.stringContaining('account 171436882533') as string,
    });
  });

  test('beside which another key’s secret stood is ambiguous', async () => {
    it.mismatch();
    expect((await it.provider.identify(secret)).answer).toEqual({
      outcome: 'ambiguous',
      reason: 'the secret that stood beside the key is not its secret',
    });
  });

  test.each(['x'.repeat(40), 'Y'.repeat(200)])('without its id is ambiguous (%#)', async (half) => {
    expect((await it.provider.identify(new Redacted(half))).answer).toMatchObject({ outcome: 'ambiguous' });
    expect(it.seen).toEqual([]);
  });
});
