import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alerts } from '../alerts/alerts.ts';
import { RevocationRecorder } from '../quarantine/revocation-recorder.ts';
import { ReviewDesk } from '../quarantine/review-desk.ts';
import { Revocation } from '../revocation/revocation.ts';
import { Rotation } from '../rotation/rotation.ts';
import type { DataStack } from './data-stack.ts';

/** What happens about a finding: people are told, and decide. */
export class ResponseStack extends Stack {
  readonly alerts: Alerts;

  constructor(scope: Construct, id: string, props: StackProps & { readonly data: DataStack }) {
    super(scope, id, props);
    const { foundation, quarantine, cases, metrics, bus, alertState, evidence, revocations } = props.data;
    const { rotations, fingerprintKey } = props.data;
    this.alerts = new Alerts(this, 'Alerts', { foundation, bus, state: alertState });
    const desk = new ReviewDesk(this, 'ReviewDesk', { foundation, quarantine, cases, metrics });
    new RevocationRecorder(this, 'RevocationRecorder', { foundation, bus, cases, metrics });
    const rotation = new Rotation(this, 'Rotation', { foundation, table: rotations, bus, fingerprintKey });
    const revocation = new Revocation(this, 'Revocation', {
      ...{ foundation, table: revocations, evidence, bus },
      notice: rotation.notice,
    });
    new CfnOutput(this, 'RotationDeskName', { value: rotation.desk.functionName });
    new CfnOutput(this, 'RotationFunctionArn', { value: rotation.plain.functionArn });
    new CfnOutput(this, 'RevocationDeskName', { value: revocation.desk.functionName });
    new CfnOutput(this, 'RevocationApiUrl', { value: revocation.deskApi.api.apiEndpoint });
    new CfnOutput(this, 'RevocationProviderSettingsArn', { value: revocation.providerSettings.secretArn });
    new CfnOutput(this, 'RevocationSlackSettingsArn', {
      value: revocation.deskApi.slackSettings.secretArn,
    });
    new CfnOutput(this, 'ReviewFunctionName', { value: desk.function.functionName });
    new CfnOutput(this, 'AlertTopicArn', { value: this.alerts.topic.topicArn });
    new CfnOutput(this, 'EvaluateFunctionName', { value: this.alerts.evaluate.functionName });
    for (const [name, { settings }] of Object.entries(this.alerts.channels))
      if (settings) new CfnOutput(this, `${name}SettingsArn`, { value: settings.secretArn });
  }
}
