/** What the demo prints for a person to read. */
import { styleText } from 'node:util';
import type { AlertMessage } from '../../functions/contracts/alerts.ts';
import type { Severity } from '../../functions/contracts/finding.ts';
import type { QuarantineItem } from '../../functions/contracts/quarantine.ts';
import { table } from './table.ts';

const COLOURS = { CRITICAL: 'red', HIGH: 'magenta', MEDIUM: 'yellow', LOW: 'gray' } as const;

/** `[SHHH removed a credential here: TYPE MASK ref …]`, by detection's redaction. */
const PLACEHOLDER = /\[SHHH removed a credential here: \S+ (?<mask>\S+) ref [^\]]*\]/g;

/** Columns of text to either side of a mask that an excerpt shows. */
const EXCERPT_AROUND = 22;

export interface Progress {
  readonly written: number;
  readonly shipped: number;
  readonly scanned: number;
  readonly quarantined: number;
  /** Severe findings that the messages of subscribers count. */
  readonly alerted: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

export function progressLine(progress: Progress): string {
  const count = (label: string, value: number) => `${label} ${value.toLocaleString('en').padStart(6)}`;
  const milliseconds = (value: number | undefined) => (value === undefined ? '–' : `${Math.round(value)} ms`);
  return [
    count('written', progress.written),
    count('shipped', progress.shipped),
    count('scanned', progress.scanned),
    count('quarantined', progress.quarantined),
    count('alerted', progress.alerted),
    `append → quarantine p50 ${milliseconds(progress.p50Ms)}, p99 ${milliseconds(progress.p99Ms)}`,
  ].join('  │  ');
}

export function findingsTable(items: readonly QuarantineItem[]): string[] {
  const rows = [...items]
    .sort((a, b) => a.position - b.position)
    .map((item) => [
      `${item.core.slice(0, 8)} @${item.position}`,
      item.agent,
      item.secretType,
      item.rule,
      coloured(item.severity),
      excerpt(item),
    ]);
  return table(
    ['log @position', 'agent', 'what leaked', 'rule', 'severity', 'redacted text'],
    rows,
    [20, 20, 30, 26, 8, 64],
  );
}

export function alertsTable(messages: readonly AlertMessage[]): string[] {
  const rows = messages.map(({ severity, timestamp, alert }) => [
    timestamp.slice(11, 23),
    alert.kind,
    coloured(severity),
    String(alert.count),
    alert.lines[0] ?? '',
    alert.next,
  ]);
  return table(
    ['newest leak', 'message', 'severity', 'alerts', 'what it says first', 'and what to do'],
    rows,
    [12, 8, 8, 6, 92, 60],
  );
}

export function heading(text: string): string {
  return `\n${styleText('bold', text)}`;
}

function coloured(severity: Severity): string {
  return styleText(COLOURS[severity], severity);
}

/** The text around the mask, on one line; of the placeholder that an agent reads, only the mask. */
function excerpt({ redactedContent, redactedKey }: QuarantineItem): string {
  const text = redactedContent.replaceAll(PLACEHOLDER, '$<mask>');
  const at = text.indexOf(redactedKey);
  const from = Math.max(0, at - EXCERPT_AROUND);
  const around =
    at < 0 ? text.slice(0, 2 * EXCERPT_AROUND) : text.slice(from, at + redactedKey.length + EXCERPT_AROUND);
  return around.replaceAll(/\\n|\s+/g, ' ').replaceAll(/\p{Cc}/gu, '·');
}
