/**
 * AWS before an emulator's IAM: a server that passes IAM's calls on to it, and answers for STS by the key's status there,
 * since the emulator's own STS takes every key. In its other worlds it strikes as every stand-in does.
 */
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createAwsProvider, hiddenInAwsCredential } from '../../../functions/revocation/adapters/aws-iam.ts';
import { guardSecrets } from '../../../functions/revocation/adapters/guard-secrets.ts';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { awsOptions } from '../emulator-client.ts';
import type { ProviderUnderTest } from './provider-contract.ts';
import { stsError, stsIdentity } from './sts-stand-in.ts';
import { bodyOf, listen, strike, type SeenRequest, type World } from './stand-in.ts';

const ACCOUNT = '000000000000';
const CHANGES = /^(?:Put|Update|Delete|Create|Attach|Detach)/;

export interface AwsUnderTest extends ProviderUnderTest {
  readonly iam: IAMClient;
  readonly userName: string;
  readonly keyId: string;
  /** From now on STS says that the secret is not this key's. */
  mismatch(): void;
  /** A role, and the three parts of a session that somebody took on in it. */
  readonly roleName: string;
  readonly session: string;
}

let number = 0;

/** @param shape whether the key's secret leaked with its id */
export async function openAws(endpoint: string, shape: 'pair' | 'id'): Promise<AwsUnderTest> {
  const direct = new IAMClient(awsOptions(endpoint));
  number += 1;
  const userName = `leaker-${process.pid}-${number}-${shape}`;
  await direct.send(new CreateUserCommand({ UserName: userName }));
  const roleName = `${userName}-role`;
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' }],
  });
  await direct.send(new CreateRoleCommand({ RoleName: roleName, AssumeRolePolicyDocument }));
  const keys = [];
  for (let key = 0; key < 2; key += 1) {
    const { AccessKey } = await direct.send(new CreateAccessKeyCommand({ UserName: userName }));
    keys.push({ id: AccessKey?.AccessKeyId ?? '', secret: AccessKey?.SecretAccessKey ?? '' });
  }
  const [bystander, leaked] = keys;
  if (bystander === undefined || leaked === undefined) throw new Error('no keys were made');
  const statusOf = async (id: string) => {
    const { AccessKeyMetadata: listed = [] } = await direct.send(
      new ListAccessKeysCommand({ UserName: userName }),
    );
    return listed.find((key) => key.AccessKeyId === id)?.Status;
  };

  const seen: SeenRequest[] = [];
  let world: World = 'normal';
  let strayed = 0;
  let lingers = 0;
  let pairHolds = true;
  const elsewhere = await listen((_, response) => {
    strayed += 1;
    response.end();
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const action = new URLSearchParams(body).get('Action') ?? '';
    seen.push({ method: 'POST', path: action, effect: CHANGES.test(action) ? 'change' : 'read' });
    if (strike(world, request, response, body, elsewhere.url)) return;
    const xml = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/xml' }).end(text);
    if (action === 'GetCallerIdentity') {
      const keyId = /Credential=(\w+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
      if (keyId.startsWith('ASIA')) {
        xml(200, stsIdentity(`arn:aws:sts::${ACCOUNT}:assumed-role/${roleName}/an-agent`));
        return;
      }
      if (!pairHolds) {
        xml(403, stsError('SignatureDoesNotMatch'));
        return;
      }
      const lives = (await statusOf(keyId)) === 'Active' || (world === 'slow' && lingers-- > 0);
      if (lives) xml(200, stsIdentity(`arn:aws:iam::${ACCOUNT}:user/${userName}`));
      else xml(403, stsError('InvalidClientTokenId'));
      return;
    }
    if (world === 'denied' && CHANGES.test(action)) {
      xml(403, stsError('AccessDenied'));
      return;
    }
    if (action === 'UpdateAccessKey') lingers = 2;
    const { authorization = '' } = request.headers;
    const passed = await fetch(endpoint, {
      method: 'POST',
      headers: {
        authorization,
        'content-type': request.headers['content-type'] ?? '',
        'x-amz-date': String(request.headers['x-amz-date'] ?? ''),
      },
      body,
    });
    xml(passed.status, await passed.text());
  }

  const server = await listen((request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
  const client = {
    ...awsOptions(server.url),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 400, requestTimeout: 400, throwOnRequestTimeout: true },
  };
  const provider = createAwsProvider({
    iam: new IAMClient(client),
    stsFor: (credentials) => new STSClient({ ...client, credentials }),
    account: ACCOUNT,
    canaryAccounts: { '052310077262': 'canarytokens.org' },
    clock: systemClock,
  });
  return {
    provider: guardSecrets(provider, hiddenInAwsCredential),
    iam: direct,
    userName,
    keyId: leaked.id,
    roleName,
    session: [`ASIA${leaked.id.slice(4)}`, leaked.secret, 't'.repeat(120)].join(':'),
    leaked: shape === 'pair' ? `${leaked.id}:${leaked.secret}` : leaked.id,
    hidden: leaked.secret,
    expected: { id: leaked.id, principal: `user/${userName}`, account: ACCOUNT },
    enter: (next) => {
      world = next;
    },
    isRevoked: async (which) => (await statusOf((which === 'leaked' ? leaked : bystander).id)) !== 'Active',
    async revokeByHand() {
      await direct.send(
        new UpdateAccessKeyCommand({ UserName: userName, AccessKeyId: leaked.id, Status: 'Inactive' }),
      );
    },
    mismatch: () => {
      pairHolds = false;
    },
    seen,
    strayed: () => strayed,
    async close() {
      await Promise.all([server.close(), elsewhere.close()]);
    },
  };
}
