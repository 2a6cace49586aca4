/** Correlations by what they mean: at their edges, in any order, repeated, and in whatever batches events come. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate, type EvaluateDeps } from '../../../functions/alerts/domain/evaluate.ts';
import type { AlertEvent } from '../../../functions/alerts/domain/event.ts';
import type { Group } from '../../../functions/alerts/domain/group.ts';
import { RuleBook } from '../../../functions/alerts/domain/rule-book.ts';
import type { AlertRule, CorrelationRule } from '../../../functions/alerts/domain/sigma/rule.ts';
import { createFakeWindowStore } from '../../support/fake-window-store.ts';

/** Minutes, so that what is raised in the running period is remembered, as far as clocks are trusted. */
const UNIT = 60_000;
const TIMESPAN = 20 * UNIT;
const START = 1_800_000_000_000;
const KINDS = ['one', 'two', 'three'] as const;
type Type = CorrelationRule['type'];

const alert = {
  severity: 'LOW' as const,
  route: 'r',
  channels: ['sns' as const],
  groupBy: [],
  waitMs: 0,
  intervalMs: 1,
  summary: '',
  done: '',
  next: '',
};

function rulesFor(type: Type, count: number): readonly AlertRule[] {
  const temporal = type.startsWith('temporal');
  return [
    ...KINDS.map((kind): AlertRule => ({
      kind: 'detection',
      name: kind,
      title: kind,
      selections: {
        sel: [[{ field: 'kind', all: false, tests: [{ op: 'pattern', source: `^${kind}$`, flags: '' }] }]],
      },
      condition: { op: 'selection', name: 'sel' },
    })),
    {
      kind: 'correlation',
      name: 'c',
      title: 'c',
      alert,
      type,
      rules: temporal ? KINDS.slice(0, count) : ['one'],
      groupBy: ['who'],
      aliases: {},
      timespanMs: TIMESPAN,
      thresholds: [{ op: 'gte', count }],
      ...(type === 'value_count' ? { field: 'what' } : {}),
    },
  ];
}

interface Happening {
  readonly at: number;
  readonly kind: string;
  readonly who: string;
  readonly what: string;
}

const eventOf = ({ at, ...fields }: Happening, index: number): AlertEvent => ({
  id: `e${String(index).padStart(3, '0')}`,
  at: START + at * UNIT,
  fields,
});

/** The specification in its own words, over all events at once: in which periods it fires, for whom. */
function firings(type: Type, count: number, events: readonly AlertEvent[]): string[] {
  const sorted = events.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  const used = type.startsWith('temporal') ? KINDS.slice(0, count) : ['one' as const];
  const mine = sorted.filter(({ fields }) => used.some((kind) => kind === fields['kind']));
  const found = new Set<string>();
  mine.forEach((last, index) => {
    const window = mine
      .slice(0, index + 1)
      .filter(({ at, fields }) => last.at - at <= TIMESPAN && fields['who'] === last.fields['who']);
    const kinds = window.map(({ fields }) => fields['kind']);
    const fires = {
      event_count: () => window.length >= count,
      value_count: () => new Set(window.map(({ fields }) => fields['what'])).size >= count,
      temporal: () => used.every((kind) => kinds.includes(kind)),
      temporal_ordered: () =>
        chains(used).some((order) =>
          order.every((event, at) => at === 0 || (order[at - 1]?.at ?? 0) <= event.at),
        ),
    }[type]();
    /** Every choice of one event for each rule. */
    function chains(rules: readonly string[]): AlertEvent[][] {
      return rules.reduce<AlertEvent[][]>(
        (all, kind) =>
          all.flatMap((chain) =>
            window.filter(({ fields }) => fields['kind'] === kind).map((event) => [...chain, event]),
          ),
        [[]],
      );
    }
    if (fires) found.add(`${String(last.fields['who'])}@${Math.floor(last.at / TIMESPAN)}`);
  });
  return [...found].sort();
}

/** What our evaluation raises, when events come in these batches. */
async function raised(
  type: Type,
  count: number,
  batches: readonly (readonly AlertEvent[])[],
): Promise<string[]> {
  const found = new Map<string, string>();
  const group: Group = {
    ...{ key: 'g', episode: 1, route: 'r', labels: {}, intervalMs: 1, arrivals: 0, told: 0, revision: 0 },
    dueAt: Infinity,
  };
  const rest = async () => false;
  let now = START;
  const deps: EvaluateDeps = {
    book: new RuleBook(rulesFor(type, count)),
    windows: createFakeWindowStore(),
    groups: {
      open: async () => group,
      async add(_, members) {
        for (const { id, at } of members) found.set(id, `@${Math.floor(at / TIMESPAN)}`);
        return group;
      },
      get: async () => undefined,
      content: async () => ({ members: [], states: new Map() }),
      ...{ schedule: rest, reschedule: rest, postpone: rest, commit: rest },
      note: async () => undefined,
      sent: async () => undefined,
      change: async () => [],
    },
    inhibitions: { inhibit: async () => undefined, isInhibited: rest },
    silences: { silences: async () => [] },
    outbox: { send: async () => undefined, remind: async () => undefined },
    raised: new Set(),
    now: () => now,
    linkTo: () => '',
    observe: () => undefined,
  };
  for (const batch of batches) {
    now = Math.max(now, ...batch.map(({ at }) => at));
    await evaluate(batch, false, deps);
  }
  return [...found.values()].sort();
}

const happening: fc.Arbitrary<Happening> = fc.record({
  // Steps that meet the edges of a window and of a period.
  at: fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constantFrom(0, 1, 18, 19, 20, 21, 22, 39, 40, 41)),
  kind: fc.constantFrom(...KINDS),
  who: fc.constantFrom('ann', 'ann', 'ann', 'bob'),
  what: fc.constantFrom('x', 'y', 'z'),
});
const types = ['event_count', 'value_count', 'temporal', 'temporal_ordered'] as const;
const periods = (firing: readonly string[]) => firing.map((each) => each.slice(each.indexOf('@'))).sort();

describe.each(types)('a correlation of the type %s', (type) => {
  test('fires where the specification says, in any order, in any batches, and with repetitions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { minLength: 2, maxLength: 9 }),
        fc.integer({ min: 2, max: 3 }),
        fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (happenings, count, order, size) => {
          const events = happenings.map(eventOf);
          const twice = [...events, ...events.filter((_, index) => index % 3 === 0)];
          const keyed = twice.map((event, index) => ({ event, by: order[index] ?? 0 }));
          const shuffled = keyed.sort((a, b) => a.by - b.by).map(({ event }) => event);
          const batches = Array.from({ length: Math.ceil(shuffled.length / size) }, (_, index) =>
            shuffled.slice(index * size, (index + 1) * size),
          );
          expect(await raised(type, count, batches)).toEqual(periods(firings(type, count, events)));
        },
      ),
      { numRuns: 1_500, seed: 20_261_121 },
    );
  });

  test('still counts what is exactly as old as its timespan, and no longer what is older', async () => {
    const pair = (gap: number) => [
      eventOf({ at: 0, kind: 'one', who: 'ann', what: 'x' }, 0),
      eventOf(
        { at: gap / UNIT, kind: type.startsWith('temporal') ? 'two' : 'one', who: 'ann', what: 'y' },
        1,
      ),
    ];
    expect(await raised(type, 2, [pair(TIMESPAN)])).toHaveLength(1);
    expect(await raised(type, 2, [pair(TIMESPAN + 1)])).toEqual([]);
  });
});
