import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { QuarantineItem } from '../../../functions/contracts/quarantine.ts';
import { caseChanged } from '../../../functions/contracts/quarantine.ts';
import { toIso } from '../../../functions/kernel/clock.ts';
import {
  caseChange,
  caseEnd,
  caseOf,
  countInto,
  decide,
  MAX_AGENTS,
  MAX_PLACES,
  quarantineCase,
  shownOn,
  type Case,
  type Decision,
} from '../../../functions/quarantine/domain/case.ts';
import { next } from '../../../functions/quarantine/domain/transitions.ts';
import { anItem } from '../../support/finding-builder.ts';

const START = Date.parse('2026-11-21T08:00:00.000Z');
const DAY = 86_400;
const at = (minute: number) => START + minute * 60_000;
const seen = (minute: number, overrides: Partial<QuarantineItem> = {}): QuarantineItem =>
  anItem({ position: minute, detectedAt: toIso(at(minute)), ...overrides });
const opened = (...minutes: [number, ...number[]]): Case => {
  const [first, ...others] = minutes.map((minute) => seen(minute));
  if (first === undefined) throw new Error('no minute');
  return countInto(undefined, [first, ...others], at(60));
};

function decided(known: Case, what: Decision['do'], minute: number): Case {
  const result = decide(
    known,
    { caseId: known.pk, do: what, reviewer: 'ada', reason: 'because', seen: known.decisions },
    at(minute),
    400,
  );
  if (!result.ok) throw new Error(result.error.why);
  return result.value;
}

describe('counting findings into a case', () => {
  test('comes to the same whatever the order and the batches, but for what the order itself decides', () => {
    const found = fc.uniqueArray(
      fc.record({ minute: fc.nat(500), agent: fc.constantFrom('a', 'b', 'c'), severe: fc.boolean() }),
      { minLength: 1, maxLength: 40, selector: ({ minute }) => minute },
    );
    fc.assert(
      fc.property(found, fc.infiniteStream(fc.nat()), (occurrences, order) => {
        const items = occurrences.map(({ minute, agent, severe }) =>
          seen(minute, { agent, severity: severe ? 'CRITICAL' : 'LOW' }),
        );
        const shuffled = items
          .map((item) => [order.next().value, item] as const)
          .sort(([a], [b]) => a - b)
          .map(([, item]) => item);
        const count = (all: readonly QuarantineItem[]) =>
          all.reduce<Case | undefined>((known, item) => countInto(known, [item], at(600)), undefined);
        const strip = (one: Case | undefined) =>
          one && {
            ...one,
            openedAt: '',
            redactedKey: '',
            agents: one.agents.toSorted(),
          };
        expect(strip(count(shuffled))).toEqual(strip(count(items)));
        const [first, ...rest] = items;
        if (first === undefined) return;
        const atOnce = countInto(undefined, [first, ...rest], at(600));
        expect({ ...strip(atOnce), version: 0 }).toEqual({ ...strip(count(items)), version: 0 });
        expect(quarantineCase.parse(atOnce)).toEqual(atOnce);
      }),
    );
  });

  test('knows how often, first, last, and the latest places', () => {
    const known = opened(5, 1, 9);
    expect(known).toMatchObject({
      occurrences: 3,
      firstSeenAt: toIso(at(1)),
      lastSeenAt: toIso(at(9)),
      openedAt: toIso(at(5)),
    });
    expect(known.places.map(({ position }) => position)).toEqual([9, 5, 1]);
  });

  test('remembers a bounded number of places and agents, and counts all', () => {
    const many = Array.from({ length: 60 }, (_, minute) => seen(minute, { agent: `agent-${minute}` }));
    const known = many.reduce<Case | undefined>((one, item) => countInto(one, [item], at(60)), undefined);
    expect(known?.occurrences).toBe(60);
    expect(known?.places).toHaveLength(MAX_PLACES);
    expect(known?.places[0]?.position).toBe(59);
    expect(known?.agents).toHaveLength(MAX_AGENTS);
  });

  test('begins blocked where the message was stopped before it was sent', () => {
    expect(countInto(undefined, [seen(1, { stage: 'blocked-before-send' })], at(2)).status).toBe(
      'blocked_before_send',
    );
  });

  test('keeps a case as long as the longest of its findings', () => {
    const long = seen(1, { expiresAt: START / 1000 + 90 * DAY });
    const known = countInto(undefined, [seen(2), long, seen(3)], at(4));
    expect(known.expiresAt).toBe(START / 1000 + 90 * DAY);
  });
});

describe('a secret that is seen again', () => {
  test.each([
    ['false_positive', false],
    ['release', false],
    ['confirm', true],
    ['uncertain', true],
  ] as const)('after %s: pages %s', (what, pages) => {
    const judged = decided(opened(1), what, 5);
    const again = countInto(judged, [seen(9)], at(9));
    expect(again.status).toBe(judged.status);
    expect(caseOf(again, seen(9))).toMatchObject({ pages, reappeared: false, occurrences: 2 });
  });

  test('opens its case again and pages where it counted as revoked', () => {
    const revoked = decided(opened(1), 'revoked', 5);
    const again = countInto(revoked, [seen(9)], at(10));
    expect(again.status).toBe('pending');
    expect(caseOf(again, seen(9))).toMatchObject({ pages: true, reappeared: true, status: 'pending' });
    expect(caseChange(revoked, again)).toMatchObject({
      status: 'pending',
      previousStatus: 'revoked',
      reappeared: true,
      changedAt: toIso(at(10)),
    });
  });

  test('does not open it by a finding from before the revocation that is counted late', () => {
    const revoked = decided(opened(1), 'revoked', 5);
    const late = countInto(revoked, [seen(4)], at(10));
    expect(late.status).toBe('revoked');
    expect(caseOf(late, seen(4)).reappeared).toBe(false);
    expect(caseChange(revoked, late)).toBeUndefined();
  });

  test('tells of the reappearance with the one finding that showed it', () => {
    const revoked = decided(opened(1), 'revoked', 5);
    const twice = countInto(revoked, [seen(9), seen(10)], at(11));
    expect([seen(9), seen(10)].map((item) => caseOf(twice, item).reappeared)).toEqual([true, false]);
  });

  test('pages nobody where it came from an older system', () => {
    const old = seen(1, { core: 'import:somewhere' });
    expect(caseOf(countInto(undefined, [old], at(2)), old).pages).toBe(false);
  });
});

describe('deciding', () => {
  const what = fc.constantFrom<Decision['do']>(
    'confirm',
    'false_positive',
    'uncertain',
    'release',
    'revoked',
    'hold',
    'lift_hold',
  );

  test('follows the table and keeps who, why and when; refusals change nothing', () => {
    fc.assert(
      fc.property(fc.array(what, { maxLength: 30 }), (asked) => {
        let known = opened(1);
        asked.forEach((one, index) => {
          const before = structuredClone(known);
          const result = decide(
            known,
            {
              caseId: known.pk,
              do: one,
              reviewer: `r${index}`,
              reason: `why ${index}`,
              seen: known.decisions,
            },
            at(10 + index),
            400,
          );
          expect(known).toEqual(before);
          if (one === 'hold') expect(result.ok).toBe(!known.onHold);
          else if (one === 'lift_hold') expect(result.ok).toBe(known.onHold);
          else expect(result.ok).toBe(next(one, known.status) !== undefined);
          if (!result.ok) return;
          expect(result.value).toMatchObject({
            reviewer: `r${index}`,
            reason: `why ${index}`,
            reviewedAt: toIso(at(10 + index)),
            decisions: known.decisions + 1,
            version: known.version + 1,
          });
          expect(result.value.expiresAt === undefined).toBe(result.value.onHold);
          const change = caseChange(known, result.value);
          expect(caseChanged.parse(change)).toMatchObject({ reviewer: `r${index}`, reason: `why ${index}` });
          known = result.value;
        });
      }),
    );
  });

  test('tells the one of two reviewers who was slower who won, and with what', () => {
    const known = opened(1);
    const won = decided(known, 'false_positive', 5);
    const lost = decide(
      won,
      { caseId: won.pk, do: 'confirm', reviewer: 'bob', reason: 'it is real', seen: known.decisions },
      at(6),
      400,
    );
    expect(lost).toEqual({
      ok: false,
      error: {
        why: 'decided_meanwhile',
        by: 'ada',
        at: toIso(at(5)),
        reason: 'because',
        status: 'false_positive',
        onHold: false,
        decisions: 1,
      },
    });
  });

  test('is not disturbed by findings that are counted between looking and deciding', () => {
    const known = opened(1);
    const more = countInto(known, [seen(2)], at(3));
    expect(decided({ ...more, decisions: known.decisions }, 'confirm', 5).occurrences).toBe(2);
  });

  test('remembers a judgement longer than its findings', () => {
    const judged = decided(opened(1), 'false_positive', 5);
    expect(judged.expiresAt).toBe(Math.floor(at(5) / 1000) + 400 * DAY);
  });

  test('holds a case without an expiry through further findings and judgements, and gives it back when lifted', () => {
    const held = decided(opened(1), 'hold', 5);
    const more = decided(countInto(held, [seen(9)], at(9)), 'confirm', 10);
    expect(more.expiresAt).toBeUndefined();
    expect(shownOn(more)).toMatchObject({ onHold: true, status: 'confirmed', reviewAction: 'confirmed' });
    const lifted = decided(more, 'lift_hold', 11);
    expect(lifted.expiresAt).toBe(lifted.keepUntil);
  });
});

describe('what is announced of a case', () => {
  test('is nothing when it only counted a finding', () => {
    const known = opened(1);
    expect(caseChange(known, countInto(known, [seen(2)], at(3)))).toBeUndefined();
  });

  test('is its end, from the status that it had', () => {
    const judged = decided(opened(1), 'confirm', 5);
    expect(caseChanged.parse(caseEnd(judged, at(600)))).toMatchObject({
      status: 'expired',
      previousStatus: 'confirmed',
      caseVersion: judged.version + 1,
      changedAt: toIso(at(600)),
    });
  });
});
