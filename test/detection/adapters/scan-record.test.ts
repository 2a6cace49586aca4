import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createDynamoScanRecord } from '../../../functions/detection/adapters/dynamo-scan-record.ts';
import { compiledPack } from '../../../functions/detection/domain/pack.ts';
import patterns from '../../../functions/detection/patterns.json' with { type: 'json' };
import { toIso } from '../../../functions/kernel/clock.ts';
import { readDailyMetrics } from '../../../functions/quarantine/adapters/dynamo-daily-metrics.ts';
import { awsOptions } from '../../support/emulator-client.ts';
import { createMetricsTable } from '../../support/quarantine-tables.ts';
import { batchOf, NOW } from '../support/batches.ts';

const plain = new DynamoDBClient(awsOptions(inject('endpoint')));
const client = DynamoDBDocumentClient.from(plain);
const pack = compiledPack.parse(patterns);
let metricsTable: string;

const recorder = (used: Pick<typeof pack, 'digest' | 'rules'> = pack) =>
  createDynamoScanRecord({
    client,
    metricsTable,
    clock: { now: () => NOW },
    pack: used,
    wait: (milliseconds) => wait(milliseconds),
  });
const day = () => readDailyMetrics(client, metricsTable, toIso(NOW).slice(0, 10));
const batch = (from: number, count: number) => batchOf(Array<string>(count).fill('x'), from);

beforeEach(async () => {
  metricsTable = await createMetricsTable(plain);
});
afterAll(() => plain.destroy());

describe('the record of what was scanned', () => {
  test('is exact under repetition, other packing, reordering and several detectors at once', async () => {
    const [one, two] = [recorder(), recorder()];
    await Promise.all([
      one.scanned([batch(0, 100), batch(100, 50)]),
      two.scanned([batch(300, 10)]),
      two.scanned([batch(100, 50)]),
      one.scanned([batch(90, 30)]),
    ]);
    await two.scanned([batch(0, 160)]);
    expect((await day()).messagesScanned).toBe(170);
  });

  test('counts as updated what differs from the pack before, once for each pack', async () => {
    const [first, second, ...others] = pack.rules;
    if (!first || !second) throw new Error('The pack has too few rules.');
    await recorder().scanned([batch(0, 1)]);
    expect((await day()).rulesUpdated).toBe(0);
    const newer = { digest: 'newer', rules: [{ ...first, confidence: 0.123 }, ...others] };
    await Promise.all([recorder(newer).scanned([batch(1, 1)]), recorder(newer).scanned([batch(2, 1)])]);
    // While a deployment goes on, functions with the older pack still run.
    await recorder().scanned([batch(3, 1)]);
    await recorder(newer).scanned([batch(4, 1)]);
    expect(await day()).toMatchObject({ rulesUpdated: 2, messagesScanned: 5 });
  });
});
