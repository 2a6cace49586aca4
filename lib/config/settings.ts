import { z } from 'zod';
import { dev } from './dev.ts';
import { local } from './local.ts';
import { prod } from './prod.ts';

/** What differs between stages; everything else is the same everywhere. */
export interface Settings {
  readonly stage: 'local' | 'dev' | 'prod';
  /** Of every function and of the native layers. */
  readonly architecture: 'arm64' | 'x86_64';
  /** Days after which a finding is deleted from the quarantine. */
  readonly findingRetentionDays: number;
  readonly logRetentionDays: 7 | 30 | 365;
  /** Whether tables and keys outlive their stack, and tables refuse deletion. */
  readonly keepData: boolean;
  /** X-Ray traces of every function. */
  readonly tracing: boolean;
  readonly shipper: {
    /** Seconds that one run follows the logs; over 60, so that the next run can take over without a gap. */
    readonly runSeconds: number;
    /** Private network that the shipper runs in to reach its peers; absent: the public one. */
    readonly network?: {
      readonly vpcId: string;
      readonly availabilityZones: readonly string[];
      readonly privateSubnetIds: readonly string[];
      readonly securityGroupId: string;
    };
  };
  readonly detector: {
    /** Functions that scan at the same time, at most. */
    readonly maxConcurrency: number;
  };
}

const stages = { local, dev, prod };

/**
 * The settings of one stage.
 * @param context reads a synth-time context value: `stage` (local, dev, prod; dev by default) and `architecture`
 * @throws Error naming the value that is not understood and the ones that are
 */
export function settingsFor(context: (key: string) => unknown): Settings {
  const stage = z.enum(['local', 'dev', 'prod']).safeParse(context('stage') ?? 'dev');
  if (!stage.success) {
    throw new Error(`-c stage=${String(context('stage'))} is no stage: use local, dev or prod.`);
  }
  const settings = stages[stage.data];
  const architecture = z
    .enum(['arm64', 'x86_64'])
    .safeParse(context('architecture') ?? settings.architecture);
  if (!architecture.success) {
    throw new Error(
      `-c architecture=${String(context('architecture'))} is no Lambda architecture: use arm64 or x86_64.`,
    );
  }
  return { ...settings, architecture: architecture.data };
}
