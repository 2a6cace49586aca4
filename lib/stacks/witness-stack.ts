import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AuditWitness } from '../witness/witness.ts';
import type { Settings } from '../config/settings.ts';
import { Foundation } from '../platform/foundation.ts';

export interface WitnessStackProps extends StackProps {
  readonly settings: Settings;
  readonly name: string;
  readonly logKeys: readonly string[];
}

/** A witness and nothing else: it shares no account, no key and no operator with the log that it watches. */
export class WitnessStack extends Stack {
  constructor(scope: Construct, id: string, { settings, name, logKeys, ...props }: WitnessStackProps) {
    super(scope, id, props);
    const foundation = new Foundation(this, 'Foundation', { settings });
    const witness = new AuditWitness(this, 'Witness', { foundation, name, logKeys });
    new CfnOutput(this, 'WitnessEndpoint', { value: witness.api.apiEndpoint });
  }
}
