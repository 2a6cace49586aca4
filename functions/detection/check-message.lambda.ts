import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Finding } from '../contracts/finding.ts';
import { GUARD_CHECKS, GUARD_NOT_RECORDED, GUARD_STOPPED } from '../contracts/metrics.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createKms } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createDynamoGuardRates } from './adapters/dynamo-guard-keys.ts';
import { createDynamoQuarantine } from './adapters/dynamo-quarantine.ts';
import {
  answer,
  readApiRequest,
  refusal,
  type ApiRequest,
  type ApiResponse,
} from './adapters/http-api-event.ts';
import { createKmsFingerprinter } from '../platform/kms-fingerprinter.ts';
import { createRe2Regex } from './adapters/re2-regex.ts';
import { checkMessageEnv } from './check-message.env.ts';
import { readCheck, readReport } from './domain/answer-check.ts';
import { checkMessage, type CheckMessageDependencies } from './domain/check-message.ts';
import type { GuardRates } from './domain/guard-keys.ts';
import { packTag } from './domain/open-pack.ts';
import { compiledPack } from './domain/pack.ts';
import { findingsOf, holdsSecret, recordFindings } from './domain/record-blocked.ts';
import { createDetector } from './domain/detector.ts';
import patterns from './patterns.json' with { type: 'json' };

export interface GuardEndpointDependencies extends CheckMessageDependencies {
  readonly rates: GuardRates;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
  /** The rules as a document, for guards beside agents. */
  readonly packDocument: string;
}

/** A message of 1 MiB, escaped or in base64, and what goes with it. Larger ones need a guard beside the agent. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

let dependencies: GuardEndpointDependencies | undefined;

/** Invoked by the HTTP API. */
export const handler = (event: unknown): Promise<ApiResponse> =>
  serveGuard(event, (dependencies ??= build()));

/** Answers one request; where the guard fails, it says so with 503 and leaves the verdict to the caller's choice. */
export async function serveGuard(event: unknown, needed: GuardEndpointDependencies): Promise<ApiResponse> {
  const request = readApiRequest(event);
  try {
    const { keyId, requestsPerMinute } = request.caller;
    const now = needed.clock.now();
    if ((await needed.rates.count(keyId, Math.floor(now / 60_000))) > requestsPerMinute)
      return tooMany(requestsPerMinute, 60 - (Math.floor(now / 1000) % 60));
    if (Buffer.byteLength(request.body) > MAX_BODY_BYTES)
      return refusal(413, {
        code: 'body_too_large',
        message: `The body is larger than ${MAX_BODY_BYTES} bytes.`,
      });
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
    return refusal(
      503,
      { code: 'guard_unavailable', message: 'The message was not checked. Send nothing, or try again.' },
      { 'retry-after': '2' },
    );
  } finally {
    needed.metrics.publishStoredMetrics();
  }
}

const identityOf = ({ requestId, caller, route }: ApiRequest) => ({
  request_id: requestId,
  guard_key: caller.keyId,
  guard_key_name: caller.name,
  route,
});

const tooMany = (limit: number, seconds: number): ApiResponse =>
  refusal(
    429,
    {
      code: 'too_many_requests',
      message: `This key may make ${limit} requests a minute. Wait, or ask its operator.`,
    },
    { 'retry-after': String(seconds) },
  );

async function check(request: ApiRequest, needed: GuardEndpointDependencies): Promise<ApiResponse> {
  const order = readCheck(request.body);
  if (!order.ok) return refusal(400, order.error);
  const { response, recorded } = await checkMessage(order.value, needed);
  needed.metrics.addMetric(GUARD_CHECKS, MetricUnit.Count, 1);
  if (recorded.ok) announce(recorded.value.fresh, request, needed);
  else {
    // Nothing was sent, so nothing leaked; but nobody will hear of the attempt.
    needed.metrics.addMetric(GUARD_NOT_RECORDED, MetricUnit.Count, 1);
    needed.logger.error('blocked_not_recorded', { ...identityOf(request), ...describeError(recorded.error) });
  }
  return answer(200, JSON.stringify(response));
}

async function takeReport(request: ApiRequest, needed: GuardEndpointDependencies): Promise<ApiResponse> {
  const report = readReport(request.body);
  if (!report.ok) return refusal(400, report.error);
  if (holdsSecret(report.value, needed.scanner)) {
    needed.logger.warn('report_refused', { ...identityOf(request), reason: 'it still held a credential' });
    return refusal(422, {
      code: 'holds_a_secret',
      message:
        'The report still holds a credential and was thrown away. Does the guard have the rules of this stack?',
    });
  }
  const found = findingsOf(report.value, needed.clock.now());
  const { fresh, repeated } = await recordFindings(found, needed.quarantine, needed.retentionDays);
  announce(fresh, request, needed);
  return answer(200, JSON.stringify({ recorded: fresh.length, repeated }));
}

function pack(request: ApiRequest, document: string): ApiResponse {
  const headers = { etag: packTag(document), 'cache-control': 'no-cache' };
  return request.ifNoneMatch?.replace(/^W\//, '') === headers.etag
    ? answer(304, '', headers)
    : answer(200, document, headers);
}

function announce(
  findings: readonly Finding[],
  request: ApiRequest,
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
    rates: createDynamoGuardRates(dynamo, env.GUARD_KEYS_TABLE),
    clock: systemClock,
    retentionDays: env.RETENTION_DAYS,
    logger: createLogger('guard'),
    metrics: createMetrics('guard'),
    packDocument: JSON.stringify(patterns),
  };
}
