/** `npm run metrics -- [--day 2026-11-21] [--days N] [--json] [--stage local|dev|prod]`: what was scanned, found and judged, by UTC day. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { utcDay } from '../functions/contracts/daily-metrics.ts';
import { readDailyMetrics } from '../functions/quarantine/adapters/dynamo-daily-metrics.ts';
import { renderDays } from './metrics/render.ts';
import { outputOf } from './support/stage.ts';

const DAY_MS = 86_400_000;
const bounded = { maxAttempts: 3, requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 } };
const text = { type: 'string' } as const;

try {
  const { values } = parseArgs({
    options: { day: text, days: text, stage: text, json: { type: 'boolean' } },
  });
  const last = values.day ?? utcDay(new Date().toISOString());
  if (!z.iso.date().safeParse(last).success)
    throw new Error(`--day ${last} is no day: write it like 2026-11-21.`);
  const count = z.coerce
    .number()
    .int()
    .min(1)
    .max(400)
    .safeParse(values.days ?? '1');
  if (!count.success) throw new Error(`--days ${values.days} is no number of days: 1 to 400.`);
  const table = await outputOf(values.stage ?? 'dev', 'data', 'MetricsTableName');
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(bounded));
  const days = [];
  for (let back = count.data - 1; back >= 0; back -= 1)
    days.push(
      await readDailyMetrics(client, table, utcDay(new Date(Date.parse(last) - back * DAY_MS).toISOString())),
    );
  console.log(values.json ? days.map((day) => JSON.stringify(day)).join('\n') : renderDays(days));
} catch (error) {
  console.error(error instanceof Error ? error.message : 'metrics: an unknown error');
  process.exitCode = 1;
}
