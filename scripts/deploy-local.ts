/** `npm run deploy:local`: the CDK application onto an emulator, by the same CLI and templates as into the cloud. */
import { z } from 'zod';
import { applyDropped } from './apply-dropped.ts';
import { withDeployed } from './local/cdk.ts';
import { setup } from './setup.ts';
import type { Log } from './support/project.ts';
import { startStopwatch } from './support/stopwatch.ts';
import { assertAsAsked, describe, verifyDeploy } from './verify-deploy.ts';

/** What the stacks tell of themselves, across all of them. */
const StackOutputs = z.object({
  AlertStateTableName: z.string(),
  AlertTopicArn: z.string(),
  AuditEcdsaKeyArn: z.string(),
  AuditEd25519KeyArn: z.string(),
  AuditLogBucketName: z.string(),
  AuditOrigin: z.string(),
  AuditTableName: z.string(),
  AuditWorkBucketName: z.string(),
  BusName: z.string(),
  CasePublisherFunctionName: z.string(),
  AuditApiId: z.string(),
  AuditKeysTableName: z.string(),
  CaseTableName: z.string(),
  DetectorFunctionName: z.string(),
  EmailSettingsArn: z.string(),
  EntryDlqUrl: z.string(),
  EntryQueueUrl: z.string(),
  EvidenceTableName: z.string(),
  EvaluateFunctionName: z.string(),
  FingerprintKeyArn: z.string(),
  GuardApiId: z.string(),
  GuardFunctionName: z.string(),
  GuardKeysTableName: z.string(),
  HealthFunctionName: z.string(),
  IngestTableName: z.string(),
  MetricsTableName: z.string(),
  OperationsTopicArn: z.string(),
  PagerDutySettingsArn: z.string(),
  PublisherFunctionName: z.string(),
  QuarantineTableName: z.string(),
  ReportBucketName: z.string(),
  ReportFunctionName: z.string(),
  ReportKeyArn: z.string(),
  ReportSigner: z.string(),
  ReviewFunctionName: z.string(),
  SequencerFunctionName: z.string(),
  RevocationDeskName: z.string(),
  RevocationTableName: z.string(),
  RotationDeskName: z.string(),
  RotationFunctionArn: z.string(),
  RotationTableName: z.string(),
  ShipperFunctionName: z.string(),
  SlackSettingsArn: z.string(),
  VerifyLogFunctionName: z.string(),
  WebhookSettingsArn: z.string(),
});
export type StackOutputs = z.infer<typeof StackOutputs>;

export interface DeployTarget {
  /** Address of the emulator. */
  readonly endpoint: string;
  /** Addresses of providers' stand-ins, by name: `aws.sts`. Every other provider is off. */
  readonly providerAddresses?: Readonly<Record<string, string>>;
  /** Policies of rotation in place of the project's: a YAML file below the project's root. */
  readonly rotationPolicies?: string;
  readonly log?: Log;
}

/**
 * Deploys every stack of the stage `local`, applies what the emulator's CloudFormation dropped, and makes sure that
 * what is there is what the templates ask for.
 * @returns the outputs of all stacks
 * @throws Error with the end of the CDK's output if a step fails, or naming each property that is not as asked
 */
export async function deployLocal({
  endpoint,
  log = () => undefined,
  ...others
}: DeployTarget): Promise<StackOutputs> {
  await setup({ log });
  return withDeployed({ endpoint, log, ...others }, async ({ assemblyDir, outputs }) => {
    await completeDeploy({ endpoint, assemblyDir, log });
    return StackOutputs.parse(Object.assign({}, ...Object.values(outputs)));
  });
}

async function completeDeploy(target: { endpoint: string; assemblyDir: string; log: Log }): Promise<void> {
  const elapsed = startStopwatch();
  const applied = await applyDropped(target);
  target.log(`apply: ${applied.length} properties that the emulator's CloudFormation dropped (${elapsed()})`);
  for (const { path, property } of applied) target.log(`  ${path}: ${property}`);
  const verification = await verifyDeploy(target);
  assertAsAsked(verification);
  target.log(`verify: ${verification.resources} resources are as the templates ask (${elapsed()})`);
  for (const difference of verification.known) target.log(`  known: ${describe(difference)}`);
}

if (import.meta.main) {
  const endpoint = process.env['AWS_ENDPOINT_URL'];
  try {
    if (endpoint === undefined) {
      throw new Error(
        'AWS_ENDPOINT_URL is not set: start an emulator with `npm run emulator` and set what it prints.',
      );
    }
    console.log(JSON.stringify(await deployLocal({ endpoint, log: console.error }), undefined, 2));
  } catch (error) {
    console.error(`deploy failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
