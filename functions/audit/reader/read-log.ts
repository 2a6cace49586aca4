/** The commands of `shhh-audit`: each answers what to say and with which exit code. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { once } from 'node:events';
import type { Clock } from '../../kernel/clock.ts';
import { err } from '../../kernel/result.ts';
import { openCheckpoint, type Checkpoint, type OpenedCheckpoint } from '../../kernel/tlog/checkpoint.ts';
import type { LogSource } from '../../kernel/tlog/log-source.ts';
import { createProver } from '../../kernel/tlog/prove.ts';
import {
  exportEntryLine,
  exportHeaderLine,
  formatProof,
  openExport,
  openExportedEntry,
  openProof,
} from '../domain/proof-files.ts';
import { selects, Summary } from '../domain/select.ts';
import { formatNote, type NoteKey } from '../../kernel/tlog/signed-note.ts';
import { CHECKPOINT_PATH } from '../../kernel/tlog/tiles.ts';
import { verifyLog, type Problem } from '../domain/verify-log.ts';
import { USAGE, type Command } from './arguments.ts';
import { readKeys } from './read-keys.ts';

export interface Reader {
  /** The log at a directory or `s3://…`. */
  readonly open: (log: string) => LogSource;
  readonly out: Writable;
  /** For people: progress, and what goes wrong. */
  readonly say: (line: string) => void;
  /** Milliseconds, from anywhere. */
  readonly now: () => number;
  /** What tells expired from missing. */
  readonly clock: Clock;
}

/** It holds; it does not hold; it could not be told. */
export type ExitCode = 0 | 1 | 2;

const PROGRESS_EVERY_MS = 2_000;

/** @throws where something cannot be read or written */
export async function run(command: Command, reader: Reader): Promise<ExitCode> {
  if (command.do === 'help') {
    reader.out.write(`${USAGE}\n`);
    return 0;
  }
  const keys = await readKeys(command.keys);
  if (!keys.ok) {
    reader.say(keys.error);
    return 2;
  }
  switch (command.do) {
    case 'verify':
      return verify(command, keys.value, reader);
    case 'info':
    case 'get':
    case 'prove':
      return lookUp(command, keys.value, reader);
    case 'export':
      return exportEntries(command, keys.value, reader);
    case 'summary':
      return summarise(command, keys.value, reader);
  }
}

async function verify(
  command: Extract<Command, { do: 'verify' }>,
  keys: readonly NoteKey[],
  reader: Reader,
): Promise<ExitCode> {
  const isFile = (await stat(command.log).catch(() => undefined))?.isFile() === true;
  if (isFile && command.entry !== undefined)
    return verifyProof(command.log, command.entry, keys, command.json, reader);
  if (isFile) return verifyExport(command.log, keys, command.json, reader);
  const seen: Checkpoint[] = [];
  for (const file of command.seen) {
    const opened = openCheckpoint(await readFile(file), keys);
    if (!opened.ok) {
      reader.say(`--seen ${file}: ${opened.error}.`);
      return 2;
    }
    seen.push(opened.value.checkpoint);
  }
  const start = reader.now();
  const found = await verifyLog({
    source: reader.open(command.log),
    keys,
    seen,
    progress: progressOf(command.progress, reader),
    ...(command.beside !== undefined && {
      beside: { source: reader.open(command.beside), now: reader.clock.now() },
    }),
  });
  const { entries, tiles, checkpoints, problemCount, problems, beside } = found;
  const seconds = (reader.now() - start) / 1000;
  const holds = problemCount === 0;
  if (command.json)
    print(reader, {
      holds,
      ...describe(found.checkpoint),
      verified: { entries, tiles, checkpoints },
      ...(beside && { beside }),
      seconds: Number(seconds.toFixed(3)),
      problemCount,
      problems,
    });
  else {
    for (const problem of problems) reader.out.write(`✗ ${lineOf(problem)}\n`);
    if (problemCount > problems.length)
      reader.out.write(`✗ and ${problemCount - problems.length} further problems\n`);
    const what = `${entries} entries, ${tiles} tiles, ${checkpoints} checkpoints in ${seconds.toFixed(1)} s`;
    reader.out.write(
      holds
        ? `✓ the log holds: ${what}\n${headLines(found.checkpoint)}`
        : `✗ the log does not hold: verified ${what}\n`,
    );
    if (beside)
      reader.out.write(
        `  beside it ${beside.held} held as committed to, ${beside.expired} expired${beside.overdue > 0 ? `, ${beside.overdue} still there though they expired` : ''}\n`,
      );
  }
  return holds ? 0 : 1;
}

const lineOf = ({ where, what }: Problem): string => `${where} ${what}`;

function describe(opened: OpenedCheckpoint | undefined) {
  if (opened === undefined) return {};
  const { origin, size, root } = opened.checkpoint;
  return {
    origin,
    size,
    root: Buffer.from(root).toString('base64'),
    signers: opened.signers.map(({ name, kind, id }) => ({ name, kind, id })),
  };
}

function headLines(opened: OpenedCheckpoint | undefined): string {
  if (opened === undefined) return '';
  const { origin, size, root } = opened.checkpoint;
  const signers = opened.signers.map(({ name, kind, id }) => `  signed by ${name} (${kind}, ${id})\n`);
  return `  origin    ${origin}\n  size      ${size}\n  root      ${Buffer.from(root).toString('base64')}\n${signers.join('')}`;
}

async function lookUp(
  command: Extract<Command, { do: 'info' | 'get' | 'prove' }>,
  keys: readonly NoteKey[],
  reader: Reader,
): Promise<ExitCode> {
  const source = reader.open(command.log);
  const note = await source.read(CHECKPOINT_PATH);
  const opened = note === undefined ? err('there is none') : openCheckpoint(note, keys);
  if (!opened.ok || note === undefined) {
    reader.say(`The checkpoint of ${command.log}: ${opened.ok ? 'there is none' : opened.error}.`);
    return note === undefined ? 2 : 1;
  }
  if (command.do === 'info') {
    if (command.json) print(reader, describe(opened.value));
    else reader.out.write(headLines(opened.value));
    return 0;
  }
  const proven = await createProver(source, opened.value.checkpoint).entry(command.index);
  if (!proven.ok) {
    reader.say(`Entry ${command.index}: ${proven.error}.`);
    return 1;
  }
  if (command.do === 'get') {
    reader.out.write(`${Buffer.from(proven.value.bytes).toString()}\n`);
    return 0;
  }
  await mkdir(command.out, { recursive: true });
  const file = (ending: string) => path.join(command.out, `${command.index}.${ending}`);
  await writeFile(file('json'), proven.value.bytes);
  await writeFile(file('tlog-proof'), formatProof(proven.value, note));
  reader.out.write(`${file('tlog-proof')}\n${file('json')}\n`);
  return 0;
}

async function verifyProof(
  file: string,
  entry: string,
  keys: readonly NoteKey[],
  json: boolean,
  reader: Reader,
): Promise<ExitCode> {
  const opened = openProof(await readFile(file, 'utf8'), await readFile(entry), keys);
  if (json)
    print(
      reader,
      opened.ok
        ? { holds: true, index: opened.value.index, ...describe(opened.value.checkpoint) }
        : { holds: false, problems: [{ where: file, what: opened.error }] },
    );
  else
    reader.out.write(
      opened.ok
        ? `✓ it is entry ${opened.value.index} of\n${headLines(opened.value.checkpoint)}`
        : `✗ ${file} ${opened.error}\n`,
    );
  return opened.ok ? 0 : 1;
}

async function verifyExport(
  file: string,
  keys: readonly NoteKey[],
  json: boolean,
  reader: Reader,
): Promise<ExitCode> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let opened: OpenedCheckpoint | undefined;
  let [entries, number] = [0, 0];
  const problems: Problem[] = [];
  for await (const line of lines) {
    number += 1;
    if (opened === undefined) {
      const header = openExport(line, keys);
      if (!header.ok) {
        problems.push({ where: file, what: header.error });
        break;
      }
      opened = header.value;
      continue;
    }
    const entry = openExportedEntry(line, opened);
    if (entry.ok) entries += 1;
    else problems.push({ where: `${file}:${number}`, what: entry.error });
  }
  if (number === 0) problems.push({ where: file, what: 'is empty' });
  const holds = problems.length === 0;
  if (json) print(reader, { holds, ...describe(opened), verified: { entries }, problems });
  else {
    for (const problem of problems) reader.out.write(`✗ ${lineOf(problem)}\n`);
    if (holds) reader.out.write(`✓ every one of ${entries} entries is in\n${headLines(opened)}`);
  }
  return holds ? 0 : 1;
}

/** Everything is verified before anything is handed out: an export does not only prove what it holds, nothing was dropped. */
async function exportEntries(
  command: Extract<Command, { do: 'export' }>,
  keys: readonly NoteKey[],
  reader: Reader,
): Promise<ExitCode> {
  const source = reader.open(command.log);
  const wanted: number[] = [];
  const { checkpoint, problemCount, problems } = await verifyLog({
    source,
    keys,
    progress: progressOf(command.progress, reader),
    visit: (entry) => {
      if (selects(command.select, entry)) wanted.push(entry.seq);
    },
  });
  if (checkpoint === undefined || problemCount > 0) {
    reader.say(`The log does not hold, and nothing was exported: ${problems[0] ? lineOf(problems[0]) : ''}.`);
    return 1;
  }
  const out = command.out === undefined ? reader.out : createWriteStream(command.out);
  const note = Buffer.from(formatNote(checkpoint.note.text, checkpoint.note.signatures));
  await write(out, exportHeaderLine(note, checkpoint.signers));
  const prover = createProver(source, checkpoint.checkpoint);
  for (const index of wanted) {
    const proven = await prover.entry(index);
    if (!proven.ok) {
      reader.say(`Entry ${index}: ${proven.error}.`);
      return 1;
    }
    await write(out, exportEntryLine(proven.value));
  }
  if (out !== reader.out) {
    out.end();
    await once(out, 'close');
  }
  reader.say(
    `${wanted.length} entries of ${checkpoint.checkpoint.size}, at size ${checkpoint.checkpoint.size}.`,
  );
  return 0;
}

async function write(out: Writable, line: string): Promise<void> {
  if (!out.write(`${line}\n`)) await once(out, 'drain');
}

async function summarise(
  command: Extract<Command, { do: 'summary' }>,
  keys: readonly NoteKey[],
  reader: Reader,
): Promise<ExitCode> {
  const summary = new Summary(command.period);
  const { problemCount, problems } = await verifyLog({
    source: reader.open(command.log),
    keys,
    progress: progressOf(command.progress, reader),
    visit: (entry) => {
      if (selects(command.select, entry)) summary.add(entry);
    },
  });
  const { entries, first, last } = summary;
  const holds = problemCount === 0;
  const counts = [
    ['type', mostFirst(summary.byType)],
    ['outcome', mostFirst(summary.byOutcome)],
    ['actor', mostFirst(summary.byActor)],
    ['subject', mostFirst(summary.bySubject)],
    ['tag', mostFirst(summary.byTag)],
    [command.period, [...summary.byPeriod].sort()],
  ] as const;
  if (command.json)
    print(reader, {
      ...{ holds, entries, first, last },
      ...Object.fromEntries(
        counts.map(([name, each]) => [
          `by${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
          Object.fromEntries(each),
        ]),
      ),
    });
  else {
    reader.out.write(
      `${entries} entries${first === undefined ? '' : `, from ${first} to ${last ?? first}`}\n`,
    );
    for (const [name, each] of counts) {
      if (each.length === 0) continue;
      reader.out.write(`by ${name}\n`);
      // The latest periods, the largest of everything else.
      for (const [key, count] of name === command.period ? each.slice(-31) : each.slice(0, 20))
        reader.out.write(`  ${String(count).padStart(9)}  ${key}\n`);
    }
  }
  if (!holds) reader.say(`The log does not hold: ${problems[0] ? lineOf(problems[0]) : ''}.`);
  return holds ? 0 : 1;
}

const mostFirst = (counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] =>
  [...counts].sort(([, a], [, b]) => b - a);

const print = (reader: Reader, answer: object): void => void reader.out.write(`${JSON.stringify(answer)}\n`);

function progressOf(wanted: boolean, { say, now }: Reader): (entries: number, of: number) => void {
  const start = now();
  let told = start;
  return (entries, of) => {
    if (!wanted || now() - told < PROGRESS_EVERY_MS) return;
    told = now();
    const rate = entries / ((told - start) / 1000);
    say(
      `${entries} of ${of} entries, ${Math.round(rate)} a second, ${Math.ceil((of - entries) / rate)} s to go`,
    );
  };
}
