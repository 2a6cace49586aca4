import {
  REVOCATION_DECISIONS,
  type RevocationAnswer,
  type RevocationRequest,
  type RevocationView,
} from '../../functions/contracts/revocation.ts';
import { err, ok, type Result } from '../../functions/kernel/result.ts';

const USAGE = [
  'npm run revoke -- CASE --why TEXT [--by NAME]             revokes it now, or again where the last run ended without a proof',
  'npm run revoke -- show CASE                               where its revocation stands, and what to do by hand',
  'npm run revoke -- approve|reject CASE --why TEXT [--by NAME]   answers one that waits',
  'npm run revoke -- undo CASE --why TEXT [--by NAME]        makes the credential work again, where its provider can',
  'Each takes --stage local|dev|prod (default dev).',
].join('\n');

interface RevokeOptions {
  readonly why?: string | undefined;
  readonly by?: string | undefined;
}

/** Reads a command line. A refusal names the word, the reason and what to write instead. */
export function parseRevokeCommand(
  words: readonly string[],
  { why, by }: RevokeOptions,
  user: string,
): Result<RevocationRequest, string> {
  const [first, second, ...rest] = words;
  if (first === undefined) return err(USAGE);
  const [verb, caseId, extra] = first.startsWith('case_')
    ? ['revoke', first, second]
    : [first, second, rest[0]];
  if (extra !== undefined)
    return err(`There is a word too many: ${extra}. A reason of several words needs quotes.\n${USAGE}`);
  const decision = REVOCATION_DECISIONS.find((each) => each === verb);
  if (verb !== 'show' && decision === undefined) return err(`There is no command ${verb}.\n${USAGE}`);
  if (caseId === undefined || !/^case_[0-9a-f]{32}$/.test(caseId))
    return err(
      `\`${verb}\` takes the id of a case, e.g. case_0123456789abcdef0123456789abcdef; \`npm run review -- list\` shows them.`,
    );
  if (decision === undefined) return ok({ do: 'show', caseId });
  if (why === undefined || why.trim() === '') return err(`\`${verb}\` needs --why "…": the record keeps it.`);
  return ok({ do: decision, caseId, by: by ?? user, why });
}

/** An answer as a person reads it. */
export function renderRevocation(answer: RevocationAnswer): string {
  if (answer.answer === 'revocation') return renderView(answer.revocation);
  const state = answer.revocation === undefined ? '' : `\n\n${renderView(answer.revocation)}`;
  return `Refused: ${answer.message}${state}`;
}

function renderView(one: RevocationView): string {
  const time = (at: string | undefined) => at?.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['case', `${one.caseId}, run ${one.run}`],
    ['status', [one.status, one.reason, one.note].filter((each) => each !== undefined).join(' · ')],
    ['secret', `${one.severity} ${one.secretType} ${one.redactedKey} (${one.provider})`],
    ['credential', one.identity && Object.values(one.identity).join(' · ')],
    ['used for', one.uses?.join(', ')],
    ['last seen', one.lastSeen],
    [
      'decided by',
      one.decidedBy && [one.decidedBy, one.rule && `rule ${one.rule}`].filter(Boolean).join(', '),
    ],
    ['waits until', one.approval && `${time(one.approval.expiresAt) ?? ''}, then: ${one.approval.byDefault}`],
    ['started', time(one.startedAt)],
    ['proven live', time(one.provenLiveAt)],
    ['contained', time(one.containedAt)],
    ['revoked', time(one.revokedAt)],
    ['proven dead', time(one.provenDeadAt)],
    ['restored', time(one.restoredAt)],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name.padEnd(12)} ${value}`],
  );
  if (one.status === 'failed' || one.status === 'manual')
    lines.push('', 'By hand:', ...one.manualSteps.map((step, index) => `  ${index + 1}. ${step}`));
  return lines.join('\n');
}
