import { ArnFormat, RemovalPolicy, Stack, Validations, type Duration } from 'aws-cdk-lib';
import { Grant, Role, ServicePrincipal, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Alarm, ONE_MINUTE, type RunbookHeading } from './alarm.ts';
import type { Foundation } from './foundation.ts';
import { RETENTION } from './service-function.ts';

export interface WorkflowProps {
  readonly foundation: Foundation;
  /** What its machine is called in the stage, so that a function which it calls may name it. */
  readonly name: string;
  /** In Amazon's States Language, kept plain: what runs it here runs it there. */
  readonly definition: object;
  /** The functions that it calls, and no others. */
  readonly calls: readonly LambdaFunction[];
  readonly timeout: Duration;
  /** Who is hurt when a run breaks, as a sentence. */
  readonly impact: string;
  readonly runbook: {
    /** A run ended in an error. */
    readonly broken: RunbookHeading;
    /** A run was aborted by hand, or ran out of its time. */
    readonly cutOff: RunbookHeading;
  };
}

/**
 * A state machine of the house: its role calls its functions and nothing else, its log holds no data of its states, and
 * alarms fire when a run breaks or is cut off.
 */
export class Workflow extends Construct {
  readonly stateMachine: StateMachine;
  readonly #machineName: string;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    const { foundation, calls } = props;
    const { settings } = foundation;
    this.#machineName = `shhh-${settings.stage}-${props.name}`;
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: this.#machineName,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(JSON.stringify(props.definition)),
      timeout: props.timeout,
      role,
      tracingEnabled: settings.tracing,
      logs: {
        destination: new LogGroup(this, 'Log', {
          // Step Functions finds a group by this beginning without a policy that grows with each machine.
          logGroupName: `/aws/vendedlogs/states/${this.node.addr}`,
          retention: RETENTION[settings.logRetentionDays],
          removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
    });
    if (!settings.tracing)
      Validations.of(this.stateMachine).acknowledge({
        id: 'AwsSolutions-SF2',
        reason: 'Traces are a setting of the stage, as for every function.',
      });
    Grant.addToPrincipal({
      grantee: role,
      resourceArns: calls.map((each) => each.functionArn),
      actions: ['lambda:InvokeFunction'],
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Delivery of logs and traces knows no resource: AWS asks for `*` in these actions.',
    });
    const each = { period: ONE_MINUTE, statistic: 'Sum' } as const;
    const fires = { foundation, fires: { atLeast: 1 }, periods: 1, impact: props.impact };
    new Alarm(this, 'Broken', {
      ...fires,
      metric: this.stateMachine.metricFailed(each),
      action: "Read the run's history and the last error lines of the function that it called.",
      runbook: props.runbook.broken,
    });
    const cutOff = {
      TimedOut: this.stateMachine.metricTimedOut(each),
      Aborted: this.stateMachine.metricAborted(each),
    };
    for (const [how, metric] of Object.entries(cutOff))
      new Alarm(this, how, {
        ...fires,
        metric,
        action:
          'Its record stands where it was: start it again, and find out who or what has cut the run off.',
        runbook: props.runbook.cutOff,
      });
  }

  /** May let a run go on that waits. By the name, for the machine itself depends on the functions that it calls. */
  grantResume(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      resourceArns: [
        Stack.of(this).formatArn({
          service: 'states',
          resource: 'stateMachine',
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          resourceName: this.#machineName,
        }),
      ],
      actions: ['states:SendTaskSuccess'],
    });
  }

  /** May start runs. */
  grantStart(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      resourceArns: [this.stateMachine.stateMachineArn],
      actions: ['states:StartExecution'],
    });
  }
}
