/**
 * Access keys on the emulator's IAM. Its own STS takes every key, so a server in front answers for STS by the key's
 * status in IAM.
 */
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import { createAwsIamRotator, type AwsCredential } from '../../../functions/rotation/adapters/aws-iam.ts';
import { guardRotator } from '../../../functions/rotation/adapters/guard-rotator.ts';
import { awsOptions } from '../emulator-client.ts';
import { bodyOf, listen } from '../providers/stand-in.ts';
import type { RotatorUnderTest } from './rotator-contract.ts';
import { startWay } from './way.ts';

const ACCOUNT = '000000000000';

export interface AwsUnderTest extends RotatorUnderTest {
  readonly iam: IAMClient;
  readonly stsFor: (credential: AwsCredential) => STSClient;
}

export async function openAwsKeys(endpoint: string): Promise<AwsUnderTest> {
  const direct = new IAMClient(awsOptions(endpoint));
  const statusOf = async (AccessKeyId: string): Promise<string | undefined> => {
    const owner = await direct.send(new GetAccessKeyLastUsedCommand({ AccessKeyId })).catch(() => undefined);
    if (owner?.UserName === undefined) return undefined;
    const { AccessKeyMetadata: keys = [] } = await direct.send(
      new ListAccessKeysCommand({ UserName: owner.UserName }),
    );
    return keys.find((key) => key.AccessKeyId === AccessKeyId)?.Status;
  };
  const sts = await listen((request, response) => {
    void (async () => {
      await bodyOf(request);
      const keyId = /Credential=(\w+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const namespace = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';
      response.setHeader('content-type', 'text/xml');
      if ((await statusOf(keyId)) === 'Active')
        response.end(
          `<GetCallerIdentityResponse ${namespace}><GetCallerIdentityResult><Arn>arn:aws:iam::${ACCOUNT}:user/orders</Arn><UserId>AIDA</UserId><Account>${ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
        );
      else
        response
          .writeHead(403)
          .end(
            `<ErrorResponse ${namespace}><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>`,
          );
    })().catch(() => request.socket.destroy());
  });
  const ways = await Promise.all([endpoint, sts.url].map((url) => startWay(Number(new URL(url).port))));
  const [toIam, toSts] = ways.map(({ port }) => `http://127.0.0.1:${port}`);
  const once = { maxAttempts: 1 };
  const iam = new IAMClient({ ...awsOptions(toIam ?? ''), ...once });
  const stsFor = (credentials: AwsCredential) =>
    new STSClient({ ...awsOptions(toSts ?? ''), ...once, credentials });
  return {
    iam: direct,
    stsFor,
    rotator: guardRotator(createAwsIamRotator({ iam, stsFor, clock: systemClock })),
    outage: async (on) => {
      await Promise.all(ways.map((way) => way.outage(on)));
    },
    foreign: (current) =>
      new Redacted(
        JSON.stringify({ ...(JSON.parse(current.reveal()) as object), accessKeyId: 'ASIA/other' }),
      ),
    async issue(seed) {
      const userName = `rotated-${process.pid}-${seed}`;
      await direct.send(new CreateUserCommand({ UserName: userName }));
      const { AccessKey: key } = await direct.send(new CreateAccessKeyCommand({ UserName: userName }));
      const current = {
        accessKeyId: key?.AccessKeyId,
        secretAccessKey: key?.SecretAccessKey,
        region: 'eu-west-1',
      };
      const keys = async () =>
        (await direct.send(new ListAccessKeysCommand({ UserName: userName }))).AccessKeyMetadata ?? [];
      return {
        current: new Redacted(JSON.stringify(current)),
        settings: { userName },
        async works(value) {
          const { accessKeyId } = JSON.parse(value.reveal()) as Record<string, string>;
          return (await keys()).some((one) => one.AccessKeyId === accessKeyId && one.Status === 'Active');
        },
        count: async () => (await keys()).length,
      };
    },
    async close() {
      await Promise.all([sts.close(), ...ways.map((way) => way.close())]);
    },
  };
}

/** As a person does it beside the rotation. */
export async function addKey(
  iam: IAMClient,
  UserName: string,
  Status: 'Active' | 'Inactive',
): Promise<string> {
  const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const AccessKeyId = key?.AccessKeyId ?? '';
  if (Status === 'Inactive') await iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status }));
  return AccessKeyId;
}
