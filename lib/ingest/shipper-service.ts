import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import {
  AwsLogDriverMode,
  Cluster,
  ContainerImage,
  ContainerInsights,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LogDriver,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { IgnoreMode } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import path from 'node:path';
import type { z } from 'zod';
import { METRICS_NAMESPACE } from '../../functions/contracts/metrics.ts';
import { type shhhShipperEnv } from '../../functions/ingest/shhh-shipper.env.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import { RETENTION } from '../platform/service-function.ts';
import {
  alarmOnSuspects,
  grantShipping,
  networkOf,
  shippingEnvironment,
  SHIPPING_IMPACT,
  type ShippingProps,
} from './shipping.ts';

const PROJECT_ROOT = path.resolve(import.meta.dirname, '../..');

/** Runs follow one another within the process; each reads its checkpoints afresh. The longest there may be. */
const RUN_SECONDS = 840;

/** Follows the logs from a container of its own: the same engine and lease as the function, never off. */
export class ShipperService extends Construct {
  readonly cluster: Cluster;
  readonly service: FargateService;

  constructor(scope: Construct, id: string, props: ShippingProps) {
    super(scope, id);
    const { foundation } = props;
    const { settings } = foundation;
    const { network, container, drivers } = settings.shipper;
    if (network === undefined) throw new Error('A container needs shipper.network.');
    const { vpc, securityGroup } = networkOf(this, network);
    this.cluster = new Cluster(this, 'Cluster', { vpc, containerInsightsV2: ContainerInsights.DISABLED });
    Validations.of(this.cluster).acknowledge({
      id: 'AwsSolutions-ECS4',
      reason:
        'Container Insights is billed by the metric; the alarms here stand on the service’s own metrics and logs.',
    });
    const logGroup = new LogGroup(this, 'Log', {
      retention: RETENTION[settings.logRetentionDays],
      removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });

    const task = new FargateTaskDefinition(this, 'Task', {
      cpu: container.cpuUnits,
      memoryLimitMiB: container.memoryMb,
      runtimePlatform: {
        operatingSystemFamily: OperatingSystemFamily.LINUX,
        cpuArchitecture: settings.architecture === 'arm64' ? CpuArchitecture.ARM64 : CpuArchitecture.X86_64,
      },
      // What is being shipped at the moment; the rest of the file system cannot be written.
      volumes: [{ name: 'tmp' }],
    });
    const environment: z.input<typeof shhhShipperEnv> = {
      ...shippingEnvironment(props),
      RUN_SECONDS: String(RUN_SECONDS),
      DRIVERS: drivers.join(','),
    };
    const shipper = task.addContainer('Shipper', {
      // Built from this project when it is deployed, not when it is synthesized.
      image: ContainerImage.fromAsset(PROJECT_ROOT, {
        file: 'functions/ingest/Dockerfile',
        platform: settings.architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
        ignoreMode: IgnoreMode.DOCKER,
        exclude: ['*', '!package.json', '!package-lock.json', '!.npmrc', '!functions'],
      }),
      environment: definedOnly(environment),
      logging: LogDriver.awsLogs({ streamPrefix: 'shipper', logGroup, mode: AwsLogDriverMode.NON_BLOCKING }),
      readonlyRootFilesystem: true,
      // Longer than a window takes to be refused to the end; then the lease is handed over.
      stopTimeout: Duration.seconds(30),
    });
    shipper.addMountPoints({ sourceVolume: 'tmp', containerPath: '/tmp', readOnly: false });
    grantShipping(task.taskRole, props);
    Validations.of(task).acknowledge({
      id: 'AwsSolutions-ECS2',
      reason: 'The environment holds names and numbers, as every function’s does, and no secret.',
    });
    if (task.executionRole !== undefined)
      Validations.of(task.executionRole).acknowledge({
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'A login to the registry of images (ecr:GetAuthorizationToken) knows no resource.',
      });

    this.service = new FargateService(this, 'Service', {
      cluster: this.cluster,
      taskDefinition: task,
      desiredCount: 1,
      // The successor connects and waits for the lease before its predecessor is asked to go.
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      securityGroups: [securityGroup],
      vpcSubnets: { subnets: vpc.privateSubnets },
      assignPublicIp: false,
      enableExecuteCommand: false,
    });

    alarmOnSuspects(this, foundation);
    new Alarm(this, 'Silent', {
      foundation,
      metric: this.service.metricCpuUtilization({ period: ONE_MINUTE, statistic: 'SampleCount' }),
      fires: { below: 1 },
      periods: 3,
      impact: SHIPPING_IMPACT,
      action: 'See why the service has no task that runs.',
      runbook: 'lib/ingest/runbook.md#ShipperServiceSilent',
    });
    new Alarm(this, 'MemoryHigh', {
      foundation,
      metric: this.service.metricMemoryUtilization({ period: ONE_MINUTE, statistic: 'Maximum' }),
      fires: { atLeast: 90 },
      periods: 3,
      impact: `${SHIPPING_IMPACT} A container that runs out of memory starts again, and again.`,
      action: 'Give it more memory: shipper.container in lib/config.',
      runbook: 'lib/ingest/runbook.md#ShipperServiceFailing',
    });
    const failed = 'ShipperRunsFailed';
    new MetricFilter(this, 'RunsFailed', {
      logGroup,
      filterPattern: FilterPattern.any(
        FilterPattern.stringValue('$.event', '=', 'run_failed'),
        FilterPattern.stringValue('$.event', '=', 'shipper_not_started'),
      ),
      metricNamespace: METRICS_NAMESPACE,
      metricName: failed,
      metricValue: '1',
    });
    new Alarm(this, 'Failing', {
      foundation,
      metric: new Metric({
        namespace: METRICS_NAMESPACE,
        metricName: failed,
        statistic: 'Sum',
        period: ONE_MINUTE,
      }),
      fires: { atLeast: 1 },
      periods: 3,
      impact: SHIPPING_IMPACT,
      action: "Read the shipper's last error lines.",
      runbook: 'lib/ingest/runbook.md#ShipperServiceFailing',
    });
  }
}

/** Where the shipper is run by others: what their role needs, as a policy to attach to it. */
export class OwnShipper extends Construct {
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: ShippingProps) {
    super(scope, id);
    this.policy = new ManagedPolicy(this, 'Policy', {
      description:
        'SHHH: may follow logs and hand their entries to the detector. For whoever runs npx shhh-shipper',
    });
    grantShipping(this.policy, props);
    alarmOnSuspects(this, props.foundation);
  }
}

function definedOnly(environment: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
