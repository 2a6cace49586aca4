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
  readonly guard: {
    /** What the guard's endpoint takes of all keys together; each key has a limit of its own besides. */
    readonly requestsPerSecond: number;
    readonly burst: number;
  };
  readonly detector: {
    /** Functions that scan at the same time, at most. */
    readonly maxConcurrency: number;
  };
}
