/** The evaluation on real tables and queues: repeated, reordered and by several functions at once. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createDynamoGroupStore } from '../../../functions/alerts/adapters/dynamo-group-store.ts';
import {
  createDynamoInhibitionStore,
  createDynamoWindowStore,
} from '../../../functions/alerts/adapters/dynamo-window-store.ts';
import {
  createDynamoSilenceBook,
  createDynamoSilenceStore,
} from '../../../functions/alerts/adapters/dynamo-silence-book.ts';
import type { StateTable } from '../../../functions/alerts/adapters/state-table.ts';
import { elapse, evaluate, type EvaluateDeps } from '../../../functions/alerts/domain/evaluate.ts';
import type { AlertEvent } from '../../../functions/alerts/domain/event.ts';
import { noteId, type Note } from '../../../functions/alerts/domain/note.ts';
import type { Timer } from '../../../functions/alerts/domain/ports.ts';
import { RuleBook } from '../../../functions/alerts/domain/rule-book.ts';
import { ruleSet } from '../../../functions/alerts/domain/sigma/rule.ts';
import { stateTables } from '../../support/state-table.ts';

const tables = stateTables(inject('endpoint'));
const rules = ruleSet.parse(
  JSON.parse(
    await readFile(path.resolve(import.meta.dirname, '../../../functions/alerts/rules.json'), 'utf8'),
  ),
);
const START = Date.parse('2026-11-21T10:00:00Z');
afterAll(() => tables.close());

let now: number;
let notes: Note[];
let timers: Timer[];
let table: StateTable;
/** Lets the next send fail, as a function that dies there. */
let failing: number;

beforeEach(async () => {
  table = await tables.create();
  now = START;
  notes = [];
  timers = [];
  failing = 0;
});

/** As one function has them. */
function deps(): EvaluateDeps {
  return {
    book: new RuleBook(rules),
    windows: createDynamoWindowStore(table),
    groups: createDynamoGroupStore(table, () => now),
    inhibitions: createDynamoInhibitionStore(table),
    silences: createDynamoSilenceStore(table, () => now),
    outbox: {
      async send(note) {
        if (failing > 0) {
          failing -= 1;
          throw new Error('died');
        }
        notes.push(note);
      },
      remind: async (more) => void timers.push(...more),
    },
    raised: new Set(),
    now: () => now,
    linkTo: () => 'https://console.example/cases',
    observe: () => undefined,
  };
}

const leak = (n: number, more: Record<string, unknown> = {}): AlertEvent => ({
  id: `fnd_${n}`,
  at: START + n,
  fields: {
    event: 'SecretQuarantined',
    severity: 'CRITICAL',
    agent: 'agent-1',
    fingerprint: `fp-${n}`,
    secretType: 'github-pat',
    redactedKey: 'ghp_****abcd',
    reference: `hyperlog:${n}`,
    pages: true,
    ...more,
  },
});
const caseMoves = (n: number, status: string, at: number): AlertEvent => ({
  id: `case-${n}#${status}`,
  at,
  fields: { event: 'CaseChanged', status, reappeared: false, fingerprint: `fp-${n}` },
});
async function pass(ms: number): Promise<void> {
  now += ms;
  const due = timers.filter(({ dueAt }) => dueAt <= now);
  timers = timers.filter(({ dueAt }) => dueAt > now);
  for (const timer of due) await elapse(timer, false, deps());
}
/** What channels are handed, without repetitions: they deduplicate by the note's id. */
const told = () => [...new Map(notes.map((note) => [noteId(note), note])).values()];

describe('a critical finding', () => {
  test('is told at once, and once however often it comes', async () => {
    await evaluate([leak(1)], false, deps());
    await evaluate([leak(1)], true, deps());
    await pass(300_000);
    await pass(300_000);
    const criticals = told().filter(({ rules: [first] }) => first?.name === 'critical-finding');
    expect(criticals).toHaveLength(1);
    expect(notes[0]).toMatchObject({ kind: 'open', severity: 'CRITICAL', count: 1, cases: { open: 1 } });
  });

  test('is told although the function died before a channel had it', async () => {
    failing = 1;
    await expect(evaluate([leak(1)], false, deps())).rejects.toThrow('died');
    expect(notes).toEqual([]);
    await evaluate([leak(1)], true, deps());
    expect(told()).toHaveLength(1);
  });

  test('that a person has judged harmless is not told', async () => {
    await evaluate([leak(1, { pages: false })], false, deps());
    expect(notes).toEqual([]);
  });
});

describe('a flood', () => {
  test('from one agent is one message that counts, by functions at once, in any order and twice', async () => {
    const events = Array.from({ length: 120 }, (_, n) => leak((n * 37) % 120));
    const batches = Array.from({ length: 24 }, (_, i) => events.slice((i % 12) * 10, (i % 12) * 10 + 10));
    await Promise.all(batches.map((batch, i) => evaluate(batch, i >= 12, deps())));
    const early = told();
    expect(early.length).toBeLessThanOrEqual(1);
    now += 300_000 - 120;
    timers = timers.filter(({ kind }) => kind === 'group');
    await pass(200);
    const last = told().at(-1);
    expect(told().length).toBeLessThanOrEqual(2);
    expect(last?.rules.find(({ name }) => name === 'critical-finding')?.count).toBe(120);
    expect(last?.rules.map(({ name }) => name)).toContain('agent-above-usual');
  }, 60_000);
});

describe('a case', () => {
  test('that is over resolves its message; one that was over before anybody heard of it is told as that', async () => {
    await evaluate([leak(1)], false, deps());
    await evaluate([caseMoves(1, 'revoked', START + 50)], false, deps());
    expect(told().map(({ kind }) => kind)).toEqual(['open', 'resolve']);
    await evaluate([caseMoves(2, 'revoked', START + 60)], false, deps());
    await evaluate([leak(2, { agent: 'agent-2' })], false, deps());
    expect(
      told()
        .filter(({ labels }) => labels.agent === 'agent-2')
        .map(({ kind }) => kind),
    ).toEqual(['resolve']);
  });

  test('that somebody reviews is acknowledged, and a leak after the end begins anew', async () => {
    await evaluate([leak(1)], false, deps());
    await evaluate([caseMoves(1, 'confirmed', START + 50)], false, deps());
    expect(told().at(-1)).toMatchObject({ kind: 'update', cases: { open: 0, acknowledged: 1 } });
    await evaluate([caseMoves(1, 'revoked', START + 60)], false, deps());
    await evaluate([leak(9)], false, deps());
    expect(told().map(({ kind, episode }) => `${kind} ${episode}`)).toEqual([
      'open 1',
      'update 1',
      'resolve 1',
      'open 2',
    ]);
  });
});

describe('an absence', () => {
  test('is told five minutes after the leak, and not where the secret was revoked', async () => {
    await evaluate([leak(1), leak(2, { agent: 'agent-2' })], false, deps());
    await evaluate([caseMoves(2, 'revoked', START + 60_000)], false, deps());
    await pass(299_000);
    expect(told().some(({ rules: of }) => of.some(({ name }) => name === 'leak-not-revoked'))).toBe(false);
    await pass(2_000);
    await pass(300_000);
    const late = told().filter(({ rules: of }) => of.some(({ name }) => name === 'leak-not-revoked'));
    expect(late.map(({ labels }) => labels.agent)).toEqual(['agent-1']);
  });
});

describe('a silence', () => {
  test('keeps what fits it back, and what it kept back is told when it ends', async () => {
    const book = createDynamoSilenceBook(table);
    await book.add({
      id: 's1',
      matchers: [{ name: 'agent', equal: true, value: 'agent-*' }],
      startsAt: START - 1,
      endsAt: START + 900_000,
      author: 'ann',
      reason: 'a test of the fleet',
    });
    await evaluate([leak(1)], false, deps());
    expect(notes).toEqual([]);
    timers = timers.filter(({ kind }) => kind === 'group');
    await pass(300_000);
    expect(notes).toEqual([]);
    expect(await book.end('s1', now)).toBe(true);
    expect(await book.end('s1', now)).toBe(false);
    expect(await book.end('unknown', now)).toBe(false);
    await pass(300_000);
    expect(told()).toMatchObject([{ kind: 'open', count: 1 }]);
    expect(await book.all()).toMatchObject([
      { id: 's1', author: 'ann', reason: 'a test of the fleet', endsAt: START + 300_000 },
    ]);
  });
});

describe('an inhibition', () => {
  test('keeps a dead-letter queue quiet while nothing is shipped at all', async () => {
    const alarm = (name: string, runbook: string): AlertEvent => ({
      id: name,
      at: START,
      fields: { event: 'AlarmStateChanged', alarm: name, state: 'ALARM', runbook },
    });
    await evaluate([alarm('a', 'ShipperSilent')], false, deps());
    await evaluate([alarm('b', 'EntryDlqNotEmpty')], false, deps());
    await pass(30_000);
    expect(told().map(({ labels }) => labels.alarm)).toEqual(['a']);
  });
});

describe('the same secret in three agents', () => {
  test('is told once, whichever of them comes last and however often', async () => {
    const same = (n: number) => leak(n, { agent: `agent-${n}`, fingerprint: 'shared', severity: 'LOW' });
    await Promise.all([3, 1, 2, 1].map((n) => evaluate([same(n)], n === 1, deps())));
    expect(told()).toMatchObject([{ rules: [{ name: 'same-secret-in-three-agents', count: 1 }] }]);
  });
});
