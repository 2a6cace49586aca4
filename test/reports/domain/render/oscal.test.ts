import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceOf } from '../../../../functions/reports/domain/render/view.ts';
import { OSCAL_VERSION, renderOscal } from '../../../../functions/reports/domain/render/oscal.ts';
import { aReport, hostileText, withTexts } from '../../../support/reports/report-builder.ts';

const schema: unknown = JSON.parse(
  readFileSync(
    new URL('../../../support/reports/oscal_assessment-results_schema-1.2.3.json', import.meta.url),
    'utf8',
  ),
);
const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
const isValid = ajv.compile(schema as object);

interface Property {
  readonly name: string;
  readonly value: string;
}
interface Result {
  readonly observations: readonly {
    readonly uuid: string;
    readonly 'relevant-evidence'?: readonly {
      readonly href?: string;
      readonly props?: readonly Property[];
    }[];
  }[];
  readonly findings: readonly {
    readonly title: string;
    readonly target: {
      readonly 'target-id': string;
      readonly status: { readonly state: string; readonly reason: string };
    };
    readonly 'related-observations': readonly { readonly 'observation-uuid': string }[];
    readonly 'related-risks'?: readonly { readonly 'risk-uuid': string }[];
  }[];
  readonly risks?: readonly { readonly uuid: string; readonly status: string; readonly deadline?: string }[];
  readonly 'reviewed-controls': { readonly remarks?: string };
  readonly remarks?: string;
}
const resultOf = (report = aReport()): Result => {
  const { 'assessment-results': results } = JSON.parse(renderOscal(report)) as {
    'assessment-results': { results: [Result] };
  };
  return results.results[0];
};
const uuids = (oscal: string): string[] =>
  [...oscal.matchAll(/"uuid": "([^"]*)"/g)].map(([, uuid = '']) => uuid);

describe('a report as OSCAL', () => {
  it.each(['quarter', 'empty', 'missing source'] as const)(
    'is valid by the schema of NIST of the version that it names: %s',
    (world) => {
      const valid = isValid(JSON.parse(renderOscal(aReport(world))));
      expect(isValid.errors).toBeNull();
      expect(valid).toBe(true);
      expect(JSON.stringify(schema)).toContain(`/oscal/${OSCAL_VERSION}/`);
    },
  );

  it('is valid whatever the report says, and takes nothing of it for Markdown', () => {
    fc.assert(
      fc.property(fc.array(hostileText, { minLength: 1, maxLength: 5 }), (texts) => {
        let at = 0;
        const oscal = renderOscal(withTexts(aReport(), () => texts[(at += 1) % texts.length] ?? ''));
        expect(isValid(JSON.parse(oscal))).toBe(true);
        const { title } = resultOf(withTexts(aReport(), () => '<b>[x](y)</b>')).findings[0] ?? { title: '' };
        expect(title).toContain('\\<b\\>\\[x\\](y)\\</b\\>');
      }),
      { numRuns: 15 },
    );
  });

  it('is satisfied with what passed only, and has no finding where there was nothing to look at', () => {
    const report = aReport('missing source');
    const { findings } = resultOf(report);
    const said = new Map(findings.map(({ title, target }) => [title.split(' ')[0], target.status]));
    for (const { id, verdict } of report.controls)
      expect(said.get(id)?.state).toBe(
        verdict === 'passed'
          ? 'satisfied'
          : verdict === 'failed' || verdict === 'incomplete'
            ? 'not-satisfied'
            : undefined,
      );
    expect([...said.values()].map(({ reason }) => reason)).toContain('other');
  });

  it('says what SHHH has no evidence for, and which source is missing', () => {
    const result = resultOf(aReport('missing source'));
    expect(result['reviewed-controls'].remarks).toContain('11.5.1');
    expect(result.remarks).toContain('A source is missing');
  });

  it('has a risk for each test that failed, and says of an accepted one until when', () => {
    const { risks = [] } = resultOf();
    expect(risks.map(({ status }) => status).sort()).toEqual(['deviation-approved', 'open', 'open']);
    expect(risks.find(({ status }) => status === 'deviation-approved')?.deadline).toBe(
      '2026-12-31T23:59:59Z',
    );
  });

  it('leads each finding to observations and risks that are there', () => {
    const { findings, observations, risks = [] } = resultOf();
    const known = new Set([...observations, ...risks].map(({ uuid }) => uuid));
    for (const finding of findings) {
      for (const { 'observation-uuid': uuid } of finding['related-observations'])
        expect(known).toContain(uuid);
      for (const { 'risk-uuid': uuid } of finding['related-risks'] ?? []) expect(known).toContain(uuid);
    }
  });

  it('names every entry that the report refers to with its leaf hash', () => {
    const report = aReport();
    const named = resultOf(report).observations.flatMap(({ 'relevant-evidence': evidence = [] }) =>
      evidence.flatMap(({ props = [] }) => {
        const of = (name: string) => props.find((one) => one.name === name)?.value;
        return of('log-entry') === undefined ? [] : `${of('log-entry')} ${of('leaf-hash')}`;
      }),
    );
    expect(new Set(named)).toEqual(
      new Set(evidenceOf(report).map(({ seq, leafHash }) => `${seq} ${leafHash}`)),
    );
  });

  it('draws each UUID once, the same at every time and another for another report', () => {
    const report = aReport();
    const drawn = uuids(renderOscal(report));
    expect(new Set(drawn).size).toBe(drawn.length);
    expect(uuids(renderOscal({ ...report, generatedAt: report.generatedAt + 1 }))).toEqual(drawn);
    const others = uuids(renderOscal(aReport('empty', { entries: 1, log: { ...report.log, size: 7 } })));
    expect(drawn.filter((uuid) => others.includes(uuid))).toEqual([]);
  });

  it('gives controls whose names differ names that differ', () => {
    const report = aReport();
    const [first, second, ...rest] = report.controls;
    if (first === undefined || second === undefined) throw new Error('The report has no controls.');
    const { findings } = resultOf({
      ...report,
      controls: [{ ...first, id: 'A(1)' }, { ...second, id: 'A-1-' }, ...rest],
    });
    const targets = findings.map(({ target }) => target['target-id']);
    expect(new Set(targets).size).toBe(targets.length);
  });
});
