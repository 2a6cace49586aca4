import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { randomBytes } from 'node:crypto';
import type { AuditPolicy } from '../../contracts/audit-policy.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createLambda, createS3 } from '../../platform/aws.ts';
import type { Intake } from '../domain/take-in.ts';
import { createDynamoOutbox } from './dynamo-outbox.ts';
import { createLambdaSecretSearch } from './lambda-secret-search.ts';
import { createS3Beside } from './s3-beside.ts';

export interface AwsIntakeOptions {
  readonly policy: AuditPolicy;
  readonly dynamo: DynamoDBDocumentClient;
  /** Table of what waits for the log. */
  readonly table: string;
  readonly besideBucket: string;
  /** Function of detection that says where secrets stand. */
  readonly findSecrets: string;
}

/** The way into the log as it is deployed; whoever takes acts in does it through this. */
export const createAwsIntake = (options: AwsIntakeOptions): Intake => ({
  policy: options.policy,
  inbox: createDynamoOutbox({ client: options.dynamo, tableName: options.table, clock: systemClock }),
  secrets: createLambdaSecretSearch(createLambda(), options.findSecrets),
  beside: createS3Beside(createS3(), options.besideBucket),
  clock: systemClock,
  salt: () => randomBytes(32),
});
