/** AWS clients, configured once: bounded waits and adaptive retries; `AWS_ENDPOINT_URL` is honoured by the SDK itself. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

const bounded = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 },
};

/** For libraries that speak DynamoDB's own notation; else {@link createDynamo}. */
export const createPlainDynamo = (): DynamoDBClient => new DynamoDBClient(bounded);
export const createDynamo = (): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(createPlainDynamo(), {
    marshallOptions: { removeUndefinedValues: true },
  });
export const createEventBridge = (): EventBridgeClient => new EventBridgeClient(bounded);
export const createKms = (): KMSClient => new KMSClient(bounded);
export const createSns = (): SNSClient => new SNSClient(bounded);
export const createSqs = (): SQSClient => new SQSClient(bounded);
export const createStepFunctions = (): SFNClient => new SFNClient(bounded);
