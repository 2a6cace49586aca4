import {
  readEventInvokeConfig,
  readEventSourceMapping,
  readFunction,
  readLayerVersion,
  readPermission,
} from './compute.ts';
import {
  readHttpApi,
  readHttpAuthorizer,
  readHttpIntegration,
  readHttpRoute,
  readHttpStage,
} from './http-api.ts';
import {
  readEventBus,
  readQueue,
  readQueuePolicy,
  readRule,
  readSchedule,
  readSubscription,
  readTopic,
  readTopicPolicy,
} from './messaging.ts';
import { readAlarm, readLogGroup } from './observability.ts';
import type { Reader } from './reader.ts';
import {
  readKey,
  readKeyAlias,
  readManagedPolicy,
  readRole,
  readRolePolicy,
  readSecret,
} from './security.ts';
import { readStateMachine } from './workflow.ts';
import { readBucket, readBucketPolicy, readTable } from './storage.ts';

/** By resource type. A type that is not here makes the check fail: nothing may pass unseen. */
export const READERS: ReadonlyMap<string, Reader> = new Map([
  ['AWS::ApiGatewayV2::Api', readHttpApi],
  ['AWS::ApiGatewayV2::Authorizer', readHttpAuthorizer],
  ['AWS::ApiGatewayV2::Integration', readHttpIntegration],
  ['AWS::ApiGatewayV2::Route', readHttpRoute],
  ['AWS::ApiGatewayV2::Stage', readHttpStage],
  ['AWS::CloudWatch::Alarm', readAlarm],
  ['AWS::DynamoDB::Table', readTable],
  ['AWS::Events::EventBus', readEventBus],
  ['AWS::Events::Rule', readRule],
  ['AWS::IAM::ManagedPolicy', readManagedPolicy],
  ['AWS::IAM::Policy', readRolePolicy],
  ['AWS::IAM::Role', readRole],
  ['AWS::KMS::Alias', readKeyAlias],
  ['AWS::KMS::Key', readKey],
  ['AWS::Lambda::EventInvokeConfig', readEventInvokeConfig],
  ['AWS::Lambda::EventSourceMapping', readEventSourceMapping],
  ['AWS::Lambda::Function', readFunction],
  ['AWS::Lambda::LayerVersion', readLayerVersion],
  ['AWS::Lambda::Permission', readPermission],
  ['AWS::Logs::LogGroup', readLogGroup],
  ['AWS::S3::Bucket', readBucket],
  ['AWS::S3::BucketPolicy', readBucketPolicy],
  ['AWS::Scheduler::Schedule', readSchedule],
  ['AWS::SecretsManager::Secret', readSecret],
  ['AWS::SNS::Subscription', readSubscription],
  ['AWS::SNS::Topic', readTopic],
  ['AWS::SNS::TopicPolicy', readTopicPolicy],
  ['AWS::SQS::Queue', readQueue],
  ['AWS::SQS::QueuePolicy', readQueuePolicy],
  ['AWS::StepFunctions::StateMachine', readStateMachine],
]);
