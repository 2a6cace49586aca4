import { afterAll, beforeEach, expect, inject, test } from 'vitest';
import {
  createDynamoBreaker,
  createDynamoDeliveryLog,
} from '../../../functions/alerts/adapters/dynamo-delivery-log.ts';
import type { StateTable } from '../../../functions/alerts/adapters/state-table.ts';
import { aNote } from '../../support/note-builder.ts';
import { stateTables } from '../../support/state-table.ts';

const tables = stateTables(inject('endpoint'));
let table: StateTable;
const NOW = 1_800_000_000_000;
afterAll(() => tables.close());
beforeEach(async () => {
  table = await tables.create();
});

test('a message is claimed by one function; what it was called is known to the next message', async () => {
  const log = createDynamoDeliveryLog(table);
  const claim = (revision: number, now = NOW) => log.claim('slack', aNote({ revision }), now + 1_000, now);
  const all = await Promise.all([claim(1), claim(1), claim(1)]);
  expect(all.map(({ kind }) => kind).sort()).toEqual(['claimed', 'held', 'held']);
  await log.delivered('slack', aNote(), 'ts-1');
  expect(await claim(1)).toEqual({ kind: 'superseded' });
  expect(await claim(2)).toEqual({ kind: 'claimed', attempted: false, reference: 'ts-1' });
});

test('a message may be there already when the function that tried it died or heard no answer', async () => {
  const log = createDynamoDeliveryLog(table);
  const claim = (now: number) => log.claim('slack', aNote(), now + 1_000, now);
  expect(await claim(NOW)).toEqual({ kind: 'claimed', attempted: false });
  expect(await claim(NOW + 1_000)).toEqual({ kind: 'claimed', attempted: true });
  await log.release('slack', aNote(), true);
  expect(await claim(NOW + 1_000)).toEqual({ kind: 'claimed', attempted: true });
});

test('a circuit opens after five failures in a row, once for all of a moment, and closes with a success', async () => {
  const breaker = createDynamoBreaker(table);
  for (let i = 0; i < 4; i += 1) await breaker.failed('slack', NOW);
  expect(await breaker.openUntil('slack')).toBe(0);
  for (let i = 0; i < 9; i += 1) await breaker.failed('slack', NOW);
  expect(await breaker.openUntil('slack')).toBe(NOW + 5_000);
  await breaker.failed('slack', NOW + 5_000);
  expect(await breaker.openUntil('slack')).toBe(NOW + 15_000);
  await breaker.succeeded('slack');
  expect(await breaker.openUntil('slack')).toBe(0);
});
