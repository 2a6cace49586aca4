/** Tests an access key: whose it is, and that it may do one thing that the policy names, by calls that change nothing. */
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import type { TestOutcome, Verifier } from '../domain/ports.ts';
import { awsFault, readAwsSecret, type AwsCredential } from './aws-iam.ts';
import { recordCalls } from './recorded-calls.ts';

const settingsSchema = z.strictObject({
  idField: z.string().min(1).default('accessKeyId'),
  secretField: z.string().min(1).default('secretAccessKey'),
  region: z
    .string()
    .regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/)
    .optional(),
  /** Whose the key has to be. */
  arn: z.string().startsWith('arn:').optional(),
  /** What it has to be allowed: `s3:ListBucket`, `sqs:GetQueueAttributes` or `dynamodb:DescribeTable` on this. */
  may: z
    .discriminatedUnion('service', [
      z.strictObject({ service: z.literal('s3'), bucket: z.string().min(3).max(63) }),
      z.strictObject({ service: z.literal('sqs'), queueUrl: z.url() }),
      z.strictObject({ service: z.literal('dynamodb'), table: z.string().min(3).max(255) }),
    ])
    .optional(),
});
type Permission = NonNullable<z.infer<typeof settingsSchema>['may']>;

export interface AwsVerifierOptions {
  readonly stsFor: (credential: AwsCredential) => STSClient;
  readonly clock: Clock;
}

const failed = (reason: string): TestOutcome => ({ outcome: 'failed', reason });
const BOUNDS = { maxAttempts: 2, requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000 } };

export function createAwsVerifier({ stsFor, clock }: AwsVerifierOptions): Verifier {
  return {
    kind: 'aws',
    settings: settingsSchema,
    documentation: 'https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html',
    async run({ settings: given, value }) {
      const settings = settingsSchema.parse(given);
      const credential = readAwsSecret(value, settings);
      if (!credential.ok) return { answer: failed(credential.error), calls: [] };
      const { arn, may, region } = settings;
      return recordCalls<TestOutcome>(
        clock,
        awsFault,
        async (call) => {
          const caller = await call('AWS sts:GetCallerIdentity', () =>
            stsFor(credential.value).send(new GetCallerIdentityCommand({})),
          );
          if (arn !== undefined && caller.Arn !== arn)
            return failed('the key belongs to somebody else than the policy says');
          if (may !== undefined)
            await call(`AWS ${may.service}: the policy's permission`, () =>
              attempt(may, {
                ...BOUNDS,
                credentials: credential.value,
                ...(region !== undefined && { region }),
              }),
            );
          return { outcome: 'passed' };
        },
        ({ code }) => {
          if (code === 'InvalidClientTokenId' || code === 'SignatureDoesNotMatch')
            return failed(`AWS does not take this key (${code})`);
          return /AccessDenied|Forbidden|^403$|NotFound|NoSuchBucket|ResourceNotFound|NonExistentQueue|QueueDoesNotExist/.test(
            code,
          )
            ? failed(`AWS: ${code}, the key may not do what the policy asks of it`)
            : undefined;
        },
      );
    },
  };
}

function attempt(may: Permission, config: Parameters<typeof clientFor>[1]): Promise<unknown> {
  return clientFor(may, config)();
}

function clientFor(
  may: Permission,
  config: typeof BOUNDS & { readonly credentials: AwsCredential; readonly region?: string },
): () => Promise<unknown> {
  switch (may.service) {
    case 's3':
      return () =>
        new S3Client({ ...config, forcePathStyle: true }).send(new HeadBucketCommand({ Bucket: may.bucket }));
    case 'sqs':
      return () =>
        new SQSClient(config).send(
          new GetQueueAttributesCommand({ QueueUrl: may.queueUrl, AttributeNames: ['QueueArn'] }),
        );
    case 'dynamodb':
      return () => new DynamoDBClient(config).send(new DescribeTableCommand({ TableName: may.table }));
  }
}
