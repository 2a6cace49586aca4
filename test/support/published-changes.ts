import { Metrics } from '@aws-lambda-powertools/metrics';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import type { Publisher } from '../../functions/kernel/publish-changes.ts';
import { ok, type Result } from '../../functions/kernel/result.ts';
import { LinesLogger } from './lines-logger.ts';

interface Dependencies<E> {
  readonly publisher: Publisher<E>;
  readonly logger: LinesLogger;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

/** Hands records of a table's stream to a handler that announces them, and collects all that it says. */
export async function publishedChanges<E>(
  handle: (event: unknown, dependencies: Dependencies<E>) => Promise<DynamoDBBatchResponse>,
  Records: readonly unknown[],
  answer: (event: E) => Result<void, string> = () => ok(undefined),
) {
  const told: E[] = [];
  const metrics = new Map<string, number>();
  const logger = new LinesLogger();
  const response = await handle(
    { Records },
    {
      logger,
      publisher: {
        publish: (events) => {
          told.push(...events);
          return Promise.resolve(events.map(answer));
        },
      },
      metrics: {
        addMetric: (name: string, _unit: unknown, value: number) => {
          metrics.set(name, value);
          return new Metrics();
        },
        publishStoredMetrics: () => new Metrics(),
      },
    },
  );
  return { response, told, metrics, lines: logger.lines };
}
