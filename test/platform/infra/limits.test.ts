/** Limits that docs/architecture.md states and only a template holds. */
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, it } from 'vitest';
import { createApp } from '../../../lib/app.ts';

function detectionOf(stage: string): Template {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  const app = createApp({ context: { stage, architecture, 'aws:cdk:bundling-stacks': [] } });
  const stack = app.node.findChild(`shhh-${stage}-detection`);
  if (!Stack.isStack(stack)) throw new Error('The detection stack is not a stack.');
  return Template.fromStack(stack);
}

let dev: Template;
let prod: Template;

beforeAll(() => {
  dev = detectionOf('dev');
  prod = detectionOf('prod');
}, 120_000);

describe('the stated limits', () => {
  it('let an entry wait four days for the detector, five attempts of a minute each', () => {
    dev.hasResourceProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 4 * 86_400,
      VisibilityTimeout: 60,
      RedrivePolicy: { maxReceiveCount: 5 },
    });
  });

  it('give a scan ten seconds and one processor', () => {
    dev.hasResourceProperties('AWS::Lambda::Function', { Timeout: 10, MemorySize: 1769 });
  });

  it('scan with ten functions at once in dev and with fifty in prod', () => {
    const batch = { BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] };
    dev.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      ...batch,
      ScalingConfig: { MaximumConcurrency: 10 },
    });
    prod.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      ...batch,
      ScalingConfig: { MaximumConcurrency: 50 },
    });
  });

  it('let a run of the shipper outlast its minute, and give it time to hand over', () => {
    dev.hasResourceProperties('AWS::Lambda::Function', {
      Timeout: 90,
      Environment: { Variables: { RUN_SECONDS: '65' } },
    });
  });

  it('keep a finding of any severity for 31 days', () => {
    dev.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { RETENTION_DAYS: 'LOW=31,MEDIUM=31,HIGH=31,CRITICAL=31' } },
    });
  });

  it('try a record of the stream ten times more before its place is put aside', () => {
    dev.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      MaximumRetryAttempts: 10,
      BisectBatchOnFunctionError: true,
    });
  });
});
