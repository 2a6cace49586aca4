import type { Clock } from '../../functions/kernel/clock.ts';
import { ok } from '../../functions/kernel/result.ts';
import { caseIdOf, countInto, decide, type Case } from '../../functions/quarantine/domain/case.ts';
import type { CaseCounter, CaseDesk, CaseProjector } from '../../functions/quarantine/domain/case-book.ts';

/** Cases in memory: counts, shows and decides like the real ones. */
export function createFakeCaseBook(clock: Clock = { now: () => Date.parse('2026-11-21T09:00:00.000Z') }) {
  const cases = new Map<string, Case>();
  const counted = new Set<string>();
  const shown: Case[] = [];
  const counter: CaseCounter = {
    count: async (findings) => {
      const fresh = findings.filter(({ findingId }) => !counted.has(findingId));
      for (const item of fresh) {
        const caseId = caseIdOf(item.fingerprint);
        if (!counted.has(item.findingId))
          cases.set(caseId, countInto(cases.get(caseId), [item], clock.now()));
        counted.add(item.findingId);
      }
      return cases.get(caseIdOf(findings[0]?.fingerprint ?? ''));
    },
  };
  const projector: CaseProjector = {
    project: async (known) => {
      shown.push(known);
      return known.occurrences;
    },
  };
  const desk: CaseDesk = {
    get: async (caseId) => cases.get(caseId),
    decide: async (decision) => {
      const decided = decide(cases.get(decision.caseId), decision, clock.now(), 400);
      if (decided.ok) cases.set(decision.caseId, decided.value);
      return decided;
    },
    list: async (select) =>
      ok({ cases: [...cases.values()].filter((one) => one[select.by] === select.value) }),
  };
  return { cases, shown, counter, projector, desk };
}
