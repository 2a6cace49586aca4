/** The tables of docs/reports.md that say what each framework asks and what shows it. */
import type { Frameworks, TestDefinition } from '../../functions/reports/domain/framework.ts';

const SOURCES = {
  every: 'log: each entry',
  never: 'log: none of them',
  follows: 'log: what follows',
  recurs: 'log: again and again',
  fact: 'configuration',
} as const;

function sourceOf(test: TestDefinition): string {
  if ('every' in test) return SOURCES.every;
  if ('never' in test) return SOURCES.never;
  if ('follows' in test) return SOURCES.follows;
  return 'recurs' in test ? SOURCES.recurs : SOURCES.fact;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();
const rows = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** By the name of its markers, each generated part. */
export function partsOfDocument({ frameworks, tests }: Frameworks): Readonly<Record<string, string>> {
  return {
    frameworks: rows(
      ['report', 'framework', 'controls', 'with evidence', 'not covered'],
      frameworks.map(({ id, title, version, controls }) => [
        `\`${id}\``,
        cell(`${title} ${version}`),
        String(controls.length),
        String(controls.filter((control) => control.tests.length > 0).length),
        cell(
          controls
            .filter((control) => control.tests.length === 0)
            .map((control) => control.id)
            .join(', ') || '–',
        ),
      ]),
    ),
    controls: frameworks
      .map(
        ({ title, version, controls }) =>
          `#### ${title} ${version}\n\n${rows(
            ['control', 'title', 'tests'],
            controls.map((control) => [
              cell(control.id),
              cell(control.title),
              control.tests.map((id) => `\`${id}\``).join(', ') || 'not covered',
            ]),
          )}`,
      )
      .join('\n\n'),
    tests: rows(
      ['test', 'asks', 'draws on'],
      Object.entries(tests).map(([id, test]) => [`\`${id}\``, cell(test.question), sourceOf(test)]),
    ),
  };
}
