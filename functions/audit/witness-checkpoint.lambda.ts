import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import { WITNESS_CONFLICTS, WITNESS_COSIGNED } from '../contracts/metrics.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createKms } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { answerText, apiEvent, bodyOf, readApiEvent, type HttpAnswer } from '../platform/http-api.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createDynamoWitnessMemory } from './adapters/dynamo-witness-memory.ts';
import { createKmsWitnessSigner } from './adapters/kms-witness-signer.ts';
import { parseVkey } from './domain/signed-note.ts';
import { addCheckpoint, watchedLogs, type Witness } from './domain/witness.ts';
import { witnessCheckpointEnv } from './witness-checkpoint.env.ts';

export interface WitnessCheckpointDependencies {
  readonly witness: Witness;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

/** A checkpoint with a proof of 63 lines and a dozen signatures has no more. */
const MAX_BODY_BYTES = 16_384;

const PLAIN = { 'content-type': 'text/plain; charset=utf-8' };

let dependencies: Promise<WitnessCheckpointDependencies> | undefined;

/** Invoked by the HTTP API. */
export async function handler(event: unknown): Promise<HttpAnswer> {
  dependencies ??= build();
  try {
    return await serveWitness(event, await dependencies);
  } catch (error) {
    // What could not be built is built anew: KMS may have been out of reach for a moment.
    dependencies = undefined;
    throw error;
  }
}

/** Answers `add-checkpoint`, and tells its own key to whoever asks. */
export async function serveWitness(
  event: unknown,
  { witness, logger, metrics }: WitnessCheckpointDependencies,
): Promise<HttpAnswer> {
  const request = readApiEvent(apiEvent, event);
  if (request.routeKey === 'GET /key') return answerText(200, `${witness.signer.key.vkey}\n`, PLAIN);
  const bytes = bodyOf(request);
  if (bytes.length > MAX_BODY_BYTES)
    return answerText(400, `The request has more than ${MAX_BODY_BYTES} bytes.\n`, PLAIN);
  try {
    const answer = await addCheckpoint(bytes, witness);
    const cosigned = answer.status === 200;
    metrics.addMetric(WITNESS_COSIGNED, MetricUnit.Count, cosigned ? 1 : 0);
    // Signed by the log and not what it grew from: this is what a witness is there for.
    if (answer.status === 422) metrics.addMetric(WITNESS_CONFLICTS, MetricUnit.Count, 1);
    if (cosigned) logger.info('checkpoint_cosigned', {});
    else logger.warn('checkpoint_refused', { status: answer.status, reason: answer.body.trim() });
    return answerText(answer.status, answer.body, { 'content-type': answer.contentType });
  } catch (error) {
    logger.error('witness_failed', describeError(error));
    return answerText(503, 'The witness cannot tell what it saw last. Ask again.\n', PLAIN);
  } finally {
    metrics.publishStoredMetrics();
  }
}

async function build(): Promise<WitnessCheckpointDependencies> {
  const env = parseEnv(witnessCheckpointEnv, process.env);
  const logs = watchedLogs(
    env.WITNESS_LOGS.split(/\s+/).map((vkey) => {
      const key = parseVkey(vkey);
      if (!key.ok) throw new Error(`WITNESS_LOGS: a key ${key.error}.`);
      return key.value;
    }),
  );
  return {
    witness: {
      logs,
      memory: createDynamoWitnessMemory(createDynamo(), env.WITNESS_TABLE),
      signer: await createKmsWitnessSigner(createKms(), env.WITNESS_NAME, env.WITNESS_KEY),
      now: () => Math.floor(systemClock.now() / 1000),
    },
    logger: createLogger('witness'),
    metrics: createMetrics('witness'),
  };
}
