import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
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
    const { foundation, ingest, quarantine, metrics } = props.data;
    const health = new Health(this, 'Health', {
      foundation,
      ingest,
      quarantine,
      entries: props.detection.entries,
      alerts: props.response.alerts,
    });
    new DayReport(this, 'DayReport', { foundation, metrics });
    new CfnOutput(this, 'HealthFunctionName', { value: health.function.functionName });
  }
}
