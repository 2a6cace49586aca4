/** What a person asked `shhh-audit` for. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { fromIso } from '../../kernel/clock.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { PERIODS, type Period, type Selection } from '../domain/select.ts';

export const USAGE = `npx shhh-audit COMMAND LOG [options]

LOG is a directory that holds a copy of the log's bucket, or s3://BUCKET[/PREFIX], live.

  verify LOG        everything: signatures, every entry and its chain, every tile, every checkpoint that is kept
  verify FILE       an export, or with --entry FILE the proof of one entry: without the log
  info LOG          what the log's checkpoint says, and who signed it
  get LOG N         entry N, if its proof holds
  prove LOG N       the proof of entry N (C2SP tlog-proof), and the entry, as N.tlog-proof and N.json in --out DIR
  export LOG        entries with their proofs, the checkpoint and its keys, as JSON lines that prove themselves
  summary LOG       entries by type, outcome, actor, subject, tag and day, or by --period hour, month or year

  --key KEY         a key of the log or of a witness (name+id+base64), or a file with one on each line; may be repeated.
                    Have it from somewhere else than the log: from whoever runs it, or from your own records.
                    Of a log that has changed its keys: behind a space, the sizes of the checkpoints that the key
                    signs, 0..51200 or 50000..
  --beside PLACE    where the content of commitments lies, a directory or s3://BUCKET: verify tells what expired from
                    what is missing
  --seen FILE       a checkpoint that you kept earlier: the log must still contain what it spoke of; may be repeated
  --from, --to T    entries of a period by their own time, RFC 3339 or a day; --to is not included
  --id, --type, --actor, --subject, --tag, --correlation-id X
                    entries that are exactly this, or carry this tag
  --out PATH        where to write; an export goes to standard output otherwise
  --json            answers as one JSON object
  --progress        says every few seconds how far it is, on standard error; as it does on a terminal

Exit codes: 0 it holds; 1 it does not, or there is no such entry; 2 it could not be told: wrong usage, or unreadable.`;

export interface Common {
  /** A path, or `s3://…`. */
  readonly log: string;
  readonly keys: readonly string[];
  readonly json: boolean;
  readonly progress: boolean;
}

export type Command =
  | { readonly do: 'help' }
  | (Common & {
      readonly do: 'verify';
      readonly seen: readonly string[];
      readonly entry?: string;
      readonly beside?: string;
    })
  | (Common & { readonly do: 'info' })
  | (Common & { readonly do: 'get'; readonly index: number })
  | (Common & { readonly do: 'prove'; readonly index: number; readonly out: string })
  | (Common & { readonly do: 'export'; readonly select: Selection; readonly out?: string })
  | (Common & { readonly do: 'summary'; readonly select: Selection; readonly period: Period });

const text = { type: 'string' } as const;
const many = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean', default: false } as const;

/** @returns the command, or what is wrong with it and what to do */
export function parseCommand(args: readonly string[]): Result<Command, string> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{
          key: many,
          seen: many,
          entry: text,
          beside: text,
          period: text,
          out: text,
          json: flag,
          progress: flag,
          help: flag,
        },
        ...{
          from: text,
          to: text,
          id: text,
          type: text,
          actor: text,
          subject: text,
          tag: text,
          'correlation-id': text,
        },
      },
    });
  } catch (error) {
    return err(error instanceof Error ? error.message : 'the options cannot be read');
  }
  const { values, positionals } = parsed;
  const [command, log, number, ...more] = positionals;
  if (values.help || command === undefined) return ok({ do: 'help' });
  if (log === undefined) return err(`${command} of which log? Name a directory or s3://BUCKET.`);
  const { key: keys = [], seen = [] } = values;
  if (keys.length === 0)
    return err(
      'No --key was given: whether it is their log can only be told with a key of those who run it.',
    );
  const common = { log, keys, json: values.json, progress: values.progress };
  const takesNumber = command === 'get' || command === 'prove';
  if (more.length > 0 || (number !== undefined && !takesNumber))
    return err(`${command} takes no more than that.`);
  const from = timeOf('from', values.from);
  const to = timeOf('to', values.to);
  if (!from.ok) return from;
  if (!to.ok) return to;
  const select = {
    ...{ from: from.value, to: to.value, id: values.id, type: values.type },
    ...{
      actor: values.actor,
      subject: values.subject,
      correlationId: values['correlation-id'],
      tag: values.tag,
    },
  };
  switch (command) {
    case 'verify':
      return ok({ ...common, do: command, seen, entry: values.entry, beside: values.beside });
    case 'info':
      return ok({ ...common, do: command });
    case 'export':
      return ok({ ...common, do: command, select, out: values.out });
    case 'summary': {
      const period = PERIODS.find((each) => each === (values.period ?? 'day'));
      return period === undefined
        ? err(`--period is one of ${PERIODS.join(', ')}.`)
        : ok({ ...common, do: command, select, period });
    }
    case 'get':
    case 'prove': {
      const index = z.coerce
        .number()
        .int()
        .nonnegative()
        .safeParse(number ?? '');
      if (number === undefined || number.trim() === '' || !index.success)
        return err(`${command} which entry? Name its number, from 0 on.`);
      return command === 'get'
        ? ok({ ...common, do: command, index: index.data })
        : ok({ ...common, do: command, index: index.data, out: values.out ?? '.' });
    }
    default:
      return err(`${command} is no command: verify, info, get, prove, export and summary are.`);
  }
}

function timeOf(name: string, value: string | undefined): Result<number | undefined, string> {
  if (value === undefined) return ok(undefined);
  const at = fromIso(value);
  return at === undefined
    ? err(`--${name} is no time: write it like 2026-11-21 or 2026-11-21T08:30:00Z.`)
    : ok(at);
}
