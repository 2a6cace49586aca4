import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ListTagsOfResourceCommand,
} from '@aws-sdk/client-dynamodb';
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
} from '@aws-sdk/client-s3';
import { documentOf, name, orAbsent, type Reader } from './reader.ts';

export const readTable: Reader = async (TableName, { dynamo }) => {
  const described = await orAbsent(dynamo.send(new DescribeTableCommand({ TableName })));
  const table = described?.Table;
  if (!table) return undefined;
  const [ttl, backups, tags] = await Promise.all([
    dynamo.send(new DescribeTimeToLiveCommand({ TableName })),
    dynamo.send(new DescribeContinuousBackupsCommand({ TableName })),
    dynamo.send(new ListTagsOfResourceCommand({ ResourceArn: table.TableArn })),
  ]);
  const recovery = backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
  return {
    TableName,
    AttributeDefinitions: table.AttributeDefinitions,
    BillingMode: table.BillingModeSummary?.BillingMode ?? 'PROVISIONED',
    DeletionProtectionEnabled: table.DeletionProtectionEnabled ?? false,
    GlobalSecondaryIndexes: table.GlobalSecondaryIndexes,
    KeySchema: table.KeySchema,
    PointInTimeRecoverySpecification: {
      PointInTimeRecoveryEnabled: recovery?.PointInTimeRecoveryStatus === 'ENABLED',
      RecoveryPeriodInDays: recovery?.RecoveryPeriodInDays,
    },
    ProvisionedThroughput: table.ProvisionedThroughput,
    SSESpecification: {
      SSEEnabled: table.SSEDescription?.Status === 'ENABLED',
      SSEType: table.SSEDescription?.SSEType,
      KMSMasterKeyId: table.SSEDescription?.KMSMasterKeyArn,
    },
    StreamSpecification: table.StreamSpecification?.StreamEnabled
      ? { StreamViewType: table.StreamSpecification.StreamViewType }
      : undefined,
    Tags: tags.Tags,
    TimeToLiveSpecification: {
      AttributeName: ttl.TimeToLiveDescription?.AttributeName,
      Enabled: ttl.TimeToLiveDescription?.TimeToLiveStatus === 'ENABLED',
    },
  };
};

export const readBucket: Reader = async (Bucket, { s3 }) => {
  if (!(await orAbsent(s3.send(new HeadBucketCommand({ Bucket }))))) return undefined;
  const [encryption, lifecycle, ownership, tagging, versioning, lock, access] = await Promise.all([
    orAbsent(s3.send(new GetBucketEncryptionCommand({ Bucket }))),
    orAbsent(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))),
    orAbsent(s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))),
    orAbsent(s3.send(new GetBucketTaggingCommand({ Bucket }))),
    s3.send(new GetBucketVersioningCommand({ Bucket })),
    orAbsent(s3.send(new GetObjectLockConfigurationCommand({ Bucket }))),
    orAbsent(s3.send(new GetPublicAccessBlockCommand({ Bucket }))),
  ]);
  return {
    BucketName: Bucket,
    BucketEncryption: encryption && {
      ServerSideEncryptionConfiguration: encryption.ServerSideEncryptionConfiguration?.Rules?.map((rule) => ({
        BucketKeyEnabled: rule.BucketKeyEnabled,
        ServerSideEncryptionByDefault: rule.ApplyServerSideEncryptionByDefault,
      })),
    },
    LifecycleConfiguration: lifecycle && {
      Rules: lifecycle.Rules?.map((rule) => ({
        Id: rule.ID,
        Status: rule.Status,
        Prefix: rule.Filter?.Prefix,
        ExpirationInDays: rule.Expiration?.Days,
        AbortIncompleteMultipartUpload: rule.AbortIncompleteMultipartUpload,
        NoncurrentVersionExpiration: rule.NoncurrentVersionExpiration,
        Transitions: rule.Transitions?.map(({ Days, StorageClass }) => ({
          TransitionInDays: Days,
          StorageClass,
        })),
      })),
    },
    ObjectLockConfiguration: lock?.ObjectLockConfiguration,
    ObjectLockEnabled: lock?.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled',
    OwnershipControls: ownership?.OwnershipControls,
    PublicAccessBlockConfiguration: access?.PublicAccessBlockConfiguration,
    Tags: tagging?.TagSet,
    VersioningConfiguration: { Status: versioning.Status },
  };
};

export const readBucketPolicy: Reader = async (_, { s3 }, asked) => {
  const Bucket = name(asked['Bucket']);
  const policy = await orAbsent(s3.send(new GetBucketPolicyCommand({ Bucket })));
  return policy && { Bucket, PolicyDocument: documentOf(policy.Policy) };
};
