import { headlineOf, linkTextOf, noteId, titleOf, type Note } from '../note.ts';
import { doneOf, factsOf, linesOf, nextOf } from './text.ts';

const COLOURS = { CRITICAL: '#b3261e', HIGH: '#c2570c', MEDIUM: '#8a6a00', LOW: '#5f6368' } as const;
const OVER = '#1e7d43';
const SUBJECT = 150;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** Subject, text and HTML. Styles stand in each element: mail programs drop style sheets. */
export function email(note: Note): {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
} {
  const subject = `[SHHH] ${headlineOf(note)}`.replaceAll(/\p{Cc}+/gu, ' ');
  const colour = note.kind === 'resolve' ? OVER : COLOURS[note.severity];
  const badge = note.kind === 'resolve' ? 'RESOLVED' : note.severity;
  const facts = factsOf(note);
  const lines = linesOf(note);
  const text = [
    headlineOf(note),
    '',
    ...lines.map((line) => `- ${line}`),
    '',
    ...facts.map(({ label, value }) => `${label}: ${value}`),
    '',
    `Already done: ${doneOf(note)}`,
    `Next: ${nextOf(note)}`,
    '',
    note.link,
    '',
    `Rule ${note.rules.map(({ name }) => name).join(', ')} · ${noteId(note)}`,
  ].join('\n');
  const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
  const row = ({ label, value }: { label: string; value: string }) =>
    `<tr><td style="padding:6px 16px 6px 0;color:#5f6368;white-space:nowrap;vertical-align:top">${escape(label)}</td><td style="padding:6px 0;color:#202124;word-break:break-word">${escape(value)}</td></tr>`;
  const box = (title: string, body: string, background: string) =>
    `<div style="background:${background};border-radius:6px;padding:14px 16px;margin-top:16px"><div style="font-size:12px;font-weight:600;color:#5f6368;margin-bottom:4px">${title}</div><div style="color:#202124">${escape(body)}</div></div>`;
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(subject)}</title></head>
<body style="margin:0;padding:24px;background:#f1f3f4;${font};font-size:15px;line-height:1.5">
<div style="max-width:600px;margin:0 auto;background:#ffffff;border-radius:10px;overflow:hidden;border-top:6px solid ${colour}">
<div style="padding:24px 28px 28px">
<span style="display:inline-block;background:${colour};color:#ffffff;font-size:12px;font-weight:700;border-radius:4px;padding:3px 10px">${badge}</span>
<h1 style="font-size:20px;line-height:1.35;margin:12px 0 0;color:#202124;font-weight:600">${escape(titleOf(note))}</h1>
${lines.length > 1 || note.count > 1 ? `<ul style="margin:12px 0 0;padding-left:20px;color:#202124">${lines.map((line) => `<li>${escape(line)}</li>`).join('')}</ul>` : ''}
<table role="presentation" style="border-collapse:collapse;margin-top:16px;font-size:14px">${facts.map(row).join('')}</table>
${box('ALREADY DONE', doneOf(note), '#f1f3f4')}
${box('NEXT STEP', nextOf(note), note.kind === 'resolve' ? '#e6f4ea' : '#fdecea')}
<a href="${escape(note.link)}" style="display:inline-block;margin-top:20px;background:#202124;color:#ffffff;text-decoration:none;border-radius:6px;padding:10px 20px;font-weight:600">${linkTextOf(note)}</a>
</div>
<div style="padding:14px 28px;border-top:1px solid #e8eaed;color:#5f6368;font-size:12px">Rule ${escape(note.rules.map(({ name }) => name).join(', '))} · message ${note.revision} of this alert<br><span style="font-size:11px">${noteId(note)}</span></div>
</div></body></html>`;
  return {
    subject: subject.length <= SUBJECT ? subject : `${subject.slice(0, SUBJECT - 1).toWellFormed()}…`,
    text,
    html,
  };
}
