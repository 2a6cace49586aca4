import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ActRecorder } from '../audit/act-recorder.ts';
import { IntegrityCheck } from '../audit/integrity-check.ts';
import { Sequencer } from '../audit/sequencer.ts';
import { Health } from '../health/health.ts';
import { DayReport } from '../quarantine/day-report.ts';
import type { DataStack } from './data-stack.ts';
import type { DetectionStack } from './detection-stack.ts';
import type { ResponseStack } from './response-stack.ts';

export interface AssuranceStackProps extends StackProps {
  readonly data: DataStack;
  readonly detection: DetectionStack;
  readonly response: ResponseStack;
}

/** What shows that the rest works. */
export class AssuranceStack extends Stack {
  constructor(scope: Construct, id: string, props: AssuranceStackProps) {
    super(scope, id, props);
    const { foundation, ingest, quarantine, metrics, audit, bus } = props.data;
    const health = new Health(this, 'Health', {
      foundation,
      ingest,
      quarantine,
      entries: props.detection.entries,
      alerts: props.response.alerts,
    });
    new DayReport(this, 'DayReport', { foundation, metrics });
    const sequencer = new Sequencer(this, 'Sequencer', { foundation, log: audit });
    new CfnOutput(this, 'SequencerFunctionName', { value: sequencer.function.functionName });
    new ActRecorder(this, 'ActRecorder', { foundation, log: audit, bus });
    const check = new IntegrityCheck(this, 'IntegrityCheck', { foundation, log: audit, bus });
    new CfnOutput(this, 'VerifyLogFunctionName', { value: check.function.functionName });
    new CfnOutput(this, 'HealthFunctionName', { value: health.function.functionName });
  }
}
