import { Duration } from 'aws-cdk-lib';
import {
  Alarm as CloudWatchAlarm,
  ComparisonOperator,
  TreatMissingData,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Construct } from 'constructs';
import type { Foundation } from './foundation.ts';

/** Where a person reads on: a heading of a context's runbook, named like the alarm. */
export type RunbookHeading = `lib/${string}/runbook.md#${string}`;

export interface AlarmProps {
  readonly foundation: Foundation;
  /** With its statistic and period. */
  readonly metric: IMetric;
  /** `at-least`: fires when the metric reaches the threshold; `below`: when it falls under it or is not reported at all. */
  readonly fires: { readonly atLeast: number } | { readonly below: number };
  readonly periods: number;
  /** Who is hurt and how, as a sentence. */
  readonly impact: string;
  /** What to do first, as a sentence. */
  readonly action: string;
  readonly runbook: RunbookHeading;
}

/** An alarm of the house: it says who is hurt, what to do first and where the runbook stands, and tells the operators. */
export class Alarm extends CloudWatchAlarm {
  constructor(scope: Construct, id: string, props: AlarmProps) {
    const { fires } = props;
    super(scope, id, {
      metric: props.metric,
      evaluationPeriods: props.periods,
      ...('atLeast' in fires
        ? {
            threshold: fires.atLeast,
            comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treatMissingData: TreatMissingData.NOT_BREACHING,
          }
        : {
            threshold: fires.below,
            comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
            treatMissingData: TreatMissingData.BREACHING,
          }),
      alarmDescription: `${props.impact} ${props.action} Runbook: ${props.runbook}`,
    });
    const notify = new SnsAction(props.foundation.operationsTopic);
    this.addAlarmAction(notify);
    this.addOkAction(notify);
  }
}

export const ONE_MINUTE = Duration.minutes(1);
