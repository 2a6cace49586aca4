import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alerts } from '../alerts/alerts.ts';
import { ReviewDesk } from '../quarantine/review-desk.ts';
import { Revocation } from '../revocation/revocation.ts';
import type { DataStack } from './data-stack.ts';

/** What happens about a finding: people are told, and decide. */
export class ResponseStack extends Stack {
  readonly alerts: Alerts;

  constructor(scope: Construct, id: string, props: StackProps & { readonly data: DataStack }) {
    super(scope, id, props);
    const { foundation, cases, metrics, bus } = props.data;
    this.alerts = new Alerts(this, 'Alerts', { foundation, bus });
    const desk = new ReviewDesk(this, 'ReviewDesk', { foundation, cases, metrics });
    const revocation = new Revocation(this, 'Revocation', {
      foundation,
      table: props.data.revocations,
      evidence: props.data.evidence,
      bus,
    });
    new CfnOutput(this, 'RevocationDeskName', { value: revocation.desk.functionName });
    new CfnOutput(this, 'ReviewFunctionName', { value: desk.function.functionName });
    new CfnOutput(this, 'AlertTopicArn', { value: this.alerts.topic.topicArn });
    new CfnOutput(this, 'AlertFunctionName', { value: this.alerts.function.functionName });
  }
}
