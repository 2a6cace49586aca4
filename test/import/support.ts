import type { ImportDependencies } from '../../scripts/import/import-records.ts';
import type { OldReview } from '../../scripts/import/records.ts';
import { fakeFingerprinter, fakeQuarantine } from '../detection/support/fakes.ts';
import { projectScanner } from '../detection/support/scanner.ts';
import { createLeak } from '../support/fleet/leaks.ts';
import { createRandom } from '../support/fleet/random.ts';

export const NOW = Date.parse('2026-11-21T09:00:00.000Z');
const scanner = projectScanner();

export const secretOf = (seed: number): string => createLeak('gitlab-pat', createRandom(seed)).text;
/** As the older sentinel wrote it. */
export const oldRecord = (seed: number, overrides: Record<string, unknown> = {}) => ({
  timestamp: `2024-03-0${(seed % 9) + 1}T10:00:00.000Z`,
  reason: 'GITLAB_PAT matched',
  log_line: `agent said token=${secretOf(seed)} at step ${seed}`,
  ...overrides,
});

export function importInto() {
  const quarantine = fakeQuarantine();
  /** By case, what was brought along. */
  const judged = new Map<string, OldReview>();
  const dependencies: ImportDependencies = {
    scanner,
    fingerprinter: fakeFingerprinter(),
    quarantine,
    isThere: async (id) => quarantine.items.has(id),
    retentionDays: { LOW: 7, MEDIUM: 14, HIGH: 31, CRITICAL: 31 },
    clock: { now: () => NOW },
    async judge(caseId, review) {
      judged.set(caseId, review);
      return 'judged';
    },
  };
  return { quarantine, judged, dependencies };
}
