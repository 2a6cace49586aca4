import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { auditPolicy } from '../contracts/audit-policy.ts';
import { AUDIT_NOT_TAKEN } from '../contracts/metrics.ts';
import { createDynamo } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { readBusAct } from './adapters/bus-acts.ts';
import { createAwsIntake } from './adapters/aws-intake.ts';
import { takeIn, type TakenIn } from './domain/take-in.ts';
import policy from './policy.json' with { type: 'json' };
import { recordActsEnv } from './record-acts.env.ts';

export interface RecordActsDependencies {
  readonly take: (acts: readonly unknown[]) => Promise<readonly TakenIn[]>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

let dependencies: RecordActsDependencies | undefined;

/** Invoked by the queue that the buses' rules fill. */
export const handler = (event: SQSEvent): Promise<SQSBatchResponse> =>
  recordActs(event, (dependencies ??= build()));

/** Hands each event in as an act; one that fails is tried again alone, and put aside for a person in the end. */
export async function recordActs(
  event: SQSEvent,
  { take, logger, metrics }: RecordActsDependencies,
): Promise<SQSBatchResponse> {
  async function record({ body, messageId }: SQSRecord): Promise<TakenIn['did'] | 'failed'> {
    try {
      const act = readBusAct(body);
      const [taken] = act.ok ? await take([act.value]) : [{ did: 'refused' as const, why: act.error }];
      if (taken !== undefined && taken.did !== 'refused') return taken.did;
      logger.error('act_refused', { message_id: messageId, reason: taken?.why });
    } catch (error) {
      logger.error('act_not_taken', { message_id: messageId, ...describeError(error) });
    }
    return 'failed';
  }
  const outcomes = await Promise.all(event.Records.map(record));
  const count = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length;
  metrics.addMetric(AUDIT_NOT_TAKEN, MetricUnit.Count, count('failed'));
  metrics.publishStoredMetrics();
  logger.info('acts_recorded', {
    ...{ taken: count('taken'), known: count('known'), skipped: count('skipped'), failed: count('failed') },
  });
  return {
    batchItemFailures: event.Records.filter((_, at) => outcomes[at] === 'failed').map(({ messageId }) => ({
      itemIdentifier: messageId,
    })),
  };
}

function build(): RecordActsDependencies {
  const env = parseEnv(recordActsEnv, process.env);
  const intake = createAwsIntake({
    policy: auditPolicy.parse(policy),
    dynamo: createDynamo(),
    table: env.AUDIT_TABLE,
    besideBucket: env.BESIDE_BUCKET,
    findSecrets: env.FIND_SECRETS_FUNCTION,
  });
  return {
    take: (acts) => takeIn(acts, intake),
    logger: createLogger('audit'),
    metrics: createMetrics('audit'),
  };
}
