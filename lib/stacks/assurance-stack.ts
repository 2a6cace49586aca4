import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ActRecorder } from '../audit/act-recorder.ts';
import { ActsEndpoint } from '../audit/acts-endpoint.ts';
import { IntegrityCheck } from '../audit/integrity-check.ts';
import { Sequencer } from '../audit/sequencer.ts';
import { Sweeper } from '../audit/sweeper.ts';
import { Health } from '../health/health.ts';
import { DayReport } from '../quarantine/day-report.ts';
import { Reporter } from '../reports/reporter.ts';
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
    const { foundation, ingest, quarantine, metrics, audit, beside, auditKeys, bus, archive, evidence } =
      props.data;
    const health = new Health(this, 'Health', {
      foundation,
      ingest,
      quarantine,
      entries: props.detection.entries,
      alerts: props.response.alerts,
    });
    new DayReport(this, 'DayReport', { foundation, metrics });
    const sequencer = new Sequencer(this, 'Sequencer', { foundation, log: audit, bus });
    new CfnOutput(this, 'SequencerFunctionName', { value: sequencer.function.functionName });
    const findSecrets = props.detection.secretSearch.function;
    new ActRecorder(this, 'ActRecorder', { foundation, log: audit, bus, beside, findSecrets });
    const acts = new ActsEndpoint(this, 'ActsEndpoint', {
      ...{ foundation, log: audit, beside, findSecrets },
      keys: auditKeys,
    });
    new CfnOutput(this, 'AuditApiId', { value: acts.api.apiId });
    new CfnOutput(this, 'AuditEndpoint', { value: acts.api.apiEndpoint });
    new Sweeper(this, 'Sweeper', { foundation, beside });
    const check = new IntegrityCheck(this, 'IntegrityCheck', { foundation, log: audit, bus });
    const reporter = new Reporter(this, 'Reporter', {
      ...{ foundation, log: audit, archive, bus },
      stacks: [props.data, props.detection, props.response, this].map(({ stackName }) => stackName),
      expiringTables: [quarantine.table.tableName],
      passingTables: [evidence.table.tableName],
    });
    new CfnOutput(this, 'ReportFunctionName', { value: reporter.function.functionName });
    new CfnOutput(this, 'VerifyLogFunctionName', { value: check.function.functionName });
    new CfnOutput(this, 'HealthFunctionName', { value: health.function.functionName });
  }
}
