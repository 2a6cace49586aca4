import { expect, test } from 'vitest';
import { alertMessageOf } from '../../../functions/alerts/domain/render/message.ts';
import { email } from '../../../functions/alerts/domain/render/email.ts';
import { pagerDutyEvent } from '../../../functions/alerts/domain/render/pagerduty.ts';
import { slackMessage } from '../../../functions/alerts/domain/render/slack.ts';
import type { Note } from '../../../functions/alerts/domain/note.ts';
import { tally } from '../../../scripts/soak/tally.ts';
import { aNote } from '../../support/note-builder.ts';

const counting = (count: number, more: Partial<Note>): Note =>
  aNote({
    ...more,
    count,
    rules: aNote().rules.map((rule) => ({ ...rule, title: 'Critical secret leaked', count })),
  });

test.each([
  ['slack', (note: Note) => slackMessage(note)],
  ['pagerduty', (note: Note) => pagerDutyEvent(note, 'k')],
  ['message', alertMessageOf],
  ['email', email],
] as const)(
  'what %s says of a flood can be counted: the newest of each group, and what came again',
  (channel, render) => {
    const notes = [
      counting(1, { revision: 1 }),
      counting(3_333, { revision: 2 }),
      counting(3_333, { revision: 2 }),
      counting(7, { group: 'cd'.repeat(16) }),
    ];
    expect(
      tally(
        channel,
        notes.map((note) => JSON.stringify(render(note))),
      ),
    ).toEqual({
      channel,
      messages: 4,
      findings: 3_340,
      repeated: 1,
    });
  },
);

test('a message that names no group is no message of an alert', () => {
  expect(() => tally('slack', ['{}'])).toThrow('names no group');
});
