import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { Logger } from '@aws-lambda-powertools/logger';
import { auditPolicy } from '../contracts/audit-policy.ts';
import { AUDIT_ACTS_TAKEN } from '../contracts/metrics.ts';
import { systemClock, type Clock } from '../kernel/clock.ts';
import { createDynamo } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { answerJson, refuseJson, type HttpAnswer } from '../platform/http-api.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createDynamoRequestRates, secondsToWait, type RequestRates } from '../platform/request-rates.ts';
import { readActsRequest } from './adapters/acts-event.ts';
import { createAwsIntake } from './adapters/aws-intake.ts';
import { actsRequest, MAX_ACTS, MAX_ACTS_BYTES, takeForeignActs } from './domain/acts-api.ts';
import { takeIn, type TakenIn } from './domain/take-in.ts';
import policy from './policy.json' with { type: 'json' };
import { takeActsEnv } from './take-acts.env.ts';

export interface TakeActsDependencies {
  readonly take: (acts: readonly unknown[]) => Promise<readonly TakenIn[]>;
  readonly rates: RequestRates;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

let dependencies: TakeActsDependencies | undefined;

/** Invoked by the HTTP API. */
export const handler = (event: unknown): Promise<HttpAnswer> => serveActs(event, (dependencies ??= build()));

/** Answers one request: what it says is taken is kept for good; where that cannot be told it says 503, and to try again is safe. */
export async function serveActs(event: unknown, needed: TakeActsDependencies): Promise<HttpAnswer> {
  const { requestId, caller, idempotencyKey, body } = readActsRequest(event);
  const { logger, metrics, clock } = needed;
  try {
    const wait = await secondsToWait(caller, needed.rates, clock.now());
    if (wait !== undefined)
      return refuseJson(
        429,
        'too_many_requests',
        `This key may make ${caller.requestsPerMinute} requests a minute. Hand acts in by the batch, or ask its operator.`,
        { 'retry-after': String(wait) },
      );
    if (Buffer.byteLength(body) > MAX_ACTS_BYTES)
      return refuseJson(413, 'body_too_large', `The body is larger than ${MAX_ACTS_BYTES} bytes: split it.`);
    if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,64}$/.test(idempotencyKey))
      return refuseJson(400, 'bad_request', 'Idempotency-Key: 1 to 64 characters of ASCII without spaces.');
    const request = actsRequest.safeParse(parseJson(body));
    if (!request.success)
      return refuseJson(
        400,
        'bad_request',
        `The body is JSON like {"acts": […]} with 1 to ${MAX_ACTS} acts.`,
      );
    const answers = await takeForeignActs(request.data.acts, caller, idempotencyKey, needed.take);
    const count = (did: string) => answers.filter((each) => each.did === did).length;
    metrics.addMetric(AUDIT_ACTS_TAKEN, MetricUnit.Count, count('taken'));
    logger.info('acts_taken', {
      ...{ request_id: requestId, key: caller.keyId, key_name: caller.name },
      ...{
        taken: count('taken'),
        known: count('known'),
        skipped: count('skipped'),
        refused: count('refused'),
      },
    });
    return answerJson(200, { answers });
  } catch (error) {
    logger.error('acts_failed', { request_id: requestId, key: caller.keyId, ...describeError(error) });
    return refuseJson(
      503,
      'log_unavailable',
      'It cannot be told whether the acts were kept. Hand them in again, with the same ids.',
      { 'retry-after': '2' },
    );
  } finally {
    metrics.publishStoredMetrics();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function build(): TakeActsDependencies {
  const env = parseEnv(takeActsEnv, process.env);
  const dynamo = createDynamo();
  const intake = createAwsIntake({
    policy: auditPolicy.parse(policy),
    dynamo,
    table: env.AUDIT_TABLE,
    besideBucket: env.BESIDE_BUCKET,
    findSecrets: env.FIND_SECRETS_FUNCTION,
  });
  return {
    take: (acts) => takeIn(acts, intake),
    rates: createDynamoRequestRates(dynamo, env.AUDIT_KEYS_TABLE),
    clock: systemClock,
    logger: createLogger('audit'),
    metrics: createMetrics('audit'),
  };
}
