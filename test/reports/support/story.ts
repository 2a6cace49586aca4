/** A quarter in which everything happened and all of it was done in time, by entries that the contract admits. */
import { z } from 'zod';
import { LOG_ENTRIES } from '../../../functions/contracts/audit-entries.ts';
import type { AuditEventType } from '../../../functions/contracts/audit.ts';
import { FACTS, type Configuration, type Fact } from '../../../functions/reports/domain/facts.ts';
import type { LogEntry } from '../../../functions/reports/domain/log-entry.ts';
import { sampleOf } from '../../support/sample-of.ts';
import { anEntry, DAY, HOUR, MINUTE } from './entries.ts';

const json = z.record(z.string(), z.json());
const FINGERPRINT = '0123456789abcdef'.repeat(4);
const CASE = `case_${FINGERPRINT.slice(0, 32)}`;
const FINDING = `fnd_${'7'.repeat(32)}`;

/** One step of the story, by the name that a test leaves it out or moves it by. */
interface Step {
  readonly name: string;
  readonly after: number;
  readonly type: AuditEventType;
  readonly data: Readonly<Record<string, unknown>>;
  readonly more: Partial<LogEntry>;
}

const step = (
  name: string,
  after: number,
  type: AuditEventType,
  data: Step['data'],
  more: Partial<LogEntry> = {},
): Step => ({ name, after, type, data, more });

/** The leak is found on the tenth day. */
const FOUND = 10 * DAY;
const about = { subject: CASE };
const details = { fingerprint: FINGERPRINT };

const revocation = (name: string, after: number, previous?: string): Step =>
  step(
    `revocation ${name}`,
    FOUND + after,
    'revocation',
    {
      revocation_id: `${CASE}:1`,
      step: name,
      details: { ...details, ...(previous !== undefined && { previous_status: previous }) },
    },
    about,
  );

/** As the recorder tells the states of a rotation. */
const OUTCOMES: Readonly<Record<string, string>> = {
  ...{
    planned: 'started',
    verified: 'verified',
    promoted: 'promoted',
    retired: 'retired',
    completed: 'retired',
  },
};

const rotation = (name: string, after: number, more: object = {}): Step =>
  step(
    `rotation ${name}`,
    FOUND + after,
    'rotation',
    {
      rotation_id: `rot_${'5'.repeat(32)}`,
      step: name,
      outcome: OUTCOMES[name],
      details: { trigger: 'leak', finding_id: FINDING, from_version: 'v1', to_version: 'v2', ...more },
    },
    { subject: 'orders-db' },
  );

const breach = (category: string, after: number): Step =>
  step(category, FOUND + after, 'security.event', { category, description: 'What happened.' }, about);

const STEPS: readonly Step[] = [
  ...Array.from({ length: 23 }, (_, index) =>
    step('deployment', index * 4 * DAY, 'system.event', {
      what: 'configuration_change',
      outcome: 'UPDATE_COMPLETE',
    }),
  ),
  ...[30, 60, 90].map((day) => step(`report of day ${day}`, day * DAY, 'report', { outcome: 'created' })),
  step('finding', FOUND, 'finding', {
    finding_id: FINDING,
    severity: 'CRITICAL',
    details: { ...details, stage: 'found-in-log', occurrences: 1 },
  }),
  step('alert', FOUND + MINUTE, 'alert', { severity: 'CRITICAL', outcome: 'delivered', channel: 'slack' }),
  revocation('pending', MINUTE),
  revocation('live', 2 * MINUTE, 'pending'),
  revocation('awaiting_approval', 3 * MINUTE, 'live'),
  revocation('contained', 10 * MINUTE, 'awaiting_approval'),
  revocation('revoked', 12 * MINUTE, 'contained'),
  revocation('proven_dead', 14 * MINUTE, 'revoked'),
  rotation('planned', 2 * MINUTE),
  rotation('verified', 5 * MINUTE, { tests: sampleTests() }),
  rotation('promoted', 6 * MINUTE),
  rotation('retired', HOUR),
  rotation('completed', 2 * HOUR),
  step(
    'review',
    FOUND + 4 * HOUR,
    'review',
    { case_id: CASE, decision: 'confirmed', reason: 'Live.', details },
    about,
  ),
  breach('breach.notified', 30 * HOUR),
  breach('breach.high_risk', 30 * HOUR),
  breach('breach.persons_informed', 50 * HOUR),
  revocation('manual', 5 * DAY, 'proven_dead'),
  step('reappearance', FOUND + 5 * DAY, 'security.event', { category: 'case.reappeared', details }, about),
  step(
    'review of both',
    FOUND + 6 * DAY,
    'review',
    { case_id: CASE, decision: 'revoked', reason: 'Dead.', details },
    about,
  ),
  step(
    'alarm',
    20 * DAY,
    'security.event',
    { category: 'alarm', outcome: 'ALARM' },
    { subject: 'shhh-prod-x' },
  ),
  step(
    'end of alarm',
    20 * DAY + HOUR,
    'security.event',
    { category: 'alarm', outcome: 'OK' },
    { subject: 'shhh-prod-x' },
  ),
  step('expiry', 50 * DAY, 'security.event', { category: 'finding.expired' }),
  step('administration', 60 * DAY, 'administrative.access', {
    operation: 'GetBucketPolicy',
    outcome: 'allowed',
  }),
  step('rule', 70 * DAY, 'pattern.change', { change: 'added' }),
];

function sampleTests(): unknown {
  for (const shape of LOG_ENTRIES.rotation) {
    const sample = sampleOf(shape, true);
    if (isMembers(sample) && isMembers(sample['details']) && 'tests' in sample['details'])
      return sample['details']['tests'];
  }
  throw new Error('No rotation has tests.');
}

function isMembers(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The entry, if one of the ways in which such entries come to be admits it. */
function entryOf({ after, type, data, more }: Step, seq: number): LogEntry {
  for (const shape of LOG_ENTRIES[type]) {
    const sample = z.record(z.string(), z.unknown()).parse(sampleOf(shape, true));
    const inner = sample['details'];
    const said = {
      ...sample,
      ...data,
      ...(isMembers(inner) && { details: { ...inner, ...(isMembers(data['details']) && data['details']) } }),
    };
    const parsed = shape.safeParse(said);
    if (parsed.success) return anEntry(seq, after, { type, data: json.parse(parsed.data), ...more });
  }
  throw new Error(`No entry of the kind ${type} is like this.`);
}

/**
 * @param leftOut steps that do not happen
 * @param moved by name, how much later others do. Milliseconds
 */
export function storyOf(
  leftOut: readonly string[] = [],
  moved: Readonly<Record<string, number>> = {},
): readonly LogEntry[] {
  const names = new Set(STEPS.map(({ name }) => name));
  for (const name of [...leftOut, ...Object.keys(moved)])
    if (!names.has(name)) throw new Error(`There is no step ${name}.`);
  return STEPS.filter(({ name }) => !leftOut.includes(name)).map((each, seq) =>
    entryOf({ ...each, after: each.after + (moved[each.name] ?? 0) }, seq),
  );
}

const SOUND: Readonly<Partial<Record<string, Fact['value']>>> = {
  'log.lock-mode': 'COMPLIANCE',
  'log.lock-days': 2557,
  'bucket.encryption': 'AES256',
  'key.open-to-all': false,
  'key.origin': 'AWS_KMS',
  'logs.retention-days': 365,
  'managed-secret.age-days': 12,
};

/** One thing with each setting, as it should be but for these. */
export function configurationOf(changes: Readonly<Record<string, Fact['value']>> = {}): Configuration {
  const named = (name: string): name is Fact['name'] => Object.hasOwn(FACTS, name);
  const facts = Object.keys(FACTS)
    .filter(named)
    .map((name): Fact => ({ name, subject: 'thing', value: changes[name] ?? SOUND[name] ?? true }));
  return { facts, unread: [] };
}
