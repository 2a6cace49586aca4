import { Duration, type RemovalPolicy, Validations } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { retentionDaysText } from '../../functions/contracts/quarantine.ts';
import { scanBatchEnv } from '../../functions/detection/scan-batch.env.ts';
import { SCAN_TIMEOUT, type EntryQueue } from '../ingest/entry-queue.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import type { Re2Layer } from '../platform/layers.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { DailyMetricsTable } from '../quarantine/daily-metrics-table.ts';
import type { QuarantineTable } from '../quarantine/quarantine-table.ts';
import type { Evidence } from '../revocation/evidence.ts';

export interface DetectorProps {
  readonly foundation: Foundation;
  readonly entries: EntryQueue;
  readonly quarantine: QuarantineTable;
  readonly metrics: DailyMetricsTable;
  readonly evidence: Evidence;
  /** HMAC key that fingerprints are made under. */
  readonly fingerprintKey: Key;
  readonly re2: Re2Layer;
}

/** Scans what the shipper sends and quarantines what it finds. */
export class Detector extends Construct {
  readonly function: ServiceFunction<typeof scanBatchEnv>;

  constructor(scope: Construct, id: string, props: DetectorProps) {
    super(scope, id);
    const { foundation, entries, quarantine, metrics, evidence, fingerprintKey } = props;
    this.function = new ServiceFunction(this, 'Scan', {
      settings: foundation.settings,
      handler: 'detection/scan-batch',
      schema: scanBatchEnv,
      environment: {
        QUARANTINE_TABLE: quarantine.table.tableName,
        FINGERPRINT_KEY_ID: fingerprintKey.keyArn,
        EVIDENCE_TABLE: evidence.table.tableName,
        EVIDENCE_KEY_ID: evidence.key.keyArn,
        RETENTION_DAYS: retentionDaysText(foundation.settings.findingRetentionDays),
        METRICS_TABLE: metrics.table.tableName,
        REJECTED_QUEUE_URL: entries.deadLetters.queueUrl,
      },
      // 1,769 MB is one whole vCPU: the scanner is bound by the processor.
      memoryMb: 1769,
      timeout: SCAN_TIMEOUT,
      layers: [props.re2],
      fromLayers: ['re2'],
    });
    quarantine.grantQuarantine(this.function);
    evidence.grantSeal(this.function);
    metrics.grantRecordScans(this.function);
    entries.grantReject(this.function);
    fingerprintKey.grantGenerateMac(this.function);
    foundation.grantDataKey(this.function);
    this.function.addEventSource(
      new SqsEventSource(entries.queue, {
        batchSize: 10,
        // No waiting for fuller batches: a finding is wanted within the second.
        maxBatchingWindow: Duration.seconds(0),
        reportBatchItemFailures: true,
        maxConcurrency: foundation.settings.detector.maxConcurrency,
      }),
    );

    new Alarm(this, 'Failing', {
      foundation,
      metric: this.function.metricErrors({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 3,
      impact: 'Batches of entries fail to be scanned and are tried again: findings come late.',
      action: "Read the detector's last error lines.",
      runbook: 'lib/detection/runbook.md#DetectorFailing',
    });
  }
}

/** The HMAC key under which fingerprints are made: it never leaves KMS, so a short secret cannot be guessed from its fingerprint. */
export function createFingerprintKey(scope: Construct, id: string, removalPolicy: RemovalPolicy): Key {
  const key = new Key(scope, id, {
    description: 'SHHH: fingerprints of leaked secrets (HMAC-SHA-256)',
    keySpec: KeySpec.HMAC_256,
    keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
    removalPolicy,
  });
  Validations.of(key).acknowledge({
    id: 'AwsSolutions-KMS5',
    reason: 'KMS cannot rotate HMAC keys; a new key would also make known fingerprints unrecognisable.',
  });
  return key;
}
