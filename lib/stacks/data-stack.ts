import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { AlertStateTable } from '../alerts/alert-state-table.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { BesideBucket } from '../audit/beside-bucket.ts';
import type { Settings } from '../config/settings.ts';
import { createFingerprintKey } from '../detection/detector.ts';
import { GuardKeysTable } from '../detection/guard-keys-table.ts';
import { IngestTable } from '../ingest/ingest-table.ts';
import { Foundation } from '../platform/foundation.ts';
import { CaseTable } from '../quarantine/case-table.ts';
import { DailyMetricsTable } from '../quarantine/daily-metrics-table.ts';
import { QuarantineTable } from '../quarantine/quarantine-table.ts';
import { ReportArchive } from '../reports/report-archive.ts';
import { Evidence } from '../revocation/evidence.ts';
import { RevocationTable } from '../revocation/revocation-table.ts';
import { RotationTable } from '../rotation/rotation-table.ts';

/** What must outlive code: keys, tables, the bus. */
export class DataStack extends Stack {
  readonly foundation: Foundation;
  readonly ingest: IngestTable;
  readonly quarantine: QuarantineTable;
  readonly cases: CaseTable;
  readonly metrics: DailyMetricsTable;
  readonly guardKeys: GuardKeysTable;
  readonly evidence: Evidence;
  readonly revocations: RevocationTable;
  readonly rotations: RotationTable;
  readonly alertState: AlertStateTable;
  readonly audit: AuditLog;
  readonly beside: BesideBucket;
  /** Of programs that write into the audit log. */
  readonly auditKeys: GuardKeysTable;
  readonly archive: ReportArchive;
  readonly fingerprintKey: Key;
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, props: StackProps & { readonly settings: Settings }) {
    super(scope, id, props);
    const foundation = new Foundation(this, 'Foundation', { settings: props.settings });
    this.foundation = foundation;
    this.ingest = new IngestTable(this, 'Ingest', { foundation });
    this.quarantine = new QuarantineTable(this, 'Quarantine', { foundation });
    this.cases = new CaseTable(this, 'Cases', { foundation });
    this.metrics = new DailyMetricsTable(this, 'DailyMetrics', { foundation });
    this.guardKeys = new GuardKeysTable(this, 'GuardKeys', { foundation });
    this.evidence = new Evidence(this, 'Evidence', { foundation });
    this.revocations = new RevocationTable(this, 'Revocations', { foundation });
    this.rotations = new RotationTable(this, 'Rotations', { foundation });
    this.alertState = new AlertStateTable(this, 'AlertState', { foundation });
    this.audit = new AuditLog(this, 'Audit', { foundation });
    this.beside = new BesideBucket(this, 'AuditBeside', { foundation });
    this.auditKeys = new GuardKeysTable(this, 'AuditKeys', { foundation });
    this.archive = new ReportArchive(this, 'Reports', { foundation });
    this.fingerprintKey = createFingerprintKey(this, 'FingerprintKey', foundation.removalPolicy);
    this.bus = new EventBus(this, 'Bus', {
      eventBusName: `shhh-${props.settings.stage}`,
      description: 'Events of SHHH',
    });
    new CfnOutput(this, 'QuarantineTableName', { value: this.quarantine.table.tableName });
    new CfnOutput(this, 'CaseTableName', { value: this.cases.table.tableName });
    new CfnOutput(this, 'MetricsTableName', { value: this.metrics.table.tableName });
    new CfnOutput(this, 'AlertStateTableName', { value: this.alertState.table.tableName });
    new CfnOutput(this, 'AuditTableName', { value: this.audit.table.table.tableName });
    new CfnOutput(this, 'AuditLogBucketName', { value: this.audit.bucket.bucketName });
    new CfnOutput(this, 'AuditWorkBucketName', { value: this.audit.workBucket.bucketName });
    new CfnOutput(this, 'AuditBesideBucketName', { value: this.beside.bucket.bucketName });
    new CfnOutput(this, 'AuditKeysTableName', { value: this.auditKeys.table.tableName });
    new CfnOutput(this, 'AuditOrigin', { value: this.audit.origin });
    new CfnOutput(this, 'AuditEd25519KeyArn', { value: this.audit.ed25519Key.keyArn });
    new CfnOutput(this, 'AuditEcdsaKeyArn', { value: this.audit.ecdsaKey.keyArn });
    new CfnOutput(this, 'AuditReaderPolicyArn', { value: this.audit.readerPolicy.managedPolicyArn });
    new CfnOutput(this, 'ReportBucketName', { value: this.archive.bucket.bucketName });
    new CfnOutput(this, 'ReportKeyArn', { value: this.archive.key.keyArn });
    new CfnOutput(this, 'ReportSigner', { value: this.archive.signer });
    new CfnOutput(this, 'FingerprintKeyArn', { value: this.fingerprintKey.keyArn });
    new CfnOutput(this, 'GuardKeysTableName', { value: this.guardKeys.table.tableName });
    new CfnOutput(this, 'IngestTableName', { value: this.ingest.table.tableName });
    new CfnOutput(this, 'EvidenceTableName', { value: this.evidence.table.tableName });
    new CfnOutput(this, 'RevocationTableName', { value: this.revocations.table.tableName });
    new CfnOutput(this, 'RotationTableName', { value: this.rotations.table.tableName });
    new CfnOutput(this, 'BusName', { value: this.bus.eventBusName });
    new CfnOutput(this, 'OperationsTopicArn', { value: foundation.operationsTopic.topicArn });
  }
}
