import { FUNCTION_NAMES, type FunctionName, type Inventory } from './inventory.ts';
import { activityOf, ASSUMED, type Activity, type Load } from './load.ts';
import type { PriceList } from './prices.ts';

/** One line of the bill, in US$ a month. */
interface CostLine {
  readonly service: string;
  readonly usd: number;
}

export interface MonthlyCost {
  readonly load: Load;
  readonly activity: Activity;
  readonly lines: readonly CostLine[];
  readonly totalUsd: number;
}

const AUDIT = [
  'sequencer',
  'actRecorder',
  'integrityCheck',
  'secretSearch',
  'actsEndpoint',
  'actsKeys',
  'sweeper',
] as const satisfies FunctionName[];

/** What a load costs in a month, before any free tier, tax or transfer. */
export function monthlyCost(load: Load, inventory: Inventory, { prices }: PriceList): MonthlyCost {
  const activity = activityOf(load, inventory);
  const lambda = (name: FunctionName): number => {
    const { memoryMb, storageMb } = inventory.functions[name];
    return (
      activity.invocations[name] * prices.lambdaRequest.usd +
      activity.seconds[name] * (memoryMb / 1024) * prices.lambdaGbSecond.usd +
      activity.seconds[name] * (Math.max(0, storageMb - 512) / 1024) * prices.lambdaStorageGbSecond.usd
    );
  };
  const { logGb, storedGb } = activity;
  const logMonths = inventory.logRetentionDays / 30;
  const lines: readonly CostLine[] = [
    { service: 'Lambda: shipper', usd: lambda('shipper') },
    { service: 'Lambda: detector', usd: lambda('detector') },
    {
      service: "The guard's endpoint: API and Lambda",
      usd: activity.invocations.guard * prices.httpApiRequest.usd + lambda('guard') + lambda('guardKeys'),
    },
    {
      service: 'Lambda: the others',
      usd: FUNCTION_NAMES.filter(
        (name) => !['shipper', 'detector', 'guard', 'guardKeys', ...AUDIT].includes(name),
      ).reduce((sum, name) => sum + lambda(name), 0),
    },
    {
      service: 'The audit log: Lambda, S3 and signatures',
      usd:
        AUDIT.reduce((sum, name) => sum + lambda(name), 0) +
        activity.invocations.actsEndpoint * prices.httpApiRequest.usd +
        activity.s3Writes * prices.s3Write.usd +
        activity.s3Reads * prices.s3Read.usd +
        activity.auditGb * prices.s3StorageGbMonth.usd +
        activity.signatures * prices.kmsSignature.usd,
    },
    { service: 'Step Functions', usd: activity.stateTransitions * prices.stateTransition.usd },
    { service: 'SQS', usd: activity.sqsRequests * prices.sqsRequest.usd },
    {
      service: 'DynamoDB',
      usd:
        activity.writeUnits * prices.dynamoWriteUnit.usd +
        activity.readUnits * prices.dynamoReadUnit.usd +
        storedGb * prices.dynamoStorageGbMonth.usd +
        storedGb * (inventory.tablesWithBackup / inventory.tables) * prices.dynamoBackupGbMonth.usd,
    },
    {
      service: 'KMS',
      usd: inventory.keys * prices.kmsKeyMonth.usd + activity.kmsRequests * prices.kmsRequest.usd,
    },
    {
      service: 'CloudWatch: alarms and metrics',
      usd: inventory.alarms * prices.alarmMonth.usd + activity.metrics * prices.metricMonth.usd,
    },
    {
      service: 'CloudWatch: logs',
      usd:
        logGb * prices.logIngestGb.usd +
        logGb * ASSUMED.logCompression * logMonths * prices.logStorageGbMonth.usd,
    },
    { service: 'Secrets Manager', usd: inventory.secrets * prices.secretMonth.usd },
    { service: 'X-Ray', usd: activity.traces * prices.traceRecorded.usd },
    {
      service: 'EventBridge and SNS',
      usd:
        activity.findings * prices.eventPublished.usd +
        activity.alerts * ASSUMED.notesPerAlert * prices.snsPublish.usd +
        activity.alerts * ASSUMED.notesPerAlert * ASSUMED.mailSubscribers * prices.snsEmail.usd,
    },
  ];
  return { load, activity, lines, totalUsd: lines.reduce((sum, line) => sum + line.usd, 0) };
}
