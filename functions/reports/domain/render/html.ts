/** A report as one page that needs nothing else: to be read, printed, and heard by who cannot see it. No script. */
import { escapeXml } from './chart.ts';
import type { View } from './view.ts';

type Control = View['controls'][number];
type Test = Control['tests'][number];

/** Markup, as against text, which is escaped wherever it is put into markup. */
class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
type Part = string | Markup | readonly Part[];

/** Puts text into markup as text. */
function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((fixed, at) => fixed + written(parts[at] ?? '')).join(''));
}
function written(part: Part): string {
  if (typeof part === 'string') return escapeXml(part);
  return part instanceof Markup ? part.text : part.map(written).join('');
}
const NOTHING = html``;

/** Text in a style sheet: every character that could end it is written as its number. */
const cssString = (text: string): string =>
  `"${text.replace(/[^A-Za-z0-9 .,–-]/gu, (char) => `\\${(char.codePointAt(0) ?? 0).toString(16)} `)}"`;

export function renderHtml(view: View): string {
  return html`<!doctype html>
    <html lang="en-GB">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="generator" content="SHHH" />
        <meta name="description" content="${view.headline}" />
        <title>${view.framework.name} – evidence from SHHH</title>
        <style>
          ${new Markup(styleOf(view))}
        </style>
      </head>
      <body>
        <a class="skip" href="#report">Skip to the report</a>
        ${opening(view)} ${contents(view)}
        <main id="report">
          ${summary(view)} ${controls(view)} ${incidents(view)} ${exceptions(view)} ${signOff(view)}
          ${appendix(view)}
        </main>
        <footer>
          <p>Report <code>${view.id}</code>, made at ${view.generatedAt}.</p>
        </footer>
      </body>
    </html> `.text;
}

const verdict = ({ verdict: kind, sign, label }: Pick<Control, 'verdict' | 'sign' | 'label'>): Markup =>
  html`<span class="verdict ${kind}"><span aria-hidden="true">${sign}</span> ${label}</span>`;

/** Rows of a name and what it is. */
const named = (rows: readonly (readonly [name: Part, value: Part])[]): Markup =>
  html`<dl>
    ${rows.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

/** @param rows the first cell of each names it @param kind how it is laid out */
function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Part[])[],
  kind: string,
): Markup {
  // On a narrow screen these scroll, which has to work without a mouse too.
  const scrolls = kind === 'incidents' || kind === 'entries';
  const outer = scrolls
    ? html`<div class="wide" role="group" aria-label="${caption}" tabindex="0"></div>`
    : html`<div></div>`;
  return html`${outer}<table class="${kind}"><caption class="unseen">${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first = '', ...rest]) =>
      html`<tr>
        <th scope="row">${first}</th>
        ${rest.map((cell) => html`<td>${cell}</td>`)}
      </tr> `,
  )}</tbody></table></div>`;
}

const code = (text: string): Markup => html`<code>${text}</code>`;

/** Text in which commands stand between backticks. */
const prose = (text: string): Part => {
  const parts = text.split('`');
  return parts.length % 2 === 0 ? text : parts.map((part, at) => (at % 2 === 0 ? part : code(part)));
};

/** A link where the address is one that a browser may follow, and text where it is not. */
const link = (address: string): Markup =>
  /^https?:\/\//i.test(address) ? html`<a href="${address}">${address}</a>` : html`${address}`;

function opening(view: View): Markup {
  const trend = view.verdicts.some(({ change }) => change !== '');
  return html`<header class="opening">
    <p class="kicker">SHHH · compliance evidence</p>
    <h1>${view.title}${view.version === '' ? '' : html` <span class="version">${view.version}</span>`}</h1>
    <p class="period">${view.period}</p>
    <p class="headline">${view.headline}</p>
    ${view.notices.map((notice) => html`<p class="notice"><strong>Note.</strong> ${notice}</p>`)}
    ${table(
      'Verdicts of all controls',
      ['Verdict', 'Controls', ...(trend ? ['Change'] : []), 'Meaning'],
      view.verdicts.map((one) => [
        verdict(one),
        String(one.count),
        ...(trend ? [one.change] : []),
        one.meaning,
      ]),
      trend ? 'verdicts trend' : 'verdicts',
    )}
    ${named([
      ['Deployment', code(view.deployment)],
      ['Framework', html`${view.framework.name}, ${link(view.framework.source)}`],
      ['Made at', view.generatedAt],
      ['Report', code(view.id)],
    ])}
  </header>`;
}

const controlId = (at: number): string => `control-${at + 1}`;

const SECTIONS = [
  ['summary', 'Summary'],
  ['controls', 'Controls'],
  ['incidents', 'Incidents'],
  ['exceptions', 'Exceptions'],
  ['sign-off', 'Sign-off'],
  ['evidence', 'Appendix: evidence'],
] as const;
type SectionId = (typeof SECTIONS)[number][0];

const contents = (view: View): Markup =>
  html`<nav aria-labelledby="contents">
    <h2 id="contents">Contents</h2>
    <ol>
      ${SECTIONS.map(
        ([id, title]) =>
          html`<li>
            <a href="#${id}">${title}</a>${
              id === 'controls'
                ? html`<ol class="plain">
                    ${view.controls.map(
                      (control, at) =>
                        html`<li>
                          <a href="#${controlId(at)}">${control.id} ${control.title}</a> ${verdict(control)}
                        </li>`,
                    )}
                  </ol>`
                : NOTHING
            }
          </li>`,
      )}
    </ol>
  </nav>`;

function section(id: SectionId, body: Part): Markup {
  const title = SECTIONS.find(([one]) => one === id)?.[1] ?? '';
  return html`<section class="part" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${body}
  </section>`;
}

const summary = (view: View): Markup =>
  section('summary', [
    html`<p>${view.headline}</p>`,
    view.attention.length === 0
      ? NOTHING
      : html`<h3>What needs attention</h3>
          ${table(
            'Controls that failed or are incomplete',
            ['Control', 'About', 'Why'],
            view.attention.map(({ control, title, why }) => [control, title, why]),
            'attention',
          )}`,
    html`<h3>Scope</h3>
      ${named([
        ['Deployment', code(view.deployment)],
        ['Period', `${view.period}; the end is not part of it`],
        ...view.sources.map(({ name, state }) => [`Source: ${name}`, state] as const),
        ...view.log.map(({ name, value }) => [name, code(value)] as const),
      ])}
      <h3 class="charts">Over the period</h3>
      ${view.charts.map(
        ({ title, caption, svg }) =>
          html`<figure>
            ${new Markup(svg)}
            <figcaption><strong>${title}.</strong> ${caption}</figcaption>
          </figure>`,
      )}`,
  ]);

const controls = (view: View): Markup =>
  section('controls', [
    html`<p>
      Each control is followed by the tests that show it, what they looked at, and what they found. A test
      looks at its whole population; the sample is for people who want to look themselves: the numbers are
      places in the audit log, and the appendix has their hashes. A test that shows several controls is told
      in full under the first.
    </p>`,
    view.controls.map(
      (control, at) =>
        html`<section class="control" aria-labelledby="${controlId(at)}">
          <h3 id="${controlId(at)}">${control.id} ${control.title}</h3>
          ${named([
            ['Verdict', verdict(control)],
            ['What is asked', prose(control.requirement)],
            ['Beyond this report', prose(control.beyond)],
            ...(control.verdict === 'failed' || control.verdict === 'incomplete'
              ? [['What to do', prose(control.remediation)] as const]
              : []),
          ])}
          ${control.tests.map((test) => testOf(test))}
        </section>`,
    ),
  ]);

function testOf(test: Test): Markup {
  const result = html`${verdict(test)}: ${test.result}`;
  if (test.toldUnder !== '')
    return html`<section class="test">
      <h4>${test.title}</h4>
      ${named([
        ['Result', result],
        ['In full', `under ${test.toldUnder}`],
      ])}
    </section>`;
  return html`<section class="test">
    <h4>${test.title}</h4>
    ${named([
      ['Result', result],
      ['Question', prose(test.question)],
      ['Population', prose(test.population)],
      ...(test.note === '' ? [] : [['Note', prose(test.note)] as const]),
      ...(test.verdict === 'failed' ? [['What to do', prose(test.remediation)] as const] : []),
      ...(test.sample === '' ? [] : [['Sample', code(test.sample)] as const]),
    ])}
    ${
      test.failing.length === 0
        ? NOTHING
        : table(
            `Failures: ${test.title}`,
            ['What', 'Why', 'Entry'],
            test.failing.map(({ what, why, entry }) => [code(what), why, entry]),
            'failures',
          )
    }${test.more === '' ? NOTHING : html`<p class="soft">${test.more}</p>`}
  </section>`;
}

const incidents = ({ incidents: { intro, rows } }: View): Markup =>
  section('incidents', [
    html`<p>${intro}</p>`,
    rows.length === 0
      ? NOTHING
      : html`${table(
            'Incidents with their times',
            [
              'Credential',
              'Type',
              'Severity',
              'Detected',
              'Contained',
              'Revoked',
              'Proven dead',
              'Authority notified',
              'Outcome',
            ],
            rows.map((row) => [
              code(row.credential),
              row.type,
              row.severity,
              row.detected,
              row.contained,
              row.revoked,
              row.dead,
              row.notified,
              row.outcome,
            ]),
            'incidents',
          )}
          <p class="soft">Times behind + are counted from the detection.</p>`,
  ]);

const exceptions = (view: View): Markup =>
  section(
    'exceptions',
    view.exceptions.length === 0
      ? html`<p>Nobody has accepted a failure of this report.</p>`
      : table(
          'Failures that somebody has accepted',
          ['Exception', 'Test', 'Reason', 'Owner', 'Dates'],
          view.exceptions.map(({ id, test, reason, owner, dates }) => [code(id), test, reason, owner, dates]),
          'exceptions',
        ),
  );

const signOff = (view: View): Markup =>
  section(
    'sign-off',
    html`<p>
        Who signs has read this report and the remarks under “Beyond this report”, and has seen the manifest’s
        signature verified.
      </p>
      ${named([
        ['Framework', view.framework.name],
        ['Deployment', code(view.deployment)],
        ['Period', view.period],
        ['Verdict', view.headline],
        ['Report', code(view.id)],
      ])}
      <div class="signatures">
        ${[1, 2, 3].map(
          () =>
            html`<div>Name and role</div>
              <div>Signature</div>
              <div>Date</div>`,
        )}
      </div>`,
  );

const appendix = (view: View): Markup =>
  section('evidence', [
    html`<h3>Checkpoint</h3>
      <p>The signed head of the log that all evidence is proved against.</p>
      <pre>${view.checkpoint}</pre>
      <h3>Files of this report</h3>
      <p>The manifest names each with its size and SHA-256, and is signed with the key of the log.</p>
      ${named(view.files.map(({ path, what }) => [code(path), what] as const))}
      <h3>Entries</h3>
      <p>
        ${view.evidence.intro} The hash of an entry is the leaf of the log’s tree;
        <code>entries.csv</code> has what proves it.
      </p>`,
    view.evidence.rows.length === 0
      ? NOTHING
      : table(
          'Entries of the audit log',
          ['Entry', 'Time (UTC)', 'Type', 'Subject', 'Leaf hash (SHA-256)'],
          view.evidence.rows.map(({ seq, time, type, subject, hash }) => [
            seq,
            time,
            type,
            code(subject),
            code(hash),
          ]),
          'entries',
        ),
  ]);

const styleOf = (view: View): string => `
:root { color-scheme: light; --ink: #1c2733; --soft: #46525f; --line: #d5dbe1; --paper: #f5f7f9; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 62rem; background: #fff; color: var(--ink);
  font: 1rem/1.5 "IBM Plex Sans", system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
h1 { margin: .2rem 0 .3rem; font-size: 2.4rem; line-height: 1.15; font-weight: 600; }
h1 .version { font-size: 1.4rem; font-weight: 400; color: var(--soft); }
h2 { margin: 0 0 1rem; font-size: 1.6rem; font-weight: 600; }
h3 { margin: 2rem 0 .6rem; font-size: 1.1rem; font-weight: 600; }
h4 { margin: 1.4rem 0 .3rem; font-size: 1rem; font-weight: 600; }
h1, h2, h3, h4, p, dd, td, th, li, figcaption { overflow-wrap: anywhere; }
a { color: #1d4f8c; }
a:focus-visible { outline: 3px solid #1d4f8c; outline-offset: 2px; }
code, pre { font-family: "IBM Plex Mono", ui-monospace, Menlo, Consolas, monospace; font-size: .86em; overflow-wrap: anywhere; }
pre { padding: .8rem 1rem; background: var(--paper); white-space: pre-wrap; }
.skip { position: absolute; left: -100vw; top: 0; padding: .6rem 1rem; background: #fff; }
.skip:focus { left: 0; }
.kicker { margin: 0; color: var(--soft); font-weight: 600; }
.period { margin: 0 0 1.6rem; color: var(--soft); font-size: 1.1rem; }
.headline { padding: 1rem 1.2rem; border-radius: 4px; background: var(--paper); font-size: 1.1rem; }
.notice { padding: .8rem 1.2rem; border-left: 4px solid #8a5a00; background: #fdf6e8; }
.soft { color: var(--soft); }
.part, nav { margin-top: 3.5rem; padding-top: 1.5rem; border-top: 2px solid var(--ink); }
.control { margin-top: 2.6rem; padding-top: .1rem; border-top: 1px solid var(--line); }
.test { margin-left: 0; }
.verdict { font-weight: 600; white-space: nowrap; }
.passed { color: #1f6f5c; } .failed { color: #a4262c; } .incomplete { color: #8a5a00; }
.not_applicable, .not_covered { color: var(--soft); }
dl { margin: .6rem 0; }
dl > div { display: grid; grid-template-columns: 10rem 1fr; gap: 0 1rem; padding: .3rem 0; border-top: 1px solid var(--line); }
dl > div:first-child { border-top: 0; }
dt { color: var(--soft); }
dd { margin: 0; min-width: 0; }
table { margin: 1rem 0; }
.wide:focus-visible { outline: 3px solid #1d4f8c; outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th, td { padding: .35rem .5rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
thead th { border-top: 0; color: var(--soft); font-weight: 600; overflow-wrap: normal; }
.verdicts th:first-child { width: 10rem; } .verdicts td:nth-child(2), .verdicts th:nth-child(2),
.trend td:nth-child(3), .trend th:nth-child(3) { width: 6rem; text-align: right; font-variant-numeric: tabular-nums; }
.attention { table-layout: fixed; } .attention th:first-child { width: 7rem; font-weight: 600; } .attention th:nth-child(2) { width: 38%; }
.failures { table-layout: fixed; } .failures th:nth-child(3), .failures td:nth-child(3) { width: 5.5rem; text-align: right; font-variant-numeric: tabular-nums; }
.failures th:first-child { width: 45%; }
.incidents { font-size: .85rem; }
.entries { table-layout: fixed; font-size: .85rem; } .entries th:first-child { width: 5rem; }
.entries th:nth-child(2) { width: 7rem; } .entries th:nth-child(3) { width: 8rem; } .entries th:nth-child(5) { width: 20rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
figure { margin: 1.6rem 0; } figure svg { display: block; width: 100%; height: auto; }
figcaption { margin-top: .4rem; color: var(--soft); font-size: .92rem; }
nav ol { padding-left: 1.2rem; } nav ol.plain { list-style: none; padding-left: .6rem; } nav li { margin: .25rem 0; }
.signatures { display: grid; grid-template-columns: 1fr 1fr 9rem; gap: 4rem 2rem; margin-top: 5rem; }
.signatures div { padding-top: .3rem; border-top: 1px solid var(--ink); color: var(--soft); font-size: .85rem; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .9rem; }
@media screen and (max-width: 48rem) {
  dl > div { grid-template-columns: 1fr; }
  .wide { overflow-x: auto; } .wide table { min-width: 44rem; }
}
@media print {
  @page { size: A4; margin: 22mm 18mm 20mm;
    @top-left { content: ${cssString(view.framework.name)}; font: 8pt "IBM Plex Sans", sans-serif; color: #46525f; }
    @top-right { content: ${cssString(view.deployment)}; font: 8pt "IBM Plex Sans", sans-serif; color: #46525f; }
    @bottom-left { content: ${cssString(view.id)}; font: 8pt "IBM Plex Mono", monospace; color: #46525f; }
    @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 8pt "IBM Plex Sans", sans-serif; color: #46525f; } }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  .skip { display: none; }
  a { color: inherit; text-decoration: none; }
  nav, .part { margin-top: 0; padding-top: 0; border-top: 0; break-before: page; }
  h2, h3, h4 { break-after: avoid; break-inside: avoid; }
  .control { margin-top: 1.8rem; }
  tr, figure, dl > div { break-inside: avoid; }
  thead { display: table-header-group; }
  p { orphans: 3; widows: 3; }
}
`;
