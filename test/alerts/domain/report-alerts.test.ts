import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readBusEvent } from '../../../functions/alerts/adapters/bus-event.ts';
import { fill, labelsOf } from '../../../functions/alerts/domain/labels.ts';
import { factsOf } from '../../../functions/alerts/domain/render/text.ts';
import { createMatcher } from '../../../functions/alerts/domain/sigma/match.ts';
import { ruleSet } from '../../../functions/alerts/domain/sigma/rule.ts';
import type { ReportChanged } from '../../../functions/contracts/reports.ts';
import { aNote } from '../../support/note-builder.ts';

const RULES = ruleSet.parse(
  JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../../functions/alerts/rules.json'), 'utf8')),
);
const MANIFEST =
  's3://shhh-prod-reports/reports/pci-dss-4.0.1/2026-07-01_2026-10-01/0d7a1d6e-5f0c-5a51-9b6e-0a8f4c7d2e11/20261005T020000Z/manifest.note';
const made = {
  reportId: '0d7a1d6e-5f0c-5a51-9b6e-0a8f4c7d2e11',
  verdicts: { passed: 31, failed: 2, incomplete: 0, not_applicable: 0, not_covered: 9 },
  manifest: MANIFEST,
  manifestSha256: 'ab'.repeat(32),
  logSize: 1_000,
};

function told(of: Pick<ReportChanged, 'outcome' | 'reason' | 'made'>) {
  const detail: ReportChanged = {
    version: 1,
    eventId: 'rep-1',
    at: '2026-10-05T02:00:00.000Z',
    framework: 'pci-dss-4.0.1',
    title: 'PCI DSS',
    period: {
      from: '2026-06-30T22:00:00.000Z',
      until: '2026-09-30T22:00:00.000Z',
      timeZone: 'Europe/Berlin',
      firstDate: '2026-07-01',
      endDate: '2026-10-01',
    },
    ...of,
  };
  const read = readBusEvent(
    JSON.stringify({ source: 'shhh.reports', 'detail-type': 'ReportChanged', detail }),
  );
  if (!read.ok) throw new Error(read.error);
  const { fields } = read.value;
  const rules = RULES.filter((rule) => rule.kind === 'detection' && createMatcher(rule)(fields));
  return { rules, labels: labelsOf(fields) };
}

describe('a report', () => {
  test('that is there is told with its verdicts and the whole address of its manifest, and pages nobody', () => {
    const { rules, labels } = told({ outcome: 'created', made });
    expect(rules.map(({ name }) => name)).toEqual(['report-made']);
    expect(rules[0]?.alert?.channels).toEqual(['sns', 'slack', 'email', 'webhook']);
    expect(fill(rules[0]?.alert?.summary ?? '', labels)).toBe(
      'The report on PCI DSS for 2026-07-01 to 2026-10-01 is made: 31 passed, 2 failed, 9 not covered',
    );
    expect(factsOf(aNote({ samples: [{ rule: 'r', labels }] }))).toContainEqual({
      label: 'Manifest',
      value: MANIFEST,
    });
  });

  test('that could not be made is told with the reason', () => {
    const { rules, labels } = told({ outcome: 'failed', reason: 'the log does not verify' });
    expect(rules.map(({ name }) => name)).toEqual(['report-failed']);
    expect(fill(rules[0]?.alert?.summary ?? '', labels)).toBe(
      'The report on PCI DSS for 2026-07-01 to 2026-10-01 could not be made: the log does not verify',
    );
  });
});
