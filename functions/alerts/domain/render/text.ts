/** What every channel says of a message, in words. */
import { toIso } from '../../../kernel/clock.ts';
import type { LabelName } from '../labels.ts';
import type { Note } from '../note.ts';

export interface Fact {
  readonly label: string;
  readonly value: string;
}

const FACTS: readonly (readonly [LabelName, string])[] = [
  ['agent', 'Agent'],
  ['principal', 'Who'],
  ['secretType', 'Secret'],
  ['redactedKey', 'Redacted'],
  ['provider', 'Provider'],
  ['credential', 'Credential'],
  ['uses', 'Used for'],
  ['answerBefore', 'Answer before'],
  ['reference', 'Where'],
  ['operation', 'Operation'],
  ['alarm', 'Alarm'],
  ['manifest', 'Manifest'],
  ['correlationId', 'Correlation id'],
];

/** What is known: of the newest alert where there is one, of what they share where there are many. */
export function factsOf(note: Note): readonly Fact[] {
  const labels = note.count === 1 ? (note.samples[0]?.labels ?? note.labels) : note.labels;
  const known = FACTS.flatMap(([name, label]) => {
    const value = labels[name];
    return value === undefined ? [] : [{ label, value }];
  });
  const { open, acknowledged, over } = note.cases;
  const total = open + acknowledged + over;
  return [
    ...known,
    {
      label: 'When',
      value: timesOf(note.firstAt, note.lastAt),
    },
    ...(total > 0
      ? [{ label: 'Cases', value: `${open} open, ${acknowledged} under review, ${over} over` }]
      : []),
    ...(note.inhibited + note.silenced > 0
      ? [{ label: 'Held back', value: `${note.inhibited} by another rule, ${note.silenced} by a silence` }]
      : []),
  ];
}

/** `2026-11-21 10:00:00 UTC`, `2026-11-21 10:00:00 to 10:05:00 UTC`; the second day only where it is another. */
function timesOf(first: number, last: number): string {
  const [day = '', time = ''] = toIso(first).slice(0, 19).split('T');
  const [lastDay = '', lastTime = ''] = toIso(last).slice(0, 19).split('T');
  if (day === lastDay && time === lastTime) return `${day} ${time} UTC`;
  return `${day} ${time} to ${day === lastDay ? '' : `${lastDay} `}${lastTime} UTC`;
}

/** Rules that have something to say, each with its count. */
export function linesOf(note: Note): readonly string[] {
  return note.rules.map(({ count, title, summary }) =>
    count === 1 ? summary : `${count.toLocaleString('en')} × ${title}: ${summary}`,
  );
}

/** What was done already, each sentence once. */
export const doneOf = (note: Note): string => unique(note.rules.map(({ done }) => done)).join(' ');

/** The next step for a person: that of the most severe rule. */
export const nextOf = (note: Note): string =>
  note.kind === 'resolve' ? 'Nothing. Every case in this alert is over.' : (note.rules[0]?.next ?? '');

const unique = (texts: readonly string[]): string[] => [...new Set(texts.filter((text) => text !== ''))];
