import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse } from 'aws-lambda';
import { setTimeout as wait } from 'node:timers/promises';
import sealedSecretTypes from '../contracts/sealed-secret-types.json' with { type: 'json' };
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createKms, createSqs } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createDynamoQuarantine } from './adapters/dynamo-quarantine.ts';
import { readMessages } from './adapters/entry-messages.ts';
import { createKmsEvidence } from './adapters/kms-evidence.ts';
import { createKmsFingerprinter } from './adapters/kms-fingerprinter.ts';
import { createRe2Regex } from './adapters/re2-regex.ts';
import { createDynamoScanRecord } from './adapters/dynamo-scan-record.ts';
import { createSqsRejects } from './adapters/sqs-rejects.ts';
import { compiledPack } from './domain/pack.ts';
import {
  scanMessages,
  type MessageOutcome,
  type QuarantinedFinding,
  type ScanMessagesDependencies,
} from './domain/scan-messages.ts';
import { createDetector } from './domain/detector.ts';
import patterns from './patterns.json' with { type: 'json' };
import { scanBatchEnv } from './scan-batch.env.ts';

export interface ScanBatchDependencies extends ScanMessagesDependencies {
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'singleMetric' | 'publishStoredMetrics'>;
}

let dependencies: ScanBatchDependencies | undefined;

/** Invoked by the entry queue. */
export const handler = (event: unknown): Promise<SQSBatchResponse> =>
  scanBatch(event, (dependencies ??= build()));

/** Scans what the messages hold and quarantines what is found; names the messages that must be tried again. */
export async function scanBatch(
  event: unknown,
  { logger, metrics, ...needed }: ScanBatchDependencies,
): Promise<SQSBatchResponse> {
  const started = needed.clock.now();
  const outcomes = await scanMessages(readMessages(event), needed);
  const findings = outcomes.flatMap(({ result }) => (result.ok ? result.value : []));
  const fresh = findings.filter(({ isNew }) => isNew);
  for (const outcome of outcomes) report(outcome, logger);
  for (const found of fresh) announce(found, { logger, metrics });
  const entries = outcomes.reduce((sum, outcome) => sum + outcome.entries, 0);
  metrics.addMetric('MessagesScanned', MetricUnit.Count, entries);
  metrics.publishStoredMetrics();
  logger.info('batch_scanned', {
    messages: outcomes.length,
    entries,
    findings: fresh.length,
    duplicates: findings.length - fresh.length,
    duration_ms: needed.clock.now() - started,
    pack: needed.scanner.pack,
  });
  return {
    batchItemFailures: outcomes
      .filter(({ result }) => !result.ok)
      .map(({ messageId }) => ({ itemIdentifier: messageId })),
  };
}

function report(
  { messageId, result, rejected }: MessageOutcome,
  logger: ScanBatchDependencies['logger'],
): void {
  if (rejected !== undefined) logger.warn('message_rejected', { message_id: messageId, reason: rejected });
  if (!result.ok)
    logger.error('message_failed', {
      message_id: messageId,
      step: result.error.step,
      ...describeError(result.error.cause),
    });
}

function announce(
  { finding, latencyMs }: QuarantinedFinding,
  { logger, metrics }: Pick<ScanBatchDependencies, 'logger' | 'metrics'>,
): void {
  logger.warn('secret_detected', {
    correlation_id: finding.correlationId,
    finding_id: finding.findingId,
    rule: finding.rule,
    secret_type: finding.secretType,
    severity: finding.severity,
    confidence: finding.confidence,
    hypercore_position: finding.position,
    bzzz_message_id: finding.messageId,
    redacted_content: finding.redactedContent,
    latency_ms: latencyMs,
  });
  metrics.addMetric('DetectionLatency', MetricUnit.Milliseconds, latencyMs);
  // Its own record, so that these two dimensions do not come onto the batch's other metrics.
  const single = metrics.singleMetric();
  single.addDimensions({ SecretType: finding.secretType, Severity: finding.severity });
  single.addMetric('SecretsDetected', MetricUnit.Count, 1);
}

function build(): ScanBatchDependencies {
  const env = parseEnv(scanBatchEnv, process.env);
  const pack = compiledPack.parse(patterns);
  const dynamo = createDynamo();
  const kms = createKms();
  return {
    scanner: createDetector(pack, createRe2Regex),
    fingerprinter: createKmsFingerprinter(kms, env.FINGERPRINT_KEY_ID),
    evidence: createKmsEvidence({
      kms,
      keyId: env.EVIDENCE_KEY_ID,
      dynamo,
      table: env.EVIDENCE_TABLE,
      secretTypes: new Set<string>(sealedSecretTypes),
      clock: systemClock,
    }),
    quarantine: createDynamoQuarantine(dynamo, env.QUARANTINE_TABLE),
    record: createDynamoScanRecord({
      client: dynamo,
      metricsTable: env.METRICS_TABLE,
      clock: systemClock,
      pack,
      wait: (milliseconds) => wait(milliseconds),
    }),
    rejects: createSqsRejects(createSqs(), env.REJECTED_QUEUE_URL),
    clock: systemClock,
    retentionDays: env.RETENTION_DAYS,
    logger: createLogger('detection'),
    metrics: createMetrics('detection'),
  };
}
