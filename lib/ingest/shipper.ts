import { Duration } from 'aws-cdk-lib';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { shipEntriesEnv } from '../../functions/ingest/ship-entries.env.ts';
import type { Settings } from '../config/settings.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import { EveryMinute } from '../platform/every-minute.ts';
import type { Foundation } from '../platform/foundation.ts';
import type { HypercoreLayer } from '../platform/layers.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { EntryQueue } from './entry-queue.ts';
import type { IngestTable } from './ingest-table.ts';

export interface ShipperProps {
  readonly foundation: Foundation;
  readonly table: IngestTable;
  readonly entries: EntryQueue;
  readonly bus: IEventBus;
  readonly hypercore: HypercoreLayer;
}

const IMPACT = 'New entries of the fleet are not read: leaks in them stay unseen.';

/** Follows the logs: a run a minute, each longer than a minute, handing over under a lease. */
export class Shipper extends Construct {
  readonly function: ServiceFunction<typeof shipEntriesEnv>;

  constructor(scope: Construct, id: string, props: ShipperProps) {
    super(scope, id);
    const { foundation, table, entries } = props;
    const { runSeconds, spacingMs, network } = foundation.settings.shipper;
    this.function = new ServiceFunction(this, 'Ship', {
      settings: foundation.settings,
      handler: 'ingest/ship-entries',
      schema: shipEntriesEnv,
      environment: {
        INGEST_TABLE: table.table.tableName,
        ENTRY_QUEUE_URL: entries.queue.queueUrl,
        EVENT_BUS_NAME: props.bus.eventBusName,
        RUN_SECONDS: String(runSeconds),
        SPACING_MS: String(spacingMs),
      },
      memoryMb: 1024,
      // Room to finish the last window and to hand the lease over.
      timeout: Duration.seconds(runSeconds + 25),
      layers: [props.hypercore],
      fromLayers: ['hypercore', 'hypercore-storage'],
      // The replica of what was not shipped yet lies in /tmp and is cleared as it goes.
      ephemeralStorageMb: 1024,
      ...(network ? { network: this.#networkOf(network) } : {}),
    });
    table.grantFollow(this.function);
    entries.grantShip(this.function);
    props.bus.grantPutEventsTo(this.function);
    // The next minute's run is the retry: two attempts of one minute would only fight for the lease.
    this.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });

    new EveryMinute(this, 'EveryMinute', {
      starts: this.function,
      description: 'Starts a run of the shipper, which follows the logs for longer than a minute',
    });

    new Alarm(this, 'Silent', {
      foundation,
      metric: this.function.metricInvocations({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { below: 1 },
      periods: 3,
      impact: IMPACT,
      action: 'See whether the schedule is enabled and the function is throttled.',
      runbook: 'lib/ingest/runbook.md#ShipperSilent',
    });
    new Alarm(this, 'Failing', {
      foundation,
      metric: this.function.metricErrors({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 3,
      impact: IMPACT,
      action: "Read the shipper's last error lines.",
      runbook: 'lib/ingest/runbook.md#ShipperFailing',
    });
  }

  #networkOf(network: NonNullable<Settings['shipper']['network']>) {
    return {
      vpc: Vpc.fromVpcAttributes(this, 'Vpc', {
        vpcId: network.vpcId,
        availabilityZones: [...network.availabilityZones],
        privateSubnetIds: [...network.privateSubnetIds],
      }),
      securityGroup: SecurityGroup.fromSecurityGroupId(this, 'SecurityGroup', network.securityGroupId),
    };
  }
}
