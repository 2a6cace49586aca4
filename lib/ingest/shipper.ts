import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { shipEntriesEnv } from '../../functions/ingest/ship-entries.env.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import { EveryMinute } from '../platform/every-minute.ts';
import type { HypercoreLayer } from '../platform/layers.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import {
  alarmOnSuspects,
  grantShipping,
  networkOf,
  shippingEnvironment,
  SHIPPING_IMPACT,
  type ShippingProps,
} from './shipping.ts';

export interface ShipperProps extends ShippingProps {
  readonly hypercore: HypercoreLayer;
}

/** Follows the logs: a run a minute, each longer than a minute, handing over under a lease. */
export class Shipper extends Construct {
  readonly function: ServiceFunction<typeof shipEntriesEnv>;

  constructor(scope: Construct, id: string, props: ShipperProps) {
    super(scope, id);
    const { foundation } = props;
    const { runSeconds, network } = foundation.settings.shipper;
    this.function = new ServiceFunction(this, 'Ship', {
      settings: foundation.settings,
      handler: 'ingest/ship-entries',
      schema: shipEntriesEnv,
      environment: {
        ...shippingEnvironment(props),
        RUN_SECONDS: String(runSeconds),
      },
      memoryMb: 1024,
      // Room to finish the last window and to hand the lease over.
      timeout: Duration.seconds(runSeconds + 25),
      layers: [props.hypercore],
      fromLayers: ['hypercore', 'hypercore-storage'],
      // The replica of what was not shipped yet lies in /tmp and is cleared as it goes.
      ephemeralStorageMb: 1024,
      ...(network ? { network: networkOf(this, network) } : {}),
    });
    grantShipping(this.function, props);
    // The next minute's run is the retry: two attempts of one minute would only fight for the lease.
    this.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });

    new EveryMinute(this, 'EveryMinute', {
      starts: this.function,
      description: 'Starts a run of the shipper, which follows the logs for longer than a minute',
    });

    alarmOnSuspects(this, foundation);
    new Alarm(this, 'Silent', {
      foundation,
      metric: this.function.metricInvocations({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { below: 1 },
      periods: 3,
      impact: SHIPPING_IMPACT,
      action: 'See whether the schedule is enabled and the function is throttled.',
      runbook: 'lib/ingest/runbook.md#ShipperSilent',
    });
    new Alarm(this, 'Failing', {
      foundation,
      metric: this.function.metricErrors({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 3,
      impact: SHIPPING_IMPACT,
      action: "Read the shipper's last error lines.",
      runbook: 'lib/ingest/runbook.md#ShipperFailing',
    });
  }
}
