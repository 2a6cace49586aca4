import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { findSecretsEnv } from '../../functions/detection/find-secrets.env.ts';
import type { Foundation } from '../platform/foundation.ts';
import type { Re2Layer } from '../platform/layers.ts';
import { ServiceFunction } from '../platform/service-function.ts';

export interface SecretSearchProps {
  readonly foundation: Foundation;
  readonly re2: Re2Layer;
}

/** Says where secrets stand in texts, for whoever writes texts down that must hold none. It may do nothing else. */
export class SecretSearch extends Construct {
  readonly function: ServiceFunction<typeof findSecretsEnv>;

  constructor(scope: Construct, id: string, { foundation, re2 }: SecretSearchProps) {
    super(scope, id);
    this.function = new ServiceFunction(this, 'Find', {
      settings: foundation.settings,
      handler: 'detection/find-secrets',
      schema: findSecretsEnv,
      environment: {},
      memoryMb: 1769,
      timeout: Duration.seconds(15),
      layers: [re2],
      fromLayers: ['re2'],
    });
  }
}
