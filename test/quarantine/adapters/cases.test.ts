/** Cases on DynamoDB: counted exactly under repetition, reordering and contention; one winner among reviewers. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { quarantineItem, type QuarantineItem } from '../../../functions/contracts/quarantine.ts';
import { toIso, type Clock } from '../../../functions/kernel/clock.ts';
import { createDynamoCaseCounter } from '../../../functions/quarantine/adapters/dynamo-case-counter.ts';
import { createDynamoCaseDesk } from '../../../functions/quarantine/adapters/dynamo-case-desk.ts';
import { createDynamoCaseProjector } from '../../../functions/quarantine/adapters/dynamo-case-projector.ts';
import { readDailyMetrics } from '../../../functions/quarantine/adapters/dynamo-daily-metrics.ts';
import { createDynamoQuarantineReader } from '../../../functions/quarantine/adapters/dynamo-quarantine-reader.ts';
import { caseIdOf, type Case, type Decision } from '../../../functions/quarantine/domain/case.ts';
import type { CaseCounter, CaseDesk } from '../../../functions/quarantine/domain/case-book.ts';
import { awsOptions } from '../../support/emulator-client.ts';
import { anItem } from '../../support/finding-builder.ts';
import {
  createCaseTable,
  createMetricsTable,
  createQuarantineTable,
} from '../../support/quarantine-tables.ts';

const plain = new DynamoDBClient(awsOptions(inject('endpoint')));
const client = DynamoDBDocumentClient.from(plain, { marshallOptions: { removeUndefinedValues: true } });
const NOW = Date.parse('2026-11-21T09:00:00.000Z');
const clock: Clock = { now: () => NOW };
const DAY = '2026-11-21';
const caseId = caseIdOf(anItem().fingerprint);

let tables: { quarantine: string; cases: string; metrics: string };
let counter: CaseCounter;
let desk: CaseDesk;

const item = (position: number, overrides: Partial<QuarantineItem> = {}) =>
  anItem({ position, detectedAt: toIso(NOW - 1_000 * (100 - position)), ...overrides });
async function put(...items: QuarantineItem[]): Promise<QuarantineItem[]> {
  for (const Item of items) await client.send(new PutCommand({ TableName: tables.quarantine, Item }));
  return items;
}
const finding = (id: string) =>
  createDynamoQuarantineReader({ client, tableName: tables.quarantine, clock }).get(id);
const decision = (what: Decision['do'], seen: number, reviewer = 'ada'): Decision => ({
  caseId,
  do: what,
  reviewer,
  reason: `${reviewer} says ${what}`,
  seen,
});
async function decided(what: Decision['do'], seen: number): Promise<Case> {
  const answer = await desk.decide(decision(what, seen));
  if (!answer.ok) throw new Error(answer.error.why);
  return answer.value;
}

beforeEach(async () => {
  tables = {
    quarantine: await createQuarantineTable(plain),
    cases: await createCaseTable(plain),
    metrics: await createMetricsTable(plain),
  };
  const options = { client, caseTable: tables.cases, metricsTable: tables.metrics, clock };
  counter = createDynamoCaseCounter({
    ...options,
    quarantineTable: tables.quarantine,
    wait: (milliseconds) => wait(milliseconds),
  });
  desk = createDynamoCaseDesk({ ...options, memoryDays: 400 });
});
afterAll(() => plain.destroy());

describe('counting', () => {
  test('counts each finding once, repeated, reordered, in batches that overlap', async () => {
    const items = await put(...Array.from({ length: 7 }, (_, position) => item(position)));
    await counter.count(items.slice(2, 5));
    await counter.count(items.toReversed());
    const known = await counter.count(items);
    expect(known).toMatchObject({
      occurrences: 7,
      firstSeenAt: items[0]?.detectedAt,
      lastSeenAt: items[6]?.detectedAt,
    });
    expect((await readDailyMetrics(client, tables.metrics, DAY)).secretsDetected).toBe(7);
  });

  test('is exact when several count the same findings at the same time', async () => {
    const items = await put(...Array.from({ length: 12 }, (_, position) => item(position)));
    await Promise.all([
      counter.count(items),
      counter.count(items.slice(0, 6)),
      counter.count(items.slice(4)),
      counter.count(items.toReversed()),
    ]);
    expect((await desk.get(caseId))?.occurrences).toBe(12);
    expect(await readDailyMetrics(client, tables.metrics, DAY)).toMatchObject({
      secretsDetected: 12,
      bySeverity: { CRITICAL: 12 },
    });
  });

  test('takes more findings than one transaction holds', async () => {
    const items = await put(...Array.from({ length: 100 }, (_, position) => item(position)));
    expect((await counter.count(items))?.occurrences).toBe(100);
  });

  test('shows the case on the finding, which keeps its expiry', async () => {
    const [one] = await put(item(1));
    if (!one) return;
    await counter.count([one]);
    const shown = quarantineItem.parse(await finding(one.pk));
    expect(shown).toMatchObject({ caseId, caseVersion: 1, status: 'pending', expiresAt: one.expiresAt });
  });

  test('counts nothing for a finding that is gone', async () => {
    expect(await counter.count([item(1)])).toBeUndefined();
  });
});

describe('reviewing', () => {
  beforeEach(async () => {
    await counter.count(await put(item(1), item(2)));
  });

  test('lets one of two reviewers win who decide at once, and tells the other who', async () => {
    const answers = await Promise.all([
      desk.decide(decision('confirm', 0, 'ada')),
      desk.decide(decision('false_positive', 0, 'bob')),
    ]);
    const [won] = answers.filter((answer) => answer.ok);
    const [lost] = answers.filter((answer) => !answer.ok);
    const now = await desk.get(caseId);
    expect(won).toMatchObject({ value: { status: now?.status, reviewer: now?.reviewer } });
    expect(lost).toMatchObject({
      error: { why: 'decided_meanwhile', by: now?.reviewer, status: now?.status },
    });
    expect(now?.decisions).toBe(1);
    const day = await readDailyMetrics(client, tables.metrics, DAY);
    expect(day.falsePositives).toBe(now?.status === 'false_positive' ? 1 : 0);
  });

  test('does not lose a finding that is counted while somebody decides', async () => {
    const more = await put(...Array.from({ length: 6 }, (_, index) => item(10 + index)));
    await Promise.all([...more.map((one) => counter.count([one])), decided('confirm', 0)]);
    expect(await desk.get(caseId)).toMatchObject({ occurrences: 8, status: 'confirmed', decisions: 1 });
  });

  test('refuses a move that the table does not know, and a case that is not there', async () => {
    await decided('confirm', 0);
    expect(await desk.decide(decision('confirm', 1))).toMatchObject({ error: { why: 'no_such_move' } });
    expect(await desk.decide({ ...decision('confirm', 0), caseId: caseIdOf('0'.repeat(64)) })).toMatchObject({
      error: { why: 'no_such_case' },
    });
  });

  test('counts a false positive on the day of the decision, and a repeated decision not at all', async () => {
    await decided('false_positive', 0);
    await desk.decide(decision('false_positive', 0));
    expect((await readDailyMetrics(client, tables.metrics, DAY)).falsePositives).toBe(1);
  });

  test('lists by status with pages on which each case stands once', async () => {
    for (let index = 0; index < 5; index += 1) {
      const fingerprint = String(index).repeat(64);
      await counter.count(await put(item(20 + index, { fingerprint })));
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await desk.list(
        { by: 'status', value: 'pending' },
        { limit: 2, ...(cursor !== undefined && { cursor }) },
      );
      if (!page.ok) throw new Error(page.error);
      seen.push(...page.value.cases.map(({ pk }) => pk));
      cursor = page.value.next;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(6);
    expect(new Set(seen).size).toBe(6);
    const pending = { by: 'status', value: 'pending' } as const;
    const first = await desk.list(pending, { limit: 100 });
    const opened = Date.parse((first.ok ? first.value.cases[0]?.openedAt : undefined) ?? '');
    const of = async (bounds: { from?: number; until?: number }) => {
      const page = await desk.list(pending, { limit: 100, ...bounds });
      return page.ok ? page.value.cases.length : page.error;
    };
    expect(await of({ from: opened, until: opened + 1 })).toBeGreaterThan(0);
    expect(await of({ from: opened + 1 })).toBe(0);
    expect(await of({ from: opened + 1, until: opened })).toBe(0);
    expect(await desk.list({ by: 'severity', value: 'LOW' }, { limit: 2, cursor: 'bm9uZQ' })).toEqual({
      ok: false,
      error: 'cursor_of_another_query',
    });
  });
});

describe('showing a case on its findings', () => {
  test('brings status, review and hold to each, and an older version never over a newer one', async () => {
    const items = await put(...Array.from({ length: 30 }, (_, position) => item(position)));
    await counter.count(items);
    const projector = createDynamoCaseProjector(client, tables.quarantine);
    const judged = await decided('false_positive', 0);
    const held = await decided('hold', 1);
    expect(await projector.project(held)).toBe(30);
    expect(await projector.project(judged)).toBe(0);
    expect(await projector.project(held)).toBe(0);
    for (const { pk } of items) {
      const shown = await finding(pk);
      expect(shown).toMatchObject({
        status: 'false_positive',
        reviewed: true,
        reviewAction: 'false_positive',
        reviewer: 'ada',
        onHold: true,
      });
      expect(shown).not.toHaveProperty('expiresAt');
    }
    const late = item(50);
    await counter.count(await put(late));
    expect(await finding(late.pk)).toMatchObject({ onHold: true, keepUntil: late.expiresAt });
    expect(await finding(late.pk)).not.toHaveProperty('expiresAt');

    await projector.project(await decided('lift_hold', 2));
    for (const one of [...items, late])
      expect(await finding(one.pk)).toMatchObject({ onHold: false, expiresAt: one.expiresAt });
  });

  test('does not touch a finding that is not counted yet: it will show the case when it is', async () => {
    await counter.count(await put(item(1)));
    await put(item(2));
    const projector = createDynamoCaseProjector(client, tables.quarantine);
    expect(await projector.project(await decided('confirm', 0))).toBe(1);
    await counter.count([item(2)]);
    expect(await finding(item(2).pk)).toMatchObject({ status: 'confirmed', reviewer: 'ada' });
  });
});
