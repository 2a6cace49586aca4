import { RemovalPolicy, Size, Validations, type Duration } from 'aws-cdk-lib';
import type { IVpc, ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal, type IRole } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime, Tracing, type ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import path from 'node:path';
import type { z } from 'zod';
import type { EnvSchema } from '../../functions/platform/env.ts';
import type { Settings } from '../config/settings.ts';

/** Retentions as CloudFormation knows them. */
export const RETENTION = {
  7: RetentionDays.ONE_WEEK,
  30: RetentionDays.ONE_MONTH,
  365: RetentionDays.ONE_YEAR,
} as const;

const PROJECT_ROOT = path.resolve(import.meta.dirname, '../..');

export interface ServiceFunctionProps<S extends EnvSchema> {
  readonly settings: Settings;
  /** Path of the handler below `functions/`, e.g. `detection/scan-batch`; its schema lies beside it. */
  readonly handler: string;
  /** The handler's own environment schema: what it needs and `environment` lacks does not compile. */
  readonly schema: S;
  readonly environment: z.input<S>;
  readonly memoryMb: number;
  readonly timeout: Duration;
  readonly layers?: readonly ILayerVersion[];
  /** Packages that come from a layer and stay out of the bundle. */
  readonly fromLayers?: readonly string[];
  /** Files that take the place of modules which the handler imports by a name of package.json's `imports`. */
  readonly replacing?: Readonly<Record<`#${string}`, string>>;
  readonly ephemeralStorageMb?: number;
  readonly network?: { readonly vpc: IVpc; readonly securityGroup: ISecurityGroup };
}

/**
 * A function of the house: one bundle with the SDK inside, its own role that may write its own log and nothing else,
 * its own log group with a retention, and an environment typed by the handler's schema.
 */
export class ServiceFunction<S extends EnvSchema> extends NodejsFunction {
  /** Its role, which is no other function's. */
  readonly ownRole: IRole;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps<S>) {
    const { settings } = props;
    const logGroup = new LogGroup(scope, `${id}Log`, {
      retention: RETENTION[settings.logRetentionDays],
      removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    if (props.network) {
      role.addManagedPolicy(
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaVPCAccessExecutionRole'),
      );
      Validations.of(role).acknowledge({
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole]',
        reason:
          'Network interfaces carry no ARN before they exist; AWS keeps the list of actions in this policy.',
      });
    }
    super(scope, id, {
      entry: path.join(PROJECT_ROOT, 'functions', `${props.handler}.lambda.ts`),
      handler: 'handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: settings.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      depsLockFilePath: path.join(PROJECT_ROOT, 'package-lock.json'),
      projectRoot: PROJECT_ROOT,
      memorySize: props.memoryMb,
      timeout: props.timeout,
      environment: definedOnly(props.environment),
      layers: [...(props.layers ?? [])],
      logGroup,
      role,
      tracing: settings.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      ...(props.ephemeralStorageMb ? { ephemeralStorageSize: Size.mebibytes(props.ephemeralStorageMb) } : {}),
      ...(props.network ? { vpc: props.network.vpc, securityGroups: [props.network.securityGroup] } : {}),
      // The emulator and Lambda both load CommonJS from a layer; an ESM bundle would not see the layer's packages.
      bundling: {
        format: OutputFormat.CJS,
        target: 'node24',
        minify: true,
        keepNames: true,
        mainFields: ['module', 'main'],
        externalModules: [...(props.fromLayers ?? [])],
        esbuildArgs: {
          '--alias': Object.entries(props.replacing ?? {}).map(([name, file]) => `${name}=${file}`),
        },
      },
    });
    this.ownRole = role;
    if (settings.tracing) {
      Validations.of(role).acknowledge({
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'X-Ray takes trace segments for no resource: its two write actions know only `*`.',
      });
    }
  }
}

/** Lambda's environment holds strings only: an optional variable that is absent is left out. */
function definedOnly(environment: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
