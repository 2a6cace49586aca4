import { err, ok, type Result } from '../../functions/kernel/result.ts';
import {
  DEFAULT_REQUESTS_PER_MINUTE,
  type GuardKeyItem,
} from '../../functions/detection/domain/guard-keys.ts';
import { table } from '../demo/table.ts';

const USAGE = [
  'npm run guard-keys -- create NAME [--requests-per-minute N]   make a key; it is shown once',
  'npm run guard-keys -- list                                    every key, never the key itself',
  'npm run guard-keys -- revoke ID                               refuse it, from a minute later at the latest',
  'Each takes --stage local|dev|prod (default dev), or --table NAME.',
].join('\n');

export type GuardKeysCommand =
  | { readonly do: 'create'; readonly name: string; readonly requestsPerMinute: number }
  | { readonly do: 'list' }
  | { readonly do: 'revoke'; readonly id: string };

/** Reads the words of a command line. A refusal names the word, the reason and what to write instead. */
export function parseGuardKeysCommand(
  [verb, word, ...rest]: readonly string[],
  perMinute: string | undefined,
): Result<GuardKeysCommand, string> {
  if (rest.length > 0) return err(`There is a word too many: ${rest.join(' ')}.\n${USAGE}`);
  switch (verb) {
    case 'create': {
      const requestsPerMinute = Number(perMinute ?? DEFAULT_REQUESTS_PER_MINUTE);
      if (word === undefined || word.length > 100)
        return err(`\`create\` takes a name of up to 100 characters: who uses the key.\n${USAGE}`);
      if (!Number.isSafeInteger(requestsPerMinute) || requestsPerMinute < 1)
        return err(`--requests-per-minute ${perMinute} is no number above 0.`);
      return ok({ do: 'create', name: word, requestsPerMinute });
    }
    case 'list':
      return word === undefined ? ok({ do: 'list' }) : err(`\`list\` takes nothing more.\n${USAGE}`);
    case 'revoke':
      return word !== undefined && /^[0-9a-f]{12}$/.test(word)
        ? ok({ do: 'revoke', id: word })
        : err(`\`revoke\` takes a key's id, 12 hex digits; \`list\` shows it.\n${USAGE}`);
    case undefined:
      return err(USAGE);
    default:
      return err(`There is no command ${verb}.\n${USAGE}`);
  }
}

export function renderGuardKeys(keys: readonly GuardKeyItem[]): string {
  if (keys.length === 0) return 'There is no key yet.';
  const rows = keys
    .toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
    .map(({ id, name, requestsPerMinute, createdAt, revokedAt }) => [
      id,
      name,
      String(requestsPerMinute),
      createdAt.slice(0, 10),
      revokedAt === undefined ? '' : revokedAt.slice(0, 16),
    ]);
  const head = ['id', 'name', 'a minute', 'made', 'revoked'];
  return table(head, rows, [12, 40, 10, 10, 16]).join('\n');
}
