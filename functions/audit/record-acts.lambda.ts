import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { AUDIT_NOT_TAKEN } from '../contracts/metrics.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { readBusAct } from './adapters/bus-acts.ts';
import { createDynamoOutbox } from './adapters/dynamo-outbox.ts';
import { submit, type Inbox } from './domain/submit.ts';
import { recordActsEnv } from './record-acts.env.ts';

export interface RecordActsDependencies {
  readonly inbox: Inbox;
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
  { inbox, logger, metrics }: RecordActsDependencies,
): Promise<SQSBatchResponse> {
  async function record({ body, messageId }: SQSRecord): Promise<'taken' | 'known' | 'failed'> {
    try {
      const act = readBusAct(body);
      const taken = act.ok ? await submit(act.value, inbox) : act;
      if (taken.ok) return taken.value;
      logger.error('act_refused', { message_id: messageId, reason: taken.error });
    } catch (error) {
      logger.error('act_not_taken', { message_id: messageId, ...describeError(error) });
    }
    return 'failed';
  }
  const outcomes = await Promise.all(event.Records.map(record));
  const count = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length;
  metrics.addMetric(AUDIT_NOT_TAKEN, MetricUnit.Count, count('failed'));
  metrics.publishStoredMetrics();
  logger.info('acts_recorded', { taken: count('taken'), known: count('known'), failed: count('failed') });
  return {
    batchItemFailures: event.Records.filter((_, at) => outcomes[at] === 'failed').map(({ messageId }) => ({
      itemIdentifier: messageId,
    })),
  };
}

function build(): RecordActsDependencies {
  const env = parseEnv(recordActsEnv, process.env);
  return {
    inbox: createDynamoOutbox({ client: createDynamo(), tableName: env.AUDIT_TABLE, clock: systemClock }),
    logger: createLogger('audit'),
    metrics: createMetrics('audit'),
  };
}
