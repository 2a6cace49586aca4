/** What a deployment consists of, counted in the templates that `cdk synth` writes. */
import { z } from 'zod';
import { retentionDaysVariable } from '../../functions/contracts/quarantine.ts';

/** Functions that the load model knows, by the path of their construct. */
const FUNCTIONS = {
  shipper: 'ShipperShip',
  detector: 'DetectorScan',
  publisher: 'PublisherPublish',
  casePublisher: 'CasePublisherPublish',
  review: 'ReviewDeskReview',
  deathRecorder: 'RevocationRecorderRecord',
  dayReport: 'DayReportCount',
  evaluate: 'AlertsEvaluate',
  deliver: 'AlertsChannel',
  health: 'HealthCheck',
  guard: 'GuardCheck',
  guardKeys: 'GuardAuthorize',
  sequencer: 'SequencerSequence',
  actRecorder: 'ActRecorderRecord',
  integrityCheck: 'IntegrityCheckVerify',
  secretSearch: 'SecretSearchFind',
  actsEndpoint: 'ActsEndpointTake',
  actsKeys: 'ActsEndpointAuthorize',
  sweeper: 'SweeperSweep',
  reporter: 'ReporterMake',
  revocationBegin: 'RevocationBegin',
  revocationAdvance: 'RevocationAdvance',
  revocationDesk: 'RevocationDecide',
  revocationPublish: 'RevocationPublish',
  revocationServe: 'RevocationDeskApiServe',
  rotationAdvance: 'RotationAdvance',
  rotationAsk: 'RotationAsk',
  rotationNotice: 'RotationNotice',
  rotationPlain: 'RotationPlain',
  rotationPublish: 'RotationPublish',
  rotationSchedule: 'RotationSchedule',
} as const;
export type FunctionName = keyof typeof FUNCTIONS;
export const FUNCTION_NAMES = [
  'shipper',
  'detector',
  'publisher',
  'casePublisher',
  'review',
  'deathRecorder',
  'dayReport',
  'evaluate',
  'deliver',
  'health',
  'guard',
  'guardKeys',
  'sequencer',
  'actRecorder',
  'integrityCheck',
  'secretSearch',
  'actsEndpoint',
  'actsKeys',
  'sweeper',
  'reporter',
  'revocationBegin',
  'revocationAdvance',
  'revocationDesk',
  'revocationPublish',
  'revocationServe',
  'rotationAdvance',
  'rotationAsk',
  'rotationNotice',
  'rotationPlain',
  'rotationPublish',
  'rotationSchedule',
] as const satisfies FunctionName[];

interface FunctionFacts {
  readonly memoryMb: number;
  readonly storageMb: number;
  readonly traced: boolean;
}

export interface Inventory {
  readonly functions: Readonly<Record<FunctionName, FunctionFacts>>;
  /** Functions that scan at the same time, at most. */
  readonly detectorConcurrency: number;
  /** Seconds that one run of the shipper lasts; a run starts each minute. */
  readonly shipperRunSeconds: number;
  readonly keys: number;
  readonly secrets: number;
  readonly alarms: number;
  readonly tables: number;
  readonly tablesWithBackup: number;
  /** Indexes of the quarantine: each costs a write of its own for every finding. */
  readonly quarantineIndexes: number;
  /** Queues that Lambda polls, also when they are empty. */
  readonly polledQueues: number;
  /** Longest use of one data key by a queue, in seconds. */
  readonly dataKeyReuseSeconds: number;
  readonly schedules: number;
  readonly logRetentionDays: number;
  /** From one batch of the audit log to the next, in milliseconds. */
  readonly auditBatchMs: number;
  /** Of the severity that is kept longest. */
  readonly findingRetentionDays: number;
}

const resource = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) });
const template = z.object({ Resources: z.record(z.string(), resource).default({}) });
type Resource = z.infer<typeof resource> & { readonly id: string };

const functionProperties = z.object({
  MemorySize: z.number(),
  EphemeralStorage: z.object({ Size: z.number() }).default({ Size: 512 }),
  TracingConfig: z.object({ Mode: z.string() }).default({ Mode: 'PassThrough' }),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }).optional(),
});
const tableProperties = z.object({
  GlobalSecondaryIndexes: z.array(z.unknown()).default([]),
  PointInTimeRecoverySpecification: z.object({ PointInTimeRecoveryEnabled: z.boolean() }).optional(),
});
const queueProperties = z.object({ KmsDataKeyReusePeriodSeconds: z.number().optional() });
const mappingProperties = z.object({
  StartingPosition: z.string().optional(),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }).optional(),
});
const ruleProperties = z.object({ ScheduleExpression: z.string().optional() });
const logGroupProperties = z.object({ RetentionInDays: z.number() });
const variables = z.object({
  RUN_SECONDS: z.coerce.number(),
  BATCH_EVERY_MS: z.coerce.number(),
  RETENTION_DAYS: retentionDaysVariable,
});

/**
 * Counts what costs money.
 * @param templates parsed CloudFormation templates of every stack of one deployment
 * @throws Error when a function is there that the load model does not know, or is missing
 */
export function takeInventory(templates: readonly unknown[]): Inventory {
  const all: readonly Resource[] = templates.flatMap((one) =>
    Object.entries(template.parse(one).Resources).map(([id, found]) => ({ id, ...found })),
  );
  const of = (type: string) => all.filter((one) => one.Type === type);
  const propertiesOf = <T>(type: string, schema: z.ZodType<T>): readonly T[] =>
    of(type).map((one) => schema.parse(one.Properties));

  const lambdas = of('AWS::Lambda::Function');
  const unknown = lambdas.filter(
    ({ id }) => !Object.values(FUNCTIONS).some((prefix) => id.startsWith(prefix)),
  );
  if (unknown.length > 0) {
    throw new Error(
      `The cost model knows no load for the function ${unknown.map(({ id }) => id).join(', ')}: add it to scripts/cost/inventory.ts and scripts/cost/model.ts.`,
    );
  }
  const parsed = lambdas.map(({ id, Properties }) => ({ id, ...functionProperties.parse(Properties) }));
  const factsOf = (name: FunctionName): FunctionFacts => {
    const found = parsed.find(({ id }) => id.startsWith(FUNCTIONS[name]));
    if (found === undefined) {
      throw new Error(
        `The templates hold no function ${FUNCTIONS[name]}…: was its construct renamed? Follow it in scripts/cost/inventory.ts.`,
      );
    }
    return {
      memoryMb: found.MemorySize,
      storageMb: found.EphemeralStorage.Size,
      traced: found.TracingConfig.Mode === 'Active',
    };
  };

  const functions = {
    shipper: factsOf('shipper'),
    detector: factsOf('detector'),
    publisher: factsOf('publisher'),
    casePublisher: factsOf('casePublisher'),
    review: factsOf('review'),
    deathRecorder: factsOf('deathRecorder'),
    dayReport: factsOf('dayReport'),
    evaluate: factsOf('evaluate'),
    deliver: factsOf('deliver'),
    health: factsOf('health'),
    guard: factsOf('guard'),
    guardKeys: factsOf('guardKeys'),
    sequencer: factsOf('sequencer'),
    actRecorder: factsOf('actRecorder'),
    integrityCheck: factsOf('integrityCheck'),
    secretSearch: factsOf('secretSearch'),
    actsEndpoint: factsOf('actsEndpoint'),
    actsKeys: factsOf('actsKeys'),
    sweeper: factsOf('sweeper'),
    reporter: factsOf('reporter'),
    revocationBegin: factsOf('revocationBegin'),
    revocationAdvance: factsOf('revocationAdvance'),
    revocationDesk: factsOf('revocationDesk'),
    revocationPublish: factsOf('revocationPublish'),
    revocationServe: factsOf('revocationServe'),
    rotationAdvance: factsOf('rotationAdvance'),
    rotationAsk: factsOf('rotationAsk'),
    rotationNotice: factsOf('rotationNotice'),
    rotationPlain: factsOf('rotationPlain'),
    rotationPublish: factsOf('rotationPublish'),
    rotationSchedule: factsOf('rotationSchedule'),
  };
  const tables = propertiesOf('AWS::DynamoDB::Table', tableProperties);
  const mappings = propertiesOf('AWS::Lambda::EventSourceMapping', mappingProperties);
  const polled = mappings.filter((mapping) => mapping.StartingPosition === undefined);
  const environment = variables.parse(
    Object.assign({}, ...parsed.map((one) => one.Environment?.Variables ?? {})),
  );
  return {
    functions,
    detectorConcurrency: Math.max(1, ...polled.map((one) => one.ScalingConfig?.MaximumConcurrency ?? 1)),
    shipperRunSeconds: environment.RUN_SECONDS,
    keys: of('AWS::KMS::Key').length,
    secrets: of('AWS::SecretsManager::Secret').length,
    alarms: of('AWS::CloudWatch::Alarm').length,
    tables: tables.length,
    tablesWithBackup: tables.filter(
      (one) => one.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled === true,
    ).length,
    quarantineIndexes: Math.max(0, ...tables.map((one) => one.GlobalSecondaryIndexes.length)),
    polledQueues: polled.length,
    dataKeyReuseSeconds: Math.max(
      300,
      ...propertiesOf('AWS::SQS::Queue', queueProperties).map((one) => one.KmsDataKeyReusePeriodSeconds ?? 0),
    ),
    schedules: propertiesOf('AWS::Events::Rule', ruleProperties).filter(
      (one) => one.ScheduleExpression !== undefined,
    ).length,
    logRetentionDays: Math.max(
      0,
      ...propertiesOf('AWS::Logs::LogGroup', logGroupProperties).map((one) => one.RetentionInDays),
    ),
    auditBatchMs: environment.BATCH_EVERY_MS,
    findingRetentionDays: Math.max(...Object.values(environment.RETENTION_DAYS)),
  };
}
