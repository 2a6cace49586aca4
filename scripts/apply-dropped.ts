/**
 * Applies through the emulator's API what its CloudFormation dropped from a template, and nothing else: only what
 * the check found missing, with the values that the template asks for. Called after each local deploy.
 */
import { UpdateStageCommand } from '@aws-sdk/client-apigatewayv2';
import {
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { TagResourceCommand } from '@aws-sdk/client-lambda';
import {
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketTaggingCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  TransitionStorageClass,
} from '@aws-sdk/client-s3';
import { UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { SetTopicAttributesCommand } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { createClients, type Clients } from './verify/clients.ts';
import { compareDeployed } from './verify/differences.ts';
import type { Properties } from './verify/readers/reader.ts';

/** Applies one property of a resource. @param resource all that is asked of it, where its id alone does not name it */
type Applier = (id: string, asked: unknown, clients: Clients, resource: Properties) => Promise<unknown>;

const RouteSettings = z.strictObject({
  ThrottlingBurstLimit: z.number().optional(),
  ThrottlingRateLimit: z.number().optional(),
});
const Tags = z.array(z.object({ Key: z.string(), Value: z.string() }));
const TimeToLive = z.object({ AttributeName: z.string(), Enabled: z.boolean() });
const Recovery = z.object({ PointInTimeRecoveryEnabled: z.boolean() });
const TableEncryption = z.object({
  SSEEnabled: z.boolean(),
  SSEType: z.literal('KMS'),
  KMSMasterKeyId: z.string(),
});
const BucketEncryption = z.object({
  ServerSideEncryptionConfiguration: z.array(
    z.object({
      BucketKeyEnabled: z.boolean().optional(),
      ServerSideEncryptionByDefault: z.object({
        SSEAlgorithm: z.enum(['AES256', 'aws:kms']),
        KMSMasterKeyID: z.string().optional(),
      }),
    }),
  ),
});
const Lifecycle = z.object({
  Rules: z.array(
    z.strictObject({
      Id: z.string().optional(),
      Status: z.enum(['Enabled', 'Disabled']),
      Prefix: z.string().default(''),
      ExpirationInDays: z.number().optional(),
      Transitions: z
        .array(z.strictObject({ StorageClass: z.enum(TransitionStorageClass), TransitionInDays: z.number() }))
        .optional(),
      NoncurrentVersionExpiration: z.object({ NoncurrentDays: z.number() }).optional(),
      AbortIncompleteMultipartUpload: z.object({ DaysAfterInitiation: z.number() }).optional(),
    }),
  ),
});
const ObjectLock = z.object({
  ObjectLockEnabled: z.literal('Enabled'),
  Rule: z
    .object({
      DefaultRetention: z.object({
        Mode: z.enum(['GOVERNANCE', 'COMPLIANCE']),
        Days: z.number().optional(),
        Years: z.number().optional(),
      }),
    })
    .optional(),
});
const PublicAccess = z.object({
  BlockPublicAcls: z.boolean(),
  BlockPublicPolicy: z.boolean(),
  IgnorePublicAcls: z.boolean(),
  RestrictPublicBuckets: z.boolean(),
});

const Logging = z.strictObject({
  Destinations: z.array(
    z.strictObject({ CloudWatchLogsLogGroup: z.strictObject({ LogGroupArn: z.string() }) }),
  ),
  IncludeExecutionData: z.boolean(),
  Level: z.enum(['ALL', 'ERROR', 'FATAL', 'OFF']),
});

/** By resource type and property. */
const APPLIERS: ReadonlyMap<string, Applier> = new Map<string, Applier>([
  [
    'AWS::ApiGatewayV2::Stage.DefaultRouteSettings',
    (StageName, asked, { httpApis }, { ApiId }) =>
      httpApis.send(
        new UpdateStageCommand({
          ApiId: z.string().parse(ApiId),
          StageName,
          DefaultRouteSettings: RouteSettings.parse(asked),
        }),
      ),
  ],
  [
    'AWS::DynamoDB::Table.TimeToLiveSpecification',
    (TableName, asked, { dynamo }) =>
      dynamo.send(
        new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: TimeToLive.parse(asked) }),
      ),
  ],
  [
    'AWS::DynamoDB::Table.PointInTimeRecoverySpecification',
    (TableName, asked, { dynamo }) =>
      dynamo.send(
        new UpdateContinuousBackupsCommand({
          TableName,
          PointInTimeRecoverySpecification: Recovery.parse(asked),
        }),
      ),
  ],
  [
    'AWS::DynamoDB::Table.SSESpecification',
    (TableName, asked, { dynamo }) => {
      const { SSEEnabled, ...rest } = TableEncryption.parse(asked);
      return dynamo.send(
        new UpdateTableCommand({ TableName, SSESpecification: { Enabled: SSEEnabled, ...rest } }),
      );
    },
  ],
  [
    'AWS::Lambda::EventSourceMapping.Tags',
    (UUID, asked, { lambda, region, account }) =>
      lambda.send(
        new TagResourceCommand({
          Resource: `arn:aws:lambda:${region}:${account}:event-source-mapping:${UUID}`,
          Tags: Object.fromEntries(Tags.parse(asked).map(({ Key, Value }) => [Key, Value])),
        }),
      ),
  ],
  [
    'AWS::S3::Bucket.BucketEncryption',
    (Bucket, asked, { s3 }) =>
      s3.send(
        new PutBucketEncryptionCommand({
          Bucket,
          ServerSideEncryptionConfiguration: {
            Rules: BucketEncryption.parse(asked).ServerSideEncryptionConfiguration.map((rule) => ({
              BucketKeyEnabled: rule.BucketKeyEnabled,
              ApplyServerSideEncryptionByDefault: rule.ServerSideEncryptionByDefault,
            })),
          },
        }),
      ),
  ],
  [
    'AWS::S3::Bucket.LifecycleConfiguration',
    (Bucket, asked, { s3 }) =>
      s3.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket,
          LifecycleConfiguration: {
            Rules: Lifecycle.parse(asked).Rules.map(
              ({ Id, Prefix, ExpirationInDays, Transitions, ...rule }) => ({
                ...rule,
                ID: Id,
                Filter: { Prefix },
                ...(ExpirationInDays === undefined ? {} : { Expiration: { Days: ExpirationInDays } }),
                Transitions: Transitions?.map(({ StorageClass, TransitionInDays }) => ({
                  StorageClass,
                  Days: TransitionInDays,
                })),
              }),
            ),
          },
        }),
      ),
  ],
  [
    'AWS::S3::Bucket.ObjectLockConfiguration',
    (Bucket, asked, { s3 }) =>
      s3.send(
        new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: ObjectLock.parse(asked) }),
      ),
  ],
  [
    'AWS::S3::Bucket.PublicAccessBlockConfiguration',
    (Bucket, asked, { s3 }) =>
      s3.send(
        new PutPublicAccessBlockCommand({
          Bucket,
          PublicAccessBlockConfiguration: PublicAccess.parse(asked),
        }),
      ),
  ],
  [
    'AWS::S3::Bucket.Tags',
    (Bucket, asked, { s3 }) =>
      s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: Tags.parse(asked) } })),
  ],
  [
    'AWS::SNS::Topic.KmsMasterKeyId',
    (TopicArn, asked, { sns }) =>
      sns.send(
        new SetTopicAttributesCommand({
          TopicArn,
          AttributeName: 'KmsMasterKeyId',
          AttributeValue: z.string().parse(asked),
        }),
      ),
  ],
  [
    'AWS::StepFunctions::StateMachine.LoggingConfiguration',
    (stateMachineArn, asked, { sfn }) => {
      const { Destinations, IncludeExecutionData, Level } = Logging.parse(asked);
      return sfn.send(
        new UpdateStateMachineCommand({
          stateMachineArn,
          loggingConfiguration: {
            level: Level,
            includeExecutionData: IncludeExecutionData,
            destinations: Destinations.map(({ CloudWatchLogsLogGroup: { LogGroupArn: logGroupArn } }) => ({
              cloudWatchLogsLogGroup: { logGroupArn },
            })),
          },
        }),
      );
    },
  ],
]);

export interface Applied {
  readonly path: string;
  readonly property: string;
}

/**
 * Brings what was dropped, where the emulator's API can hold it; the rest is for the check to tell.
 * @returns what was applied
 */
export async function applyDropped(target: {
  readonly endpoint: string;
  readonly assemblyDir: string;
}): Promise<Applied[]> {
  const clients = createClients(target.endpoint);
  const { differences } = await compareDeployed(target.endpoint, target.assemblyDir);
  const applied = new Map<string, Applied>();
  for (const { resource, property } of differences) {
    const root = property.split('.')[0] ?? '';
    const apply = APPLIERS.get(`${resource.type}.${root}`);
    const key = `${resource.path}.${root}`;
    if (!apply || applied.has(key)) continue;
    await apply(resource.physicalId, resource.asked[root], clients, resource.asked);
    applied.set(key, { path: resource.path, property: root });
  }
  return [...applied.values()];
}
