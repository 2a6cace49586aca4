/**
 * STS before an emulator's IAM, for the whole system: it answers `GetCallerIdentity` by the key's status that it finds
 * there, and only who signed with the key's secret. The emulator's own STS takes every key, and the secrets that it
 * issues have the form of a commit's hash, which detection passes over rightly: so the secret is held here. Of keys that
 * rotation has made, it is the one that stands in Secrets Manager.
 */
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { awsOptions } from '../emulator-client.ts';
import { bodyOf, listen } from './stand-in.ts';

const ACCOUNT = '000000000000';
const XMLNS = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** An error as STS answers it. */
export const stsError = (code: string): string =>
  `<ErrorResponse xmlns="${XMLNS}"><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`;
/** Who asks, as STS answers it. */
export const stsIdentity = (arn: string): string =>
  `<GetCallerIdentityResponse xmlns="${XMLNS}"><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>AIDA</UserId><Account>${ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

/** A key that works. */
export interface LeakableKey {
  readonly userName: string;
  readonly keyId: string;
  readonly secretKey: string;
}

export interface StsStandIn {
  readonly url: string;
  /** Each call with what it was answered, in order. */
  readonly asked: readonly { readonly keyId: string; readonly answer: string }[];
  /** A user of this name in the emulator's IAM, with one key that works. */
  createKey(userName: string): Promise<LeakableKey>;
  /** The same, and the key is published as this secret, under which rotation has its successors. */
  createManagedKey(userName: string, secretId: string): Promise<LeakableKey>;
  /** What IAM says of the key now. */
  statusOf(key: Pick<LeakableKey, 'userName' | 'keyId'>): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Tries for an id of AWS's form: some one in twenty of the emulator's is, whose characters are hexadecimal digits. */
const MAX_TRIES = 2_000;

/**
 * @param endpoint of the emulator whose IAM holds the keys
 * @param port where the deployed system looks for it; a free one by default
 */
export async function startSts(endpoint: string, port = 0): Promise<StsStandIn> {
  const iam = new IAMClient(awsOptions(endpoint));
  const secretsManager = new SecretsManagerClient(awsOptions(endpoint));
  const keys = new Map<string, LeakableKey>();
  /** Managed secrets, with whose keys they hold. */
  const managed = new Map<string, string>();
  const asked: { keyId: string; answer: string }[] = [];

  async function statusOf({
    userName,
    keyId,
  }: Pick<LeakableKey, 'userName' | 'keyId'>): Promise<string | undefined> {
    const { AccessKeyMetadata: listed = [] } = await iam.send(
      new ListAccessKeysCommand({ UserName: userName }),
    );
    return listed.find((each) => each.AccessKeyId === keyId)?.Status;
  }

  /** A key that rotation has made and stored. */
  async function successor(keyId: string): Promise<LeakableKey | undefined> {
    for (const [SecretId, userName] of managed)
      for (const VersionStage of ['AWSPENDING', 'AWSCURRENT']) {
        const { SecretString = '' } = await secretsManager
          .send(new GetSecretValueCommand({ SecretId, VersionStage }))
          .catch(() => ({ SecretString: '{}' }));
        const { accessKeyId, secretAccessKey = '' } = JSON.parse(SecretString) as Record<string, string>;
        if (accessKeyId !== keyId) continue;
        const key = { userName, keyId, secretKey: secretAccessKey };
        keys.set(keyId, key);
        return key;
      }
    return undefined;
  }

  async function refusalOf(
    request: IncomingMessage,
    body: string,
    keyId: string,
  ): Promise<string | undefined> {
    const key = keys.get(keyId) ?? (await successor(keyId));
    if (key === undefined || (await statusOf(key)) !== 'Active') return 'InvalidClientTokenId';
    return isSignedWith(key.secretKey, request, body) ? undefined : 'SignatureDoesNotMatch';
  }

  const server = await listen((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const keyId = /Credential=(\w+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const refusal = await refusalOf(request, body, keyId);
      asked.push({ keyId, answer: refusal ?? '200' });
      response
        .writeHead(refusal === undefined ? 200 : 403, { 'content-type': 'text/xml' })
        .end(
          refusal === undefined
            ? stsIdentity(`arn:aws:iam::${ACCOUNT}:user/${keys.get(keyId)?.userName}`)
            : stsError(refusal),
        );
    })().catch(() => request.socket.destroy());
  }, port);

  async function createKey(userName: string): Promise<LeakableKey> {
    await iam.send(new CreateUserCommand({ UserName: userName }));
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: userName }));
      const keyId = AccessKey?.AccessKeyId ?? '';
      if (hasForm(keyId)) {
        const secretKey = randomBytes(30).toString('base64');
        const key = { userName, keyId, secretKey };
        keys.set(keyId, key);
        return key;
      }
      await iam.send(new DeleteAccessKeyCommand({ UserName: userName, AccessKeyId: keyId }));
    }
    throw new Error('The emulator made no key whose id has the form of an AWS key’s.');
  }

  return {
    url: server.url,
    asked,
    statusOf,
    createKey,
    async createManagedKey(userName, secretId) {
      const key = await createKey(userName);
      managed.set(secretId, userName);
      const value = { accessKeyId: key.keyId, secretAccessKey: key.secretKey };
      await secretsManager.send(
        new CreateSecretCommand({ Name: secretId, SecretString: JSON.stringify(value) }),
      );
      return key;
    },
    close: () => server.close(),
  };
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base32 in its first ten characters, with an account of twelve digits in bits 1 to 40. */
function hasForm(keyId: string): boolean {
  let bits = 0n;
  for (const character of keyId.slice(4, 14)) {
    const value = BASE32.indexOf(character);
    if (value < 0) return false;
    bits = bits * 32n + BigInt(value);
  }
  return ((bits >> 9n) & ((1n << 40n) - 1n)) < 1_000_000_000_000n;
}

/** Signature version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
function isSignedWith(secretKey: string, request: IncomingMessage, body: string): boolean {
  const { authorization = '', 'x-amz-date': date = '' } = request.headers;
  const [, scope = '', signedHeaders = '', signature] =
    /Credential=\w+\/(\S+), ?SignedHeaders=(\S+), ?Signature=([0-9a-f]{64})/.exec(authorization) ?? [];
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const headers = signedHeaders.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, path, query, headers.join(''), signedHeaders, sha256(body)].join('\n');
  const key = scope
    .split('/')
    .reduce<string | Buffer>(
      (parent, part) => createHmac('sha256', parent).update(part).digest(),
      `AWS4${secretKey}`,
    );
  const text = ['AWS4-HMAC-SHA256', String(date), scope, sha256(canonical)].join('\n');
  return createHmac('sha256', key).update(text).digest('hex') === signature;
}

/** An agent's entry in which somebody has printed the environment: it holds the key. */
export function entryWith({ keyId, secretKey }: LeakableKey, agent: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: 'task_failed',
      timestamp: new Date().toISOString(),
      author: agent,
      data: { env: { AWS_ACCESS_KEY_ID: keyId, AWS_SECRET_ACCESS_KEY: secretKey } },
    }),
  );
}

/** A port that is free now, for a stand-in that starts later. */
export async function freePort(): Promise<number> {
  const { url, close } = await listen(() => undefined);
  await close();
  return Number(new URL(url).port);
}
