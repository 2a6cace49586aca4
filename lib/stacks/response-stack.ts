import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alerts } from '../alerts/alerts.ts';
import type { DataStack } from './data-stack.ts';

/** What happens about a finding: today, people are told. */
export class ResponseStack extends Stack {
  readonly alerts: Alerts;

  constructor(scope: Construct, id: string, props: StackProps & { readonly data: DataStack }) {
    super(scope, id, props);
    const { foundation, bus } = props.data;
    this.alerts = new Alerts(this, 'Alerts', { foundation, bus });
    new CfnOutput(this, 'AlertTopicArn', { value: this.alerts.topic.topicArn });
    new CfnOutput(this, 'AlertFunctionName', { value: this.alerts.function.functionName });
  }
}
