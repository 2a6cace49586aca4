import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Finding } from '../contracts/finding.ts';
import { GUARD_CHECKS, GUARD_NOT_RECORDED, GUARD_STOPPED } from '../contracts/metrics.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createKms } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { answerJson, answerText, refuseJson, type HttpAnswer } from '../platform/http-api.ts';
import { createKmsFingerprinter } from '../platform/kms-fingerprinter.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createDynamoRequestRates, secondsToWait, type RequestRates } from '../platform/request-rates.ts';
import { createDynamoQuarantine } from './adapters/dynamo-quarantine.ts';
import { readGuardRequest, type GuardRequest } from './adapters/guard-event.ts';
import { createRe2Regex } from './adapters/re2-regex.ts';
import { checkMessageEnv } from './check-message.env.ts';
import { readCheck, readReport } from './domain/answer-check.ts';
import { checkMessage, type CheckMessageDependencies } from './domain/check-message.ts';
import { packTag } from './domain/open-pack.ts';
import { compiledPack } from './domain/pack.ts';
import { findingsOf, holdsSecret, recordFindings } from './domain/record-blocked.ts';
import { createDetector } from './domain/detector.ts';
import patterns from './patterns.json' with { type: 'json' };

export interface GuardEndpointDependencies extends CheckMessageDependencies {
  readonly rates: RequestRates;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
  /** The rules as a document, for guards beside agents. */
  readonly packDocument: string;
}

/** A message of 1 MiB, escaped or in base64, and what goes with it. Larger ones need a guard beside the agent. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

let dependencies: GuardEndpointDependencies | undefined;

/** Invoked by the HTTP API. */
export const handler = (event: unknown): Promise<HttpAnswer> => serveGuard(event, (dependencies ??= build()));

/** Answers one request; where the guard fails, it says so with 503 and leaves the verdict to the caller's choice. */
export async function serveGuard(event: unknown, needed: GuardEndpointDependencies): Promise<HttpAnswer> {
  const request = readGuardRequest(event);
  try {
    const wait = await secondsToWait(request.caller, needed.rates, needed.clock.now());
    if (wait !== undefined) return tooMany(request.caller.requestsPerMinute, wait);
    if (Buffer.byteLength(request.body) > MAX_BODY_BYTES)
      return refuseJson(413, 'body_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);
    switch (request.route) {
      case 'POST /v1/check':
        return await check(request, needed);
      case 'POST /v1/blocked':
        return await takeReport(request, needed);
      default:
        return pack(request, needed.packDocument);
    }
  } catch (error) {
    needed.logger.error('guard_failed', { ...identityOf(request), ...describeError(error) });
    return refuseJson(503, 'guard_unavailable', 'The message was not checked. Send nothing, or try again.', {
      'retry-after': '2',
    });
  } finally {
    needed.metrics.publishStoredMetrics();
  }
}

const identityOf = ({ requestId, caller, route }: GuardRequest) => ({
  request_id: requestId,
  guard_key: caller.keyId,
  guard_key_name: caller.name,
  route,
});

const tooMany = (limit: number, seconds: number): HttpAnswer =>
  refuseJson(
    429,
    'too_many_requests',
    `This key may make ${limit} requests a minute. Wait, or ask its operator.`,
    { 'retry-after': String(seconds) },
  );

async function check(request: GuardRequest, needed: GuardEndpointDependencies): Promise<HttpAnswer> {
  const order = readCheck(request.body);
  if (!order.ok) return refuseJson(400, order.error.code, order.error.message);
  const { response, recorded } = await checkMessage(order.value, needed);
  needed.metrics.addMetric(GUARD_CHECKS, MetricUnit.Count, 1);
  if (recorded.ok) announce(recorded.value.fresh, request, needed);
  else {
    // Nothing was sent, so nothing leaked; but nobody will hear of the attempt.
    needed.metrics.addMetric(GUARD_NOT_RECORDED, MetricUnit.Count, 1);
    needed.logger.error('blocked_not_recorded', { ...identityOf(request), ...describeError(recorded.error) });
  }
  return answerJson(200, response);
}

async function takeReport(request: GuardRequest, needed: GuardEndpointDependencies): Promise<HttpAnswer> {
  const report = readReport(request.body);
  if (!report.ok) return refuseJson(400, report.error.code, report.error.message);
  if (holdsSecret(report.value, needed.scanner)) {
    needed.logger.warn('report_refused', { ...identityOf(request), reason: 'it still held a credential' });
    return refuseJson(
      422,
      'holds_a_secret',
      'The report still holds a credential and was thrown away. Does the guard have the rules of this stack?',
    );
  }
  const found = findingsOf(report.value, needed.clock.now());
  const { fresh, repeated } = await recordFindings(found, needed.quarantine, needed.retentionDays);
  announce(fresh, request, needed);
  return answerJson(200, { recorded: fresh.length, repeated });
}

function pack(request: GuardRequest, document: string): HttpAnswer {
  const headers = { etag: packTag(document), 'cache-control': 'no-cache' };
  return request.ifNoneMatch?.replace(/^W\//, '') === headers.etag
    ? answerText(304, '', headers)
    : answerText(200, document, headers);
}

function announce(
  findings: readonly Finding[],
  request: GuardRequest,
  { logger, metrics }: Pick<GuardEndpointDependencies, 'logger' | 'metrics'>,
): void {
  if (findings.length > 0) metrics.addMetric(GUARD_STOPPED, MetricUnit.Count, findings.length);
  for (const found of findings)
    logger.warn('secret_stopped', {
      ...identityOf(request),
      correlation_id: found.correlationId,
      finding_id: found.findingId,
      stage: found.stage,
      rule: found.rule,
      secret_type: found.secretType,
      severity: found.severity,
      bzzz_message_id: found.messageId,
      redacted_content: found.redactedContent,
    });
}

function build(): GuardEndpointDependencies {
  const env = parseEnv(checkMessageEnv, process.env);
  const dynamo = createDynamo();
  return {
    scanner: createDetector(compiledPack.parse(patterns), createRe2Regex),
    policy: env.GUARD_POLICY,
    fingerprinter: createKmsFingerprinter(createKms(), env.FINGERPRINT_KEY_ID),
    quarantine: createDynamoQuarantine(dynamo, env.QUARANTINE_TABLE),
    rates: createDynamoRequestRates(dynamo, env.GUARD_KEYS_TABLE),
    clock: systemClock,
    retentionDays: env.RETENTION_DAYS,
    logger: createLogger('guard'),
    metrics: createMetrics('guard'),
    packDocument: JSON.stringify(patterns),
  };
}
