import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

/**
 * Starts a function each minute. A start that fails is not tried again: the next minute's is the retry.
 * A rule, not EventBridge Scheduler: the function's own policy then names this one caller, and no role with a
 * wildcard over the function's versions is needed.
 */
export class EveryMinute extends Rule {
  constructor(
    scope: Construct,
    id: string,
    props: { readonly starts: IFunction; readonly description: string },
  ) {
    super(scope, id, {
      schedule: Schedule.rate(Duration.minutes(1)),
      description: props.description,
      targets: [new LambdaFunction(props.starts, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
  }
}
