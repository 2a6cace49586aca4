import { describe, expect, test } from 'vitest';
import type { SecretRevoked } from '../../../functions/contracts/revocation.ts';
import { toIso } from '../../../functions/kernel/clock.ts';
import { ok } from '../../../functions/kernel/result.ts';
import { countInto, decide, type Case, type Decision } from '../../../functions/quarantine/domain/case.ts';
import { recordRevocation } from '../../../functions/quarantine/domain/record-revocation.ts';
import { anItem } from '../../support/finding-builder.ts';

const START = Date.parse('2026-11-21T08:00:00.000Z');
const at = (minute: number) => START + minute * 60_000;
const opened = (): Case => countInto(undefined, [anItem({ position: 1, detectedAt: toIso(at(0)) })], at(0));

/** One case, on which people may decide at the moment before a write. */
function stage(known: Case | undefined = opened(), minute = 10) {
  let now: Case | undefined = known;
  const meanwhile: Decision['do'][] = [];
  const apply = (decision: Decision) => {
    if (now === undefined) throw new Error('There is no case.');
    return decide(now, decision, at(minute), 400);
  };
  const byPerson = (what: Decision['do']) => {
    const result = apply({
      do: what,
      caseId: now?.pk ?? '',
      reviewer: 'ann',
      reason: 'because',
      seen: now?.decisions ?? 0,
    });
    if (result.ok) now = result.value;
  };
  return {
    desk: {
      get: () => Promise.resolve(now),
      decide: (decision: Decision) => {
        const before = meanwhile.shift();
        if (before !== undefined) byPerson(before);
        const result = apply(decision);
        if (!result.ok) return Promise.resolve(result);
        now = result.value;
        return Promise.resolve(ok(now));
      },
    },
    meanwhile,
    byPerson,
    find: (when: number) => {
      now = countInto(now, [anItem({ position: when, detectedAt: toIso(at(when)) })], at(when));
    },
    case: () => now,
  };
}

function death(minute = 9): SecretRevoked {
  const { pk, fingerprint } = opened();
  return {
    version: 1,
    eventId: 'e1',
    at: toIso(at(minute)),
    ...{ caseId: pk, fingerprint, secretType: 'github-pat', provider: 'github', outcome: 'proven_dead' },
    decidedBy: 'policy',
  };
}

describe('a proven death', () => {
  test('ends its case, with the proof as the reason, and ends it once', async () => {
    const { desk, ...it } = stage();
    expect(await recordRevocation(death(), desk)).toBe('recorded');
    expect(it.case()).toMatchObject({
      status: 'revoked',
      reviewer: 'revocation',
      reason: `Revoked at github by policy, and proven dead at ${toIso(at(9))}.`,
    });
    const { decisions } = it.case() ?? {};
    expect(await recordRevocation(death(), desk)).toBe('known');
    expect(it.case()?.decisions).toBe(decisions);
  });

  test('is recorded although a person confirms the case at the same moment', async () => {
    const { desk, ...it } = stage();
    it.meanwhile.push('confirm');
    expect(await recordRevocation(death(), desk)).toBe('recorded');
    expect(it.case()?.status).toBe('revoked');
  });

  test('takes no judgement of a person away', async () => {
    const { desk, ...it } = stage();
    it.byPerson('false_positive');
    expect(await recordRevocation(death(), desk)).toBe('judged');
    expect(it.case()?.status).toBe('false_positive');
  });

  test('that is told again does not close a case which was opened again since', async () => {
    const { desk, ...it } = stage();
    await recordRevocation(death(), desk);
    it.find(20);
    expect(it.case()?.status).toBe('pending');
    expect(await recordRevocation(death(), desk)).toBe('known');
    expect(it.case()?.status).toBe('pending');
    expect(await recordRevocation(death(21), desk)).toBe('recorded');
  });

  test('of an expired case is nobody’s any more', async () => {
    const { desk } = stage();
    expect(await recordRevocation(death(), { ...desk, get: () => Promise.resolve(undefined) })).toBe(
      'no_such_case',
    );
  });
});
