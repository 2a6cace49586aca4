import { labelName } from '../../functions/alerts/domain/labels.ts';
import { silence, type Silence } from '../../functions/alerts/domain/silence.ts';
import { toIso } from '../../functions/kernel/clock.ts';
import { err, ok, type Result } from '../../functions/kernel/result.ts';
import { table } from '../demo/table.ts';

const USAGE = [
  'npm run silence -- add MATCHER… --for 2h --reason TEXT [--author NAME] [--from TIME]   tell nobody of what fits all matchers',
  'npm run silence -- list                                                                those in force and to come',
  'npm run silence -- end ID                                                              from now on',
  `A matcher is NAME=VALUE or NAME!=VALUE, with * for any text; NAME is rule, ${labelName.options.join(', ')}.`,
  'Each takes --stage local|dev|prod (default dev). What was silenced is told when the silence ends.',
].join('\n');

/** A month: what nobody wants to hear of for longer is a rule to change. */
const LONGEST_MS = 31 * 86_400_000;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

export interface SilenceOptions {
  readonly for?: string | undefined;
  readonly from?: string | undefined;
  readonly reason?: string | undefined;
  readonly author?: string | undefined;
}

export type SilenceCommand =
  | { readonly do: 'add'; readonly silence: Silence }
  | { readonly do: 'list' }
  | { readonly do: 'end'; readonly id: string };

/**
 * Reads a command line. A refusal names the word, the reason and what to write instead.
 * @param made what the surroundings decide: time in milliseconds since the epoch, id and user
 */
export function parseSilenceCommand(
  words: readonly string[],
  options: SilenceOptions,
  made: { readonly now: number; readonly id: string; readonly user: string },
): Result<SilenceCommand, string> {
  const [verb, ...rest] = words;
  switch (verb) {
    case 'add':
      return addCommand(rest, options, made);
    case 'list':
      return rest.length === 0 ? ok({ do: 'list' }) : err(`\`list\` takes nothing more.\n${USAGE}`);
    case 'end': {
      const [id] = rest;
      return id !== undefined && rest.length === 1
        ? ok({ do: 'end', id })
        : err(`\`end\` takes the id of one silence; \`list\` shows them.`);
    }
    case undefined:
      return err(USAGE);
    default:
      return err(`There is no command ${verb}.\n${USAGE}`);
  }
}

function addCommand(
  words: readonly string[],
  { for: lasts, from, reason, author }: SilenceOptions,
  { now, id, user }: { readonly now: number; readonly id: string; readonly user: string },
): Result<SilenceCommand, string> {
  if (words.length === 0) return err(`\`add\` takes at least one matcher, e.g. agent=build-7.\n${USAGE}`);
  const matchers = [];
  for (const word of words) {
    const [, name = '', not, value = ''] = /^(\w+)(!?)=(.+)$/.exec(word) ?? [];
    if (name !== 'rule' && !labelName.safeParse(name).success)
      return err(
        `${word} is no matcher: write NAME=VALUE with one of rule, ${labelName.options.join(', ')}.`,
      );
    matchers.push({ name, equal: not === '', value });
  }
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(lasts ?? '') ?? [];
  const lastsMs = Number(count) * (UNITS[unit] ?? NaN);
  if (!(lastsMs > 0 && lastsMs <= LONGEST_MS))
    return err('`add` needs --for with how long, e.g. 30m, 2h or 3d; 31d at most.');
  if (reason === undefined || reason.trim() === '')
    return err('`add` needs --reason "…": who is not told wants to know why.');
  const startsAt = from === undefined ? now : Date.parse(from);
  if (!Number.isFinite(startsAt)) return err(`--from ${from} is no time: write 2026-11-21T22:00:00Z.`);
  if (startsAt + lastsMs <= now) return err('That silence would be over already.');
  const made = silence.safeParse({
    id,
    matchers,
    startsAt,
    endsAt: startsAt + lastsMs,
    author: author ?? user,
    reason: reason.trim(),
  });
  return made.success
    ? ok({ do: 'add', silence: made.data })
    : err('That is too long: a value and an author have 256 characters at most, a reason 1,000.');
}

/** Silences as a person reads them: those in force first. @param now milliseconds since the epoch */
export function renderSilences(silences: readonly Silence[], now: number): string {
  const left = silences.filter(({ endsAt }) => endsAt > now).toSorted((a, b) => a.startsAt - b.startsAt);
  if (left.length === 0) return 'No silence.';
  const rows = left.map(({ id, matchers, startsAt, endsAt, author, reason }) => [
    id,
    startsAt <= now ? 'in force' : 'to come',
    matchers.map(({ name, equal, value }) => `${name}${equal ? '=' : '!='}${value}`).join(' and '),
    minute(startsAt),
    minute(endsAt),
    author,
    reason,
  ]);
  return table(
    ['silence', 'is', 'tells nobody of', 'from, UTC', 'until, UTC', 'author', 'reason'],
    rows,
    [12, 8, 48, 16, 16, 24, 60],
  ).join('\n');
}

const minute = (epochMs: number): string => toIso(epochMs).slice(0, 16).replace('T', ' ');
