/** Slack's Block Kit: https://docs.slack.dev/reference/block-kit */
import { approvalButton } from '../../../contracts/revocation.ts';
import { headlineOf, linkTextOf, noteId, type Note } from '../note.ts';
import { doneOf, factsOf, linesOf, nextOf } from './text.ts';

const COLOURS = { CRITICAL: '🔴', HIGH: '🟠', MEDIUM: '🟡', LOW: '⚪' } as const;
/** Slack's own limits, in characters and fields. */
const HEADER = 150;
const SECTION = 3_000;
const FIELDS = 10;
const FIELD = 2_000;

/** Slack reads these three characters in any text that it formats. */
const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const cut = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`;
const plain = (text: string, max: number) => ({
  type: 'plain_text' as const,
  text: cut(text, max),
  emoji: true,
});
/** Text that Slack shows as it is: no character of it means anything. */
const literal = (text: string) => ({ type: 'text' as const, text: cut(text, SECTION) });
const sentence = (title: string, text: string) => ({
  type: 'rich_text_section' as const,
  elements: [{ ...literal(`${title} `), style: { bold: true } }, literal(text)],
});
const list = (lines: readonly string[]) => ({
  type: 'rich_text' as const,
  elements: [
    {
      type: 'rich_text_list' as const,
      style: 'bullet' as const,
      elements: lines.map((line) => ({ type: 'rich_text_section' as const, elements: [literal(line)] })),
    },
  ],
});
/** A value within formatted text; a mask's asterisks would else make it bold. */
const value = (text: string): string =>
  /[*_~`]/.test(text) ? `\`${escape(text).replaceAll('`', "'")}\`` : escape(text);

/** The message of an episode; it is changed as the episode goes on. */
export function slackMessage(note: Note) {
  const mark = note.kind === 'resolve' ? '✅' : COLOURS[note.severity];
  const button = (text: string, action: string) => ({
    type: 'button' as const,
    text: plain(text, 75),
    action_id: `shhh_${action}`,
    value: noteId(note),
  });
  return {
    text: escape(cut(headlineOf(note), SECTION)),
    blocks: [
      { type: 'header' as const, text: plain(`${mark} ${headlineOf(note)}`, HEADER) },
      // The headline says a single one already.
      ...(note.count > 1 ? [list(linesOf(note))] : []),
      {
        type: 'section' as const,
        fields: factsOf(note)
          .slice(0, FIELDS)
          .map((fact) => ({
            type: 'mrkdwn' as const,
            text: cut(`*${fact.label}*\n${value(fact.value)}`, FIELD),
          })),
      },
      {
        type: 'rich_text' as const,
        elements: [sentence('Already done.', doneOf(note)), sentence('Next.', nextOf(note))],
      },
      {
        type: 'actions' as const,
        elements: [
          {
            type: 'button' as const,
            text: plain(linkTextOf(note), 75),
            url: note.link,
            action_id: 'shhh_open',
            style: 'primary' as const,
          },
          ...(note.kind === 'resolve'
            ? []
            : (approvalButtons(note) ?? [
                button('I am on it', 'acknowledge'),
                button('Confirm the leak', 'confirm'),
                button('False alarm', 'false_positive'),
              ])),
        ],
      },
      {
        type: 'context' as const,
        elements: [
          {
            type: 'mrkdwn' as const,
            text: escape(
              `Rule ${note.rules.map(({ name }) => name).join(', ')} · message ${note.revision} of this alert · \`${noteId(note)}\``,
            ),
          },
        ],
      },
    ],
    metadata: { event_type: 'shhh_alert', event_payload: { note_id: noteId(note) } },
  };
}

/** Of one revocation that waits; where many do, people look before they decide. */
function approvalButtons({ count, samples }: Note) {
  const labels = samples[0]?.labels;
  if (count !== 1 || labels?.status !== 'awaiting_approval') return undefined;
  const asked = { v: 1, caseId: labels.caseId, run: Number(labels.run) };
  const pair = (['approve', 'reject'] as const).map((what) => ({
    what,
    value: approvalButton.safeParse({ ...asked, do: what }),
  }));
  if (pair.some(({ value: read }) => !read.success)) return undefined;
  return pair.map(({ what, value: read }) => ({
    type: 'button' as const,
    text: plain(what === 'approve' ? 'Revoke it' : 'Leave it alive', 75),
    action_id: `shhh_revocation_${what}`,
    value: JSON.stringify(read.data),
    ...(what === 'approve' && { style: 'danger' as const }),
  }));
}

/** What is added to the thread when the message changes. */
export function slackReply(note: Note) {
  const news =
    note.kind === 'resolve'
      ? '✅ Every case in this alert is over.'
      : `${note.fresh > 0 ? `${note.fresh.toLocaleString('en')} more, ${note.count.toLocaleString('en')} in all. ` : ''}Cases: ${note.cases.open} open, ${note.cases.acknowledged} under review, ${note.cases.over} over.`;
  return { text: news, metadata: { event_type: 'shhh_alert', event_payload: { note_id: noteId(note) } } };
}
