/** What every host of the shipper has in common. */
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SecurityGroup, Vpc, type ISecurityGroup, type IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Driver } from '../../functions/contracts/ingest-state.ts';
import { METRICS_NAMESPACE, SUSPECT_LOGS } from '../../functions/contracts/metrics.ts';
import type { Settings } from '../config/settings.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import type { EntryQueue } from './entry-queue.ts';
import type { IngestTable } from './ingest-table.ts';

export interface ShippingProps {
  readonly foundation: Foundation;
  readonly table: IngestTable;
  readonly entries: EntryQueue;
  readonly bus: IEventBus;
}

export const SHIPPING_IMPACT = 'New entries of the fleet are not read: leaks in them stay unseen.';

/** Drivers that a host can run, and why not the others. */
const HOSTS: Record<
  Settings['shipper']['host'],
  { readonly runs: readonly Driver[]; readonly because: string }
> = {
  lambda: {
    runs: ['tcp'],
    because:
      'a function is started anew each minute, which no Hyperswarm node outlives, and has none of the agents’ disks',
  },
  fargate: {
    runs: ['tcp', 'hyperswarm'],
    because: 'a container has none of the agents’ disks',
  },
  own: { runs: ['tcp', 'hyperswarm', 'sidecar', 'json-lines'], because: '' },
};

/** @throws Error when the stage's settings ask of a host what it cannot do, naming the setting and the way out */
export function assertHostFits({ stage, shipper }: Settings): void {
  const { runs, because } = HOSTS[shipper.host];
  const file = `lib/config/${stage}.ts`;
  if (shipper.drivers.length === 0)
    throw new Error(`shipper.drivers in ${file} is empty: name at least one, e.g. tcp.`);
  const missing = shipper.drivers.filter((driver) => !runs.includes(driver));
  if (missing.length > 0) {
    const able = Object.entries(HOSTS)
      .filter(([, host]) => shipper.drivers.every((driver) => host.runs.includes(driver)))
      .map(([name]) => `'${name}'`);
    throw new Error(
      `shipper.drivers in ${file} names ${missing.join(' and ')}, which shipper.host '${shipper.host}' cannot run: ${because}. Use shipper.host ${able.join(' or ')}.`,
    );
  }
  if (shipper.host === 'fargate' && shipper.network === undefined)
    throw new Error(
      `shipper.host 'fargate' needs shipper.network in ${file}: the private network that the container runs in, with a way to the registry of images, to AWS services and to the peers.`,
    );
}

/** What the shipper needs to know, but for what differs between hosts. */
export function shippingEnvironment({ foundation, table, entries, bus }: ShippingProps) {
  const { spacingMs, excludedTypes } = foundation.settings.shipper;
  return {
    INGEST_TABLE: table.table.tableName,
    ENTRY_QUEUE_URL: entries.queue.queueUrl,
    EVENT_BUS_NAME: bus.eventBusName,
    SPACING_MS: String(spacingMs),
    ...(excludedTypes.length > 0 && { EXCLUDED_TYPES: excludedTypes.join(',') }),
  };
}

/** May follow logs and hand over their entries. */
export function grantShipping(grantee: IGrantable, { table, entries, bus }: ShippingProps): void {
  table.grantFollow(grantee);
  entries.grantShip(grantee);
  bus.grantPutEventsTo(grantee);
}

/** Whatever the host: somebody looks at a log that does what no sound one does. */
export function alarmOnSuspects(scope: Construct, foundation: Foundation): void {
  new Alarm(scope, 'Suspects', {
    foundation,
    metric: new Metric({
      namespace: METRICS_NAMESPACE,
      metricName: SUSPECT_LOGS,
      dimensionsMap: { service: 'ingest' },
      statistic: 'Sum',
      period: ONE_MINUTE,
    }),
    fires: { atLeast: 1 },
    periods: 1,
    impact:
      'A log was rewritten, or its peer sends what its key did not sign: its entries may not be what the agent wrote.',
    action: 'Read the evidence with `npm run peers -- suspicions`, and ask the owner of the log.',
    runbook: 'lib/ingest/runbook.md#LogSuspect',
  });
}

export function networkOf(
  scope: Construct,
  network: NonNullable<Settings['shipper']['network']>,
): { readonly vpc: IVpc; readonly securityGroup: ISecurityGroup } {
  return {
    vpc: Vpc.fromVpcAttributes(scope, 'Vpc', {
      vpcId: network.vpcId,
      availabilityZones: [...network.availabilityZones],
      privateSubnetIds: [...network.privateSubnetIds],
    }),
    securityGroup: SecurityGroup.fromSecurityGroupId(scope, 'SecurityGroup', network.securityGroupId),
  };
}
