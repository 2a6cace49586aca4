/** From `patterns/audit.yaml` to the policy that functions and constructs read; refuses what would fail or lie later. */
import { LineCounter, parseDocument } from 'yaml';
import { parseVkey } from '../../functions/audit/domain/signed-note.ts';
import {
  ALWAYS_RECORDED,
  auditPolicySource,
  recordedTypes,
  type AuditPolicy,
} from '../../functions/contracts/audit-policy.ts';
import { auditEventType } from '../../functions/contracts/audit.ts';
import { yamlLineOf } from '../../functions/kernel/yaml-line.ts';
import { secretTexts } from '../support/secret-texts.ts';

/** What is wrong with a policy: where, why, and what to do. */
export interface PolicyProblem {
  readonly file: string;
  readonly line: number | undefined;
  /** e.g. `thresholds.0.within` */
  readonly path: string;
  readonly reason: string;
  readonly next: string;
}

/** `patterns/audit.yaml:12 retention.beside: why. What to do.` */
export const describePolicyProblem = ({ file, line, path, reason, next }: PolicyProblem): string =>
  `${file}${line === undefined ? '' : `:${line}`} ${path === '' ? '(root)' : path}: ${reason}. ${next}`;

interface Complaint {
  readonly path: readonly PropertyKey[];
  readonly reason: string;
  readonly next: string;
}

/**
 * @param looksSecret whether a text holds something that our own scanner takes for a credential
 * @returns the policy, or every problem that was found
 */
export function compilePolicy(
  file: { readonly name: string; readonly text: string },
  looksSecret: (text: string) => boolean,
): { readonly policy: AuditPolicy } | { readonly problems: readonly PolicyProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0)
    return {
      problems: document.errors.map(({ linePos, message }) => ({
        file: file.name,
        line: linePos?.[0].line,
        path: '',
        reason: message.split('\n')[0]?.replace(/:?$/, '') ?? 'is no YAML',
        next: 'Mend the YAML.',
      })),
    };
  const source: unknown = document.toJS();
  const parsed = auditPolicySource.safeParse(source);
  const complaints = [
    ...secretTexts(source, looksSecret).map((path) => ({
      path,
      reason: 'holds what looks like a credential',
      next: 'Take it out, and have it revoked.',
    })),
    ...(parsed.success ? contradictionsIn(parsed.data) : parsed.error.issues.flatMap(complaintsOf)),
  ];
  if (parsed.success && complaints.length === 0) return { policy: parsed.data };
  return {
    problems: complaints.map(({ path, reason, next }) => ({
      file: file.name,
      line: yamlLineOf(document, lines, path),
      path: path.map(String).join('.'),
      reason,
      next,
    })),
  };
}

type Issue = NonNullable<ReturnType<typeof auditPolicySource.safeParse>['error']>['issues'][number];

/** Says in words of the file what a schema says in its own; never a value. */
function complaintsOf(issue: Issue): readonly Complaint[] {
  const at = { path: issue.path };
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        reason: 'there is no such setting, and it would have no effect',
        next: 'Take it out, or mend its name: docs/audit-policy.md has every setting.',
      }));
    case 'invalid_value':
      return [
        {
          ...at,
          reason: 'is none of what can stand here',
          next: `Write one of ${issue.values.map(String).join(', ')}.`,
        },
      ];
    case 'too_small':
      return [{ ...at, reason: 'is too small', next: `Write ${String(issue.minimum)} or more.` }];
    case 'too_big':
      return [{ ...at, reason: 'is too large', next: `Write ${String(issue.maximum)} or less.` }];
    case 'invalid_type':
      return [
        {
          ...at,
          reason: `is missing, or is no ${issue.expected}`,
          next: `Write a ${issue.expected} here: docs/audit-policy.md has an example.`,
        },
      ];
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({
        ...at,
        reason: message,
        next: 'Mend the name.',
      }));
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_union':
    case 'not_multiple_of':
      return [{ ...at, reason: issue.message, next: 'Write it as docs/audit-policy.md shows it.' }];
  }
}

const DAY = 86_400;
/** What a function takes before it does anything. */
const RUNTIME_MB = 128;

/** What each setting allows and all of them together do not. */
function contradictionsIn(policy: AuditPolicy): readonly Complaint[] {
  const { levels, events, retention, chain, storage, thresholds, integrations, batching } = policy;
  const complaints: Complaint[] = [];
  const refuse = (path: string, reason: string, next: string) =>
    void complaints.push({ path: path.split('/'), reason, next });

  const listed = new Map<string, string>();
  for (const [level, kinds] of Object.entries(levels))
    for (const [at, type] of kinds.entries()) {
      const before = listed.get(type);
      if (before !== undefined)
        refuse(`levels/${level}/${at}`, `${type} stands in ${before} already`, 'Name it in one level only.');
      listed.set(type, level);
    }
  for (const type of auditEventType.options)
    if (!listed.has(type))
      refuse('levels', `${type} stands in no level, and would never be recorded`, 'Put it into one.');
  for (const type of ALWAYS_RECORDED)
    if (events[type]?.record === false)
      refuse(`events/${type}/record`, 'this kind is always recorded', 'Take the setting out.');
  const recorded = recordedTypes(policy);

  const days = { 'retention/entries': retention.entries, 'retention/beside': retention.beside };
  const more = {
    'retention/outbox': retention.outbox,
    'storage/infrequent_access_after': storage.infrequent_access_after,
    'storage/staged_kept': storage.staged_kept,
  };
  for (const [path, seconds] of Object.entries({ ...days, ...more }))
    if (seconds % DAY !== 0) refuse(path, 'storage counts in whole days', 'Write it in d.');
  for (const [type, settings] of Object.entries(events))
    if (settings.keep_beside !== undefined && settings.keep_beside % DAY !== 0)
      refuse(`events/${type}/keep_beside`, 'storage counts in whole days', 'Write it in d.');
  if (retention.outbox < 18 * DAY)
    refuse(
      'retention/outbox',
      'a producer may repeat itself for 18 days: 4 in a queue and 14 in its dead letters',
      'Write 18d or more.',
    );
  if (storage.infrequent_access_after < 30 * DAY)
    refuse('storage/infrequent_access_after', 'S3 moves nothing before its 30th day', 'Write 30d or more.');
  if (storage.staged_kept < DAY)
    refuse('storage/staged_kept', 'a batch that a crash left must still be there', 'Write 1d or more.');
  if (chain.checkpoint_every < 1 || chain.checkpoint_every > 60)
    refuse('chain/checkpoint_every', 'a batch is made each 1 to 60 seconds', 'Write 1s to 60s.');
  if (chain.integrity_check_every < 900 || chain.integrity_check_every % 60 !== 0)
    refuse(
      'chain/integrity_check_every',
      'a check is in whole minutes and 15 at least',
      'Write 15m or more.',
    );
  if (integrations.witness_wait > 10)
    refuse('integrations/witness_wait', 'every batch would wait that long', 'Write 10s or less.');
  const needed = Math.ceil((batching.bytes * 4) / 2 ** 20) + RUNTIME_MB;
  if (needed > batching.memory_mb)
    refuse(
      'batching/memory_mb',
      'a batch takes four times its bytes in memory',
      `Write ${needed} or more, or make batching.bytes smaller.`,
    );

  const names = new Set<string>();
  for (const [at, { name, type, within }] of thresholds.entries()) {
    if (names.has(name))
      refuse(`thresholds/${at}/name`, 'another threshold has this name', 'Give it a name of its own.');
    names.add(name);
    if (within % 60 !== 0 || within > DAY)
      refuse(
        `thresholds/${at}/within`,
        'an alarm counts by whole minutes, a day at most',
        'Write 1m to 24h.',
      );
    if (!recorded.has(type))
      refuse(
        `thresholds/${at}/type`,
        `${type} is not recorded, so it can never be reached`,
        'Record it, or take the threshold out.',
      );
  }
  for (const [at, type] of integrations.bus.entries())
    if (!recorded.has(type))
      refuse(`integrations/bus/${at}`, `${type} is not recorded`, 'Record it, or take it out.');
  for (const [at, { url, key }] of integrations.witnesses.entries()) {
    const parsed = parseVkey(key);
    if (!parsed.ok || parsed.value.kind !== 'cosignature')
      refuse(
        `integrations/witnesses/${at}/key`,
        parsed.ok ? 'is the key of a log, not of a witness' : parsed.error,
        'Ask whoever runs the witness for its key.',
      );
    if (!url.startsWith('https://'))
      refuse(`integrations/witnesses/${at}/url`, 'is not https', 'Write the https address.');
  }
  return complaints;
}
