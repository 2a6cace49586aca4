import { severity } from '../../functions/contracts/finding.ts';
import { quarantineStatus } from '../../functions/contracts/quarantine.ts';
import {
  DECISIONS,
  reviewRequest,
  type ReviewAnswer,
  type ReviewedCase,
  type ReviewRequest,
} from '../../functions/contracts/review.ts';
import { err, ok, type Result } from '../../functions/kernel/result.ts';
import { table } from '../demo/table.ts';

const DECISION_WORDS = DECISIONS.map((each) => each.replace('_', '-'));

const USAGE = [
  'npm run review -- list [--status S | --severity S | --type T]                           cases, newest first; by default those that wait',
  'npm run review -- findings [--agent A | --fingerprint F | --status S | --severity S | --type T]   single findings, newest first',
  '  both: [--from DAY] [--until DAY] [--limit N] [--cursor C]                              of these days, UTC, page by page',
  'npm run review -- show CASE                                                              one case, where it leaked, and what may be decided',
  `npm run review -- ${DECISION_WORDS.join('|')} CASE --reason TEXT [--reviewer NAME] [--seen N]`,
  '                                                                                         decides about a case; hold stops its deletion',
  `Status: ${quarantineStatus.options.join(', ')}. Each takes --stage local|dev|prod (default dev).`,
].join('\n');

export interface ReviewOptions {
  readonly status?: string | undefined;
  readonly severity?: string | undefined;
  readonly type?: string | undefined;
  readonly agent?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
  readonly reason?: string | undefined;
  readonly reviewer?: string | undefined;
  readonly seen?: string | undefined;
}

export type ReviewCommand =
  | { readonly do: 'ask'; readonly request: ReviewRequest }
  /** The decision lacks which one was the last seen: look at the case first. */
  | { readonly do: 'look_and_decide'; readonly request: Extract<ReviewRequest, { seen: number }> };

/** Reads a command line. A refusal names the word, the reason and what to write instead. */
export function parseReviewCommand(
  words: readonly string[],
  options: ReviewOptions,
  user: string,
): Result<ReviewCommand, string> {
  const [verb, caseId, ...rest] = words;
  if (verb === undefined) return err(USAGE);
  if (rest.length > 0)
    return err(`There is a word too many: ${rest[0]}. A reason of several words needs quotes.\n${USAGE}`);
  if (verb === 'list' || verb === 'findings')
    return caseId === undefined
      ? listCommand(verb, options)
      : err(`\`${verb}\` takes no ${caseId}.\n${USAGE}`);
  const decision = DECISIONS.find((each) => each.replace('_', '-') === verb);
  if (verb !== 'show' && decision === undefined) return err(`There is no command ${verb}.\n${USAGE}`);
  if (caseId === undefined || !/^case_[0-9a-f]{32}$/.test(caseId))
    return err(
      `\`${verb}\` takes the id of a case, e.g. case_0123456789abcdef0123456789abcdef; \`list\` shows them.`,
    );
  if (decision === undefined) return ok({ do: 'ask', request: { do: 'show', caseId } });
  const { reason, reviewer = user, seen } = options;
  if (reason === undefined || reason.trim() === '')
    return err(`\`${verb}\` needs --reason "…": the audit keeps why.`);
  const request = { do: decision, caseId, reviewer, reason, seen: Number(seen ?? 0) };
  if (!Number.isInteger(request.seen) || request.seen < 0)
    return err(`--seen ${seen} is no number of decisions; \`show\` tells it.`);
  return ok({ do: seen === undefined ? 'look_and_decide' : 'ask', request });
}

function listCommand(verb: 'list' | 'findings', options: ReviewOptions): Result<ReviewCommand, string> {
  const { status, severity: worst, type, agent, fingerprint, limit, cursor } = options;
  if (verb === 'list' && (agent ?? fingerprint) !== undefined)
    return err('`list` is of cases; `findings` takes --agent and --fingerprint, and names the case of each.');
  const selections = [
    { by: 'status', value: status?.replaceAll('-', '_') },
    { by: 'severity', value: worst?.toUpperCase() },
    { by: 'secretType', value: type },
    { by: 'agent', value: agent },
    { by: 'fingerprint', value: fingerprint?.toLowerCase() },
  ].filter(({ value }) => value !== undefined);
  if (selections.length > 1)
    return err(
      `\`${verb}\` takes one of --status, --severity and --type${verb === 'list' ? '' : ', --agent and --fingerprint'}.`,
    );
  const request = reviewRequest.safeParse({
    do: verb,
    select: selections[0] ?? { by: 'status', value: 'pending' },
    ...(options.from !== undefined && { from: startOf(options.from) }),
    ...(options.until !== undefined && { until: startOf(options.until) }),
    ...(limit !== undefined && { limit: Number(limit) }),
    ...(cursor !== undefined && { cursor }),
  });
  if (request.success) return ok({ do: 'ask', request: request.data });
  return err(
    `\`${verb}\` does not understand that: status is ${quarantineStatus.options.join(', ')}; severity ${severity.options.join(', ')}; a fingerprint has 64 hex digits; a day is written 2026-11-21, a time 2026-11-21T10:00:00Z; limit 1 to 100.`,
  );
}

/** A day's beginning in UTC; a time as it is. */
const startOf = (text: string): string => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);

/** A case's review as one line. */
function reviewOf({ reviewer, reviewedAt, reason }: ReviewedCase): string {
  return reviewer === undefined ? '' : `${reviewer}, ${minute(reviewedAt ?? '')}: ${reason ?? ''}`;
}

const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');

/** An answer as a person reads it. */
export function renderAnswer(answer: ReviewAnswer): string {
  switch (answer.answer) {
    case 'refused':
      return `Refused: ${answer.message}`;
    case 'case':
      return renderCase(answer.case);
    case 'findings':
      return renderFindings(answer);
    case 'cases': {
      if (answer.cases.length === 0 && answer.next === undefined) return 'No case.';
      const rows = answer.cases.map((one) => [
        one.caseId,
        one.onHold ? `${one.status} (held)` : one.status,
        one.severity,
        one.secretType,
        one.redactedKey,
        String(one.occurrences),
        minute(one.lastSeenAt),
        one.agents.join(', '),
        reviewOf(one),
      ]);
      const head = ['case', 'status', 'severity', 'type', 'secret', 'seen', 'last, UTC', 'agents', 'review'];
      const lines = table(head, rows, [37, 26, 8, 28, 16, 6, 16, 24, 48]);
      if (answer.next !== undefined) lines.push('', `More: --cursor ${answer.next}`);
      return lines.join('\n');
    }
  }
}

function renderFindings({
  findings,
  unreadable,
  next,
}: Extract<ReviewAnswer, { answer: 'findings' }>): string {
  if (findings.length === 0 && unreadable.length === 0 && next === undefined) return 'No finding.';
  const rows = findings.map((one) => [
    minute(one.detectedAt),
    one.onHold ? `${one.status} (held)` : one.status,
    one.severity,
    one.secretType,
    one.redactedKey,
    one.agent,
    `${one.core.slice(0, 8)} @${one.position}`,
    one.caseId ?? 'not counted yet',
  ]);
  const head = ['detected, UTC', 'status', 'severity', 'type', 'secret', 'agent', 'log @position', 'case'];
  return [
    ...table(head, rows, [16, 26, 8, 28, 16, 24, 20, 37]),
    ...unreadable.map((id) => `${id} is there and cannot be read: its item is not as it should be.`),
    ...(next === undefined ? [] : ['', `More: --cursor ${next}`]),
  ].join('\n');
}

function renderCase(one: ReviewedCase): string {
  const facts = [
    ['case', one.caseId],
    ['status', one.onHold ? `${one.status}, on legal hold` : one.status],
    ['secret', `${one.severity} ${one.secretType} ${one.redactedKey} (${one.provider})`],
    ['fingerprint', one.fingerprint],
    [
      'seen',
      `${one.occurrences} times, ${minute(one.firstSeenAt)} to ${minute(one.lastSeenAt)} UTC, by ${one.agents.join(', ')}`,
    ],
    ['review', reviewOf(one) || 'none yet'],
    ['deleted', one.expiresAt === undefined ? 'not while it is held' : `after ${minute(one.expiresAt)} UTC`],
    ['decide', `${one.moves.map((move) => move.replace('_', '-')).join(', ')} (--seen ${one.decisions})`],
  ] as const;
  const places = one.places.map(({ at, agent, core, position, findingId }) => [
    minute(at),
    agent,
    core.slice(0, 16),
    String(position),
    findingId,
  ]);
  return [
    ...facts.map(([name, value]) => `${name.padEnd(12)} ${value}`),
    '',
    ...table(['at, UTC', 'agent', 'log', 'position', 'finding'], places, [16, 24, 16, 12, 36]),
  ].join('\n');
}
