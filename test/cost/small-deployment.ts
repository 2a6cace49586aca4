/** Templates as small as the cost model accepts, for tests that count by hand. */
import { takeInventory, type Inventory } from '../../scripts/cost/inventory.ts';

const lambda = (properties: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { MemorySize: 1024, TracingConfig: { Mode: 'Active' }, ...properties },
});

export function smallTemplates(): { Resources: Record<string, object> }[] {
  return [
    {
      Resources: {
        DataKey1: { Type: 'AWS::KMS::Key' },
        FingerprintKey1: { Type: 'AWS::KMS::Key', Properties: { KeySpec: 'HMAC_256' } },
        IngestTable1: {
          Type: 'AWS::DynamoDB::Table',
          Properties: { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
        },
        QuarantineTable1: {
          Type: 'AWS::DynamoDB::Table',
          Properties: {
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
            GlobalSecondaryIndexes: [{}, {}, {}, {}],
          },
        },
        AlertStateTable1: { Type: 'AWS::DynamoDB::Table', Properties: {} },
      },
    },
    {
      Resources: {
        ShipperShip1: lambda({
          EphemeralStorage: { Size: 1536 },
          Environment: { Variables: { RUN_SECONDS: '65' } },
        }),
        DetectorScan1: lambda({
          MemorySize: 2048,
          Environment: {
            Variables: {
              RETENTION_DAYS: 'LOW=7,MEDIUM=7,HIGH=30,CRITICAL=30',
              QUARANTINE_TABLE: { Ref: 'Elsewhere' },
            },
          },
        }),
        PublisherPublish1: lambda(),
        CasePublisherPublish1: lambda(),
        ReviewDeskReview1: lambda(),
        DayReportCount1: lambda(),
        AlertsEvaluate1: lambda({ TracingConfig: { Mode: 'PassThrough' } }),
        AlertsChannelSnsDeliver1: lambda(),
        HealthCheck1: lambda(),
        GuardCheck1: lambda(),
        GuardAuthorize1: lambda({ MemorySize: 512 }),
        SequencerSequence1: lambda({
          MemorySize: 512,
          Environment: { Variables: { BATCH_EVERY_MS: '3000' } },
        }),
        ActRecorderRecord1: lambda(),
        IntegrityCheckVerify1: lambda({ TracingConfig: { Mode: 'PassThrough' } }),
        RevocationRecorderRecord1: lambda(),
        SecretSearchFind1: lambda({ TracingConfig: { Mode: 'PassThrough' } }),
        ActsEndpointTake1: lambda({ TracingConfig: { Mode: 'PassThrough' } }),
        ActsEndpointAuthorize1: lambda({ TracingConfig: { Mode: 'PassThrough' } }),
        SweeperSweep1: lambda({ TracingConfig: { Mode: 'PassThrough' } }),
        ReporterMake1: lambda({ MemorySize: 2048, TracingConfig: { Mode: 'PassThrough' } }),
        RevocationBegin1: lambda(),
        RevocationAdvance1: lambda(),
        RevocationDecide1: lambda(),
        RevocationPublish1: lambda(),
        RevocationDeskApiServe1: lambda(),
        RotationAdvance1: lambda(),
        RotationAsk1: lambda(),
        RotationNotice1: lambda(),
        RotationPlain1: lambda(),
        RotationPublish1: lambda(),
        RotationSchedule1: lambda(),
        EntriesQueue1: { Type: 'AWS::SQS::Queue', Properties: { KmsDataKeyReusePeriodSeconds: 3600 } },
        EntriesQueueOld1: { Type: 'AWS::CloudWatch::Alarm' },
        EveryMinute1: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(1 minute)' } },
        SevereFindings1: { Type: 'AWS::Events::Rule', Properties: { EventPattern: {} } },
        Log1: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 30 } },
        FromEntries1: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: { ScalingConfig: { MaximumConcurrency: 50 } },
        },
        FromAlerts1: { Type: 'AWS::Lambda::EventSourceMapping', Properties: {} },
        FromStream1: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: { StartingPosition: 'TRIM_HORIZON' },
        },
      },
    },
  ];
}

export const smallInventory = (): Inventory => takeInventory(smallTemplates());
