import type { Driver } from '../../functions/contracts/ingest-state.ts';
import type { GuardPolicy } from '../../functions/contracts/guard.ts';
import type { RetentionDays } from '../../functions/contracts/quarantine.ts';
import type { ReportSchedule } from '../../functions/contracts/reports.ts';

/** What differs between stages; everything else is the same everywhere. */
export interface Settings {
  readonly stage: 'local' | 'dev' | 'prod';
  /** Of every function and of the native layers. */
  readonly architecture: 'arm64' | 'x86_64';
  /** Days after which a finding is deleted from the quarantine, by its severity; a legal hold stops it. */
  readonly findingRetentionDays: RetentionDays;
  /** Days that a case is remembered after it was judged, so that a false positive stays one when its findings are gone. */
  readonly caseMemoryDays: number;
  readonly logRetentionDays: 7 | 30 | 365;
  /** Whether tables and keys outlive their stack, and tables refuse deletion. */
  readonly keepData: boolean;
  /** X-Ray traces of every function. */
  readonly tracing: boolean;
  /** Where people look at cases: alerts link there. */
  readonly consoleUrl: string;
  readonly shipper: {
    /**
     * Where it runs: `lambda`, a function that is started each minute; `fargate`, a container of Amazon ECS; `own`, a
     * process that you run yourself (`npx shhh-shipper`), on the agents' host or anywhere else.
     */
    readonly host: 'lambda' | 'fargate' | 'own';
    /** What it may read logs by. A host that cannot run one of them is refused at synth. */
    readonly drivers: readonly Driver[];
    /** Types of entries that are not shipped, hence never scanned; counted as `EntriesExcluded`. None by default. */
    readonly excludedTypes: readonly string[];
    /** Size of the container, where it runs in one. 1,024 units of CPU are one vCPU. */
    readonly container: { readonly cpuUnits: 256 | 512 | 1024 | 2048; readonly memoryMb: number };
    /** Seconds that one run follows the logs; over 60, so that the next run can take over without a gap. */
    readonly runSeconds: number;
    /**
     * Milliseconds from one dispatch of live entries to the next, at least. A finding comes later by half of it on
     * average; what each dispatch costs is in docs/cost.md.
     */
    readonly spacingMs: number;
    /** Private network that the shipper runs in to reach its peers; absent: the public one. A container needs one. */
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
    /** What the endpoint does about a secret in a message, by its severity. */
    readonly policy: GuardPolicy;
  };
  readonly audit: {
    /**
     * In place of `retention.entries` of patterns/audit.yaml, for stages that are thrown away:
     * days for which no version of an object of the audit log can be deleted, by anybody. It can be made longer later,
     * never shorter: a bucket with entries stays, and is paid for, until the last of them is free.
     */
    readonly lockDays?: number;
  };
  readonly revocation: {
    /**
     * Whether a provider is asked at its public address where none is set below. Where not, a provider without an
     * address of its own is off: nothing that leaks is sent anywhere.
     */
    readonly publicProviders: boolean;
    /** Where providers are, by name: `gitlab.api`, `github.api`, `vault.api` for installations of one's own, `aws.sts`. */
    readonly addresses: Readonly<Record<string, string>>;
  };
  readonly rotation: {
    /** Packed policies in place of `functions/rotation/policies.json`: an absolute path. */
    readonly policies?: string;
  };
  readonly reports: {
    /** IANA name: what a day of a period is, and when schedules are due. */
    readonly timeZone: string;
    /** Which reports are made by themselves, by ids of patterns/compliance. */
    readonly schedules: readonly { readonly last: ReportSchedule; readonly frameworks: readonly string[] }[];
    /** Whether reports are set as PDF as well: the binary that does it runs on x86_64 only. */
    readonly pdf: boolean;
  };
  readonly detector: {
    /** Functions that scan at the same time, at most. */
    readonly maxConcurrency: number;
  };
}
