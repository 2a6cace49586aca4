/**
 * A report as OSCAL assessment results, JSON: https://pages.nist.gov/OSCAL, valid against NIST's schema of the version
 * that it names. One result; an observation for each test, with the entries of the log that it rests on; a finding for
 * each control that was tested and had something to look at; a risk for each test that failed.
 */
import { toIso } from '../../../kernel/clock.ts';
import { FAILURES_SHOWN } from '../assemble.ts';
import type { ControlReport, Evidence, Report, TestReport } from '../report.ts';
import { uuidOf } from '../uuid.ts';
import { testsOf } from './csv.ts';
import { FILES, viewOf } from './view.ts';

export const OSCAL_VERSION = '1.2.3';

/** Of the properties that OSCAL has no name for: drawn once. */
const NAMESPACE = 'urn:uuid:0b8d1c6e-3f58-4d0a-9a4b-57f2c6e1d9a3';

interface Property {
  readonly name: string;
  readonly ns: string;
  readonly value: string;
}

/** A list of OSCAL has one member at least, or is left out. */
const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);

/** OSCAL's strings are one line, not empty, with no white space around it. */
function line(text: string): string {
  const written = text.replace(/[\s\p{Cc}\u{2028}\u{2029}]+/gu, ' ').trim();
  return written === '' ? '–' : written;
}

/** Text where OSCAL has Markdown: nothing of it is read as markup. */
const markup = (text: string): string => line(text).replace(/[\\`*_[\]<>{}$~^#|]/g, '\\$&');

const property = (name: string, value: string | number): Property => ({
  name,
  ns: NAMESPACE,
  value: line(String(value)),
});

/** Names as OSCAL's tokens, each another: what a token may not have in it is a dash. */
function tokens(framework: string, controls: readonly ControlReport[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    controls.map(({ id }) => {
      const name = `${framework}_${id}`.replace(/[^\p{L}\p{N}._-]/gu, '-').replace(/^(?=[^\p{L}_])/u, '_');
      let token = name;
      for (let again = 2; taken.has(token); again += 1) token = `${name}-${again}`;
      taken.add(token);
      return [id, token];
    }),
  );
}

export function renderOscal(report: Report): string {
  const { framework, deployment, period, log, controls } = report;
  const id = (...parts: readonly (string | number)[]) => uuidOf('oscal', report.id, ...parts);
  const tokenOf = tokens(framework.id, controls);
  const token = (control: ControlReport): string => tokenOf.get(control.id) ?? control.id;
  const madeAt = toIso(report.generatedAt);
  const tests = testsOf(report);
  const tested = controls.filter(({ verdict }) => verdict !== 'not_covered');
  const uncovered = controls.filter(({ verdict }) => verdict === 'not_covered');
  const select = (list: readonly ControlReport[]) => list.map((one) => ({ 'control-id': token(one) }));
  const system = id('component', 'deployment');
  const tool = id('component', 'tool');
  const origins = [{ actors: [{ type: 'tool', 'actor-uuid': tool }] }];
  const { notices, headline } = viewOf(report);

  return `${JSON.stringify(
    {
      'assessment-results': {
        uuid: id('document'),
        metadata: {
          title: markup(`${framework.title}: evidence from SHHH`),
          'last-modified': madeAt,
          version: report.id,
          'oscal-version': OSCAL_VERSION,
          props: [property('framework', framework.id), property('framework-version', framework.version)],
        },
        'import-ap': {
          href: `#${id('resource', 'plan')}`,
          remarks: 'There is no plan in OSCAL: what is tested, and how, is in this document.',
        },
        'local-definitions': {
          'objectives-and-methods': controls.map((control) => objective(control, token(control))),
        },
        results: [
          {
            uuid: id('result'),
            title: markup(`${framework.title}, ${toIso(period.from)} to ${toIso(period.until)}`),
            description: markup(headline),
            start: toIso(period.from),
            end: toIso(period.until),
            props: [
              property('time-zone', period.timeZone),
              property('entries', report.entries),
              property('log-origin', log.origin),
              property('log-size', log.size),
              property('log-root-hash', log.rootHash),
            ],
            'local-definitions': {
              components: [
                {
                  uuid: system,
                  type: 'this-system',
                  title: markup(deployment),
                  description: 'The deployment that the report is about.',
                  status: { state: 'operational' },
                },
              ],
              'assessment-assets': {
                components: [
                  {
                    uuid: tool,
                    type: 'software',
                    title: 'SHHH',
                    description:
                      'Runs the tests over the audit log and the configuration, and writes this document.',
                    status: { state: 'operational' },
                  },
                ],
                'assessment-platforms': [
                  { uuid: id('platform'), title: 'SHHH', 'uses-components': [{ 'component-uuid': tool }] },
                ],
              },
            },
            'reviewed-controls': {
              'control-selections': [
                tested.length > 0
                  ? { 'include-controls': select(tested) }
                  : { 'include-all': {}, 'exclude-controls': select(uncovered) },
              ],
              ...(tested.length > 0 && {
                'control-objective-selections': [
                  {
                    'include-objectives': tested.map((one) => ({
                      'objective-id': objectiveId(token(one)),
                    })),
                  },
                ],
              }),
              ...(uncovered.length > 0 && {
                remarks: markup(
                  `SHHH holds no evidence for ${uncovered.map((one) => one.id).join(', ')}: to be shown by other means.`,
                ),
              }),
            },
            observations: some(
              tests.map((test) => ({
                uuid: id('observation', test.id),
                title: markup(test.definition.title),
                description: markup(test.definition.question),
                props: [
                  property('test', test.id),
                  property('verdict', test.verdict),
                  property('population', test.population),
                  property('failed', test.failed),
                  property('accepted', test.accepted),
                  property('pending', test.pending),
                ],
                methods: ['TEST'],
                types: ['control-objective'],
                origins,
                subjects: [{ 'subject-uuid': system, type: 'component' }],
                'relevant-evidence': some(evidenceOfTest(test, `#${id('resource', FILES.entries.path)}`)),
                collected: madeAt,
                remarks: markup(
                  [test.definition.population, ...(test.note === undefined ? [] : [test.note])].join(' '),
                ),
              })),
            ),
            risks: some(tests.filter(isRisk).map((test) => risk(test, report, id))),
            findings: some(
              tested.flatMap((control) => {
                const target = targetOf(control, token(control));
                return target === undefined
                  ? []
                  : {
                      uuid: id('finding', control.id),
                      title: markup(`${control.id} ${control.title}`),
                      description: markup(control.requirement),
                      origins,
                      target,
                      'related-observations': some(
                        control.tests.map((test) => ({ 'observation-uuid': id('observation', test.id) })),
                      ),
                      'related-risks': some(
                        control.tests.filter(isRisk).map((test) => ({ 'risk-uuid': id('risk', test.id) })),
                      ),
                      remarks: markup(`Beyond this report: ${control.beyond}`),
                    };
              }),
            ),
            remarks: some(notices)?.map(markup).join(' '),
          },
        ],
        'back-matter': {
          resources: [
            {
              uuid: id('resource', 'plan'),
              title: markup(framework.title),
              description: 'The framework whose controls were tested; its text is not part of this document.',
              rlinks: [{ href: framework.source }],
            },
            ...Object.values(FILES)
              .filter((file) => file !== FILES.oscal)
              .map(({ path, what }) => ({
                uuid: id('resource', path),
                title: path,
                description: `Beside this document: ${what}.`,
                rlinks: [{ href: path }],
              })),
            {
              uuid: id('resource', 'checkpoint'),
              title: 'Checkpoint of the audit log',
              description: 'The signed note that all evidence is proved against.',
              base64: {
                filename: 'checkpoint',
                'media-type': 'text/plain',
                value: Buffer.from(log.checkpoint).toString('base64'),
              },
            },
          ],
        },
      },
    },
    undefined,
    1,
  )}\n`;
}

type Id = (...parts: readonly (string | number)[]) => string;

const objectiveId = (token: string): string => `${token}_obj`;

/** What a control asks, and the tests that show it. */
function objective(control: ControlReport, token: string) {
  return {
    'control-id': token,
    description: markup(`${control.id} ${control.title}`),
    props: [property('control', control.id), property('verdict', control.verdict)],
    parts: [
      {
        id: objectiveId(token),
        name: 'assessment-objective',
        title: markup(control.title),
        prose: markup(control.requirement),
        parts: some(
          control.tests.map((test) => ({
            id: `${token}_${test.id}`,
            name: 'assessment-method',
            title: markup(test.definition.title),
            props: [property('test', test.id)],
            prose: markup(test.definition.question),
          })),
        ),
      },
    ],
  };
}

/** OSCAL knows satisfied and not satisfied: what had nothing to look at is neither, and has no finding. */
function targetOf({ verdict, title, remediation }: ControlReport, token: string) {
  if (verdict !== 'passed' && verdict !== 'failed' && verdict !== 'incomplete') return undefined;
  return {
    type: 'objective-id',
    'target-id': objectiveId(token),
    title: markup(title),
    props: [property('verdict', verdict)],
    status: {
      state: verdict === 'passed' ? 'satisfied' : 'not-satisfied',
      reason: verdict === 'passed' ? 'pass' : verdict === 'failed' ? 'fail' : 'other',
      ...(verdict === 'incomplete' && { remarks: 'A source could not be read: this is not known.' }),
    },
    ...(verdict !== 'passed' && { remarks: markup(remediation) }),
  };
}

function evidenceOfTest({ sampled, failing }: TestReport, entries: string) {
  const entry = ({ seq, leafHash, type, time }: Evidence) => [
    property('log-entry', seq),
    property('leaf-hash', leafHash),
    property('entry-type', type),
    property('entry-time', time),
  ];
  return [
    ...sampled.map((one) => ({
      href: entries,
      description: `Sampled: entry ${one.seq} of the audit log.`,
      props: entry(one),
    })),
    ...failing.map(({ subject, why, evidence, exception }) => ({
      ...(evidence && { href: entries }),
      description: markup(`Failed: ${why}`),
      props: [
        property('subject', subject),
        ...(evidence ? entry(evidence) : []),
        ...(exception === undefined ? [] : [property('exception', exception)]),
      ],
    })),
  ];
}

const isRisk = ({ verdict, accepted }: TestReport): boolean => verdict === 'failed' || accepted > 0;

function risk(test: TestReport, { exceptions }: Report, id: Id) {
  const { definition, failed, accepted, population, failing } = test;
  const covering = exceptions.filter((one) => one.test === test.id);
  const isAccepted = test.verdict !== 'failed';
  const first = covering.map(({ expiresOn }) => expiresOn).sort()[0];
  const named = failing.slice(0, FAILURES_SHOWN).map(({ subject }) => subject);
  return {
    uuid: id('risk', test.id),
    title: markup(definition.title),
    description: markup(`${failed} of ${population} did not hold, ${accepted} of these accepted.`),
    statement: markup(
      `What is concerned${failed > named.length ? ', among others' : ''}: ${named.join(', ')}`,
    ),
    props: some(
      covering.flatMap((one) => [
        property('exception', `${one.id}: ${one.reason}`),
        property('exception-owner', `${one.id}: ${one.owner}`),
        property('exception-dates', `${one.id}: ${one.acceptedOn} to ${one.expiresOn}`),
      ]),
    ),
    status: isAccepted ? 'deviation-approved' : 'open',
    ...(isAccepted && first !== undefined && { deadline: `${first}T23:59:59Z` }),
    remediations: [
      {
        uuid: id('remediation', test.id),
        lifecycle: 'recommendation',
        title: markup(definition.title),
        description: markup(definition.remediation),
      },
    ],
    'related-observations': [{ 'observation-uuid': id('observation', test.id) }],
  };
}
