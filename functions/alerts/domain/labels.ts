/** The allow list: everything of an event that an alert may ever carry. A secret is in none of them. */
import { z } from 'zod';

/** What a rule may group by and a template may name. The text around a finding is not among them on purpose. */
export const labelName = z.enum([
  'agent',
  'alarm',
  'answerBefore',
  'caseId',
  'confidence',
  'correlationId',
  'credential',
  'core',
  'detectedAt',
  'findingId',
  'fingerprint',
  'framework',
  'manifest',
  'occurrences',
  'operation',
  'period',
  'principal',
  'provider',
  'reason',
  'redactedKey',
  'reference',
  'rotationId',
  'ruleName',
  'run',
  'runbook',
  'secretType',
  'severity',
  'status',
  'uses',
  'verdicts',
]);
export type LabelName = z.infer<typeof labelName>;
export type Labels = Readonly<Partial<Record<LabelName, string>>>;

/** No name or reason that a person gives is longer; an alert must fit every channel. */
const MAX_LABEL_CHARACTERS = 256;

/** Cuts a text to `max` UTF-16 units, on a whole character, ending in `…` where something was cut. */
function clip(text: string, max: number = MAX_LABEL_CHARACTERS): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`;
}

/** Of an event's fields, those that are on the list, as text of bounded length. */
export function labelsOf(fields: Readonly<Record<string, unknown>>): Labels {
  const labels: Partial<Record<LabelName, string>> = {};
  for (const name of labelName.options) {
    const value = fields[name];
    if (typeof value === 'string' || typeof value === 'number') labels[name] = clip(String(value));
  }
  return labels;
}

const PLACEHOLDER = /\{(\w*)\}/g;

/** Names in braces that a template uses. */
export function placeholdersOf(template: string): readonly string[] {
  return Array.from(template.matchAll(PLACEHOLDER), ([, name = '']) => name);
}

/** Names that no person gave, such as keys of peers, are told apart by their ends. */
const LONG_NAME = 32;

/** A long word without its middle. */
export function shortened(value: string): string {
  return value.length <= LONG_NAME || /\s/.test(value)
    ? value
    : `${value.slice(0, 12).toWellFormed()}…${value.slice(-6).toWellFormed()}`;
}

/** Fills a template; what the event does not say stands there as `unknown`, and a long word is shortened. */
export function fill(template: string, labels: Labels): string {
  return template.replaceAll(PLACEHOLDER, (_, name: string) => {
    const label = labelName.safeParse(name);
    return shortened((label.success ? labels[label.data] : undefined) ?? 'unknown');
  });
}
