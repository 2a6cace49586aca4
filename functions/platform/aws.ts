/** AWS clients, configured once: bounded waits and adaptive retries; `AWS_ENDPOINT_URL` is honoured by the SDK itself. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

const bounded = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 },
};

export const createDynamo = (): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(new DynamoDBClient(bounded), {
    marshallOptions: { removeUndefinedValues: true },
  });
export const createEventBridge = (): EventBridgeClient => new EventBridgeClient(bounded);
export const createKms = (): KMSClient => new KMSClient(bounded);
export const createLambda = (): LambdaClient =>
  new LambdaClient({ ...bounded, requestHandler: { connectionTimeout: 2_000, requestTimeout: 20_000 } });
export const createS3 = (): S3Client =>
  new S3Client({ ...bounded, requestHandler: { connectionTimeout: 2_000, requestTimeout: 15_000 } });
export const createSecretsManager = (): SecretsManagerClient => new SecretsManagerClient(bounded);
export const createSes = (): SESv2Client => new SESv2Client(bounded);
export const createSns = (): SNSClient => new SNSClient(bounded);
export const createSqs = (): SQSClient => new SQSClient(bounded);
export const createStepFunctions = (): SFNClient => new SFNClient(bounded);
export const createCloudFormation = (): CloudFormationClient => new CloudFormationClient(bounded);
export const createCloudWatch = (): CloudWatchClient => new CloudWatchClient(bounded);
export const createLogs = (): CloudWatchLogsClient => new CloudWatchLogsClient(bounded);
export const createIam = (): IAMClient => new IAMClient(bounded);
/** Signs with these credentials and with no others. */
export const createSts = (
  credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  },
  endpoint?: string,
): STSClient => new STSClient({ ...bounded, credentials, ...(endpoint !== undefined && { endpoint }) });
