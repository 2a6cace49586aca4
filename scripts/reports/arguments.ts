/** What a person asked `npm run report` for. */
import { parseArgs } from 'node:util';
import { reportSchedule, type ReportRequest } from '../../functions/contracts/reports.ts';
import { err, ok, type Result } from '../../functions/kernel/result.ts';

export const USAGE = `npm run report -- [make] --framework F --from DATE --until DATE [--time-zone Z] …
npm run report -- verify FOLDER [--key KEY]
npm run report -- list [FRAMEWORK] --stage S

Makes reports on a period, of local dates; the last one is not included. --last weekly, monthly or quarterly takes the
last such period that is over. Without --framework: all of them.

  --log DIR --key KEY --out DIR   from a copy of the audit log's bucket, with the log's keys (name+id+base64, or a file
                                  with one on each line; may be repeated); the manifest is not signed, and what asks
                                  about the deployed configuration is incomplete
  --stage S                       by the deployed function, into its bucket
  --deployment NAME               what a report from a copy calls the deployment

verify compares the files of a report with its manifest, and with --key who signed it.

Exit codes: 0 done; 1 a report deviates, or was refused; 2 wrong usage, or something could not be read.`;

export type Command =
  | { readonly do: 'help' }
  | {
      readonly do: 'make';
      /** With no framework where none was named: all of them. */
      readonly request: ReportRequest;
      readonly from:
        | {
            readonly log: string;
            readonly keys: readonly string[];
            readonly out: string;
            readonly name: string;
          }
        | { readonly stage: string };
    }
  | { readonly do: 'verify'; readonly folder: string; readonly keys: readonly string[] }
  | { readonly do: 'list'; readonly below: string; readonly stage: string };

const text = { type: 'string' } as const;
const many = { type: 'string', multiple: true } as const;

/** @returns what is wrong with it */
export function parseReportCommand(args: readonly string[]): Result<Command, string> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ from: text, until: text, last: text, 'time-zone': text, log: text, out: text, stage: text },
        ...{ framework: many, key: many, deployment: text, help: { type: 'boolean' } },
      },
    });
  } catch (error) {
    return err(error instanceof Error ? error.message : 'The command could not be read.');
  }
  const { values, positionals } = parsed;
  const [verb = 'make', subject, ...more] = positionals;
  if (values.help === true || verb === 'help') return ok({ do: 'help' });
  if (more.length > 0) return err(`There is one thing too many: ${more.join(' ')}.`);
  const keys = values.key ?? [];
  switch (verb) {
    case 'verify':
      return subject === undefined
        ? err('Name the folder of the report to verify.')
        : ok({ do: 'verify', folder: subject, keys });
    case 'list':
      return ok({
        do: 'list',
        below: subject === undefined ? '' : `${subject}/`,
        stage: values.stage ?? 'dev',
      });
    case 'make':
      return parseMake(values, keys);
    default:
      return err(`${verb} is nothing that can be done: make, verify or list.`);
  }
}

function parseMake(
  values: Readonly<
    Partial<Record<'from' | 'until' | 'last' | 'time-zone' | 'log' | 'out' | 'stage' | 'deployment', string>>
  > & {
    readonly framework?: string[];
  },
  keys: readonly string[],
): Result<Command, string> {
  const { from, until, last, log, out, stage, deployment = 'from a copy of the log' } = values;
  const frameworks = values.framework ?? [];
  const timeZone = values['time-zone'] ?? 'UTC';
  const kind = last === undefined ? undefined : reportSchedule.safeParse(last);
  if (kind?.success === false) return err(`--last ${last ?? ''} is none of weekly, monthly, quarterly.`);
  const period = kind?.data ?? (from !== undefined && until !== undefined ? { from, until } : undefined);
  if (period === undefined) return err('Name the period: --from DATE --until DATE, or --last quarterly.');
  const request = { frameworks, timeZone, ...(typeof period === 'string' ? { last: period } : period) };
  if (log === undefined) return ok({ do: 'make', request, from: { stage: stage ?? 'dev' } });
  if (stage !== undefined) return err('--log and --stage exclude each other.');
  if (out === undefined) return err('Name the directory that reports are written to: --out DIR.');
  if (keys.length === 0)
    return err(
      'Name the keys of the log: --key log.vkey. Have them from somewhere else than the log: docs/audit.md says how.',
    );
  return ok({ do: 'make', request, from: { log, keys, out, name: deployment } });
}
