/**
 * `npm run verify:strangers -- [--deployed | --log DIR --key FILE] [--entries N] [--tampered N]`: asks verifiers that we
 * did not write about an honest log, and about another one tampered with in every way. The last line is JSON.
 * `--deployed`: the honest log is one that the deployed stack wrote, on an emulator of its own.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createDirectorySource } from '../functions/platform/directory-log-source.ts';
import { openCheckpoint } from '../functions/kernel/tlog/checkpoint.ts';
import { formatProof } from '../functions/audit/domain/proof-files.ts';
import { createProver } from '../functions/kernel/tlog/prove.ts';
import { parseVkey } from '../functions/kernel/tlog/signed-note.ts';
import { CHECKPOINT_PATH } from '../functions/kernel/tlog/tiles.ts';
import { writeDeployedLog, type DeployedLog } from './audit/deployed-log.ts';
import { createSyntheticKeys, writeSyntheticLog } from './audit/synthetic-log.ts';
import { BATCH, tamperings } from './audit/tamperings.ts';
import {
  missingTools,
  startStrangers,
  VERIFIERS,
  type LogKeys,
  type Objections,
  type ProofFiles,
  type Strangers,
  type Verifier,
} from './audit/verifiers.ts';

const { values } = parseArgs({
  options: {
    deployed: { type: 'boolean', default: false },
    log: { type: 'string' },
    key: { type: 'string' },
    entries: { type: 'string', default: '100000' },
    tampered: { type: 'string', default: '5000' },
    verbose: { type: 'boolean', default: false },
  },
});
const ORIGIN = 'shhh.example/audit/strangers';
const PROOF_BYTES = 40;
/** Found of how many, by kind of tampering and verifier. */
const found = new Map<string, Map<Verifier, [found: number, of: number]>>();
const honest = new Map<string, Objections>();
/** What the deployed stack took in, and how fast. */
let deployed: Omit<DeployedLog, 'keys'> | undefined;

const missing = await missingTools();
if (missing.length > 0) {
  console.error(
    `The strangers' verifiers need, and this machine lacks:\n${missing.map((each) => `  - ${each}`).join('\n')}`,
  );
  process.exit(2);
}
const below = await mkdtemp(path.join(tmpdir(), 'shhh-strangers-log-'));
try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : 'verify:strangers: an unknown error');
  process.exitCode = 2;
} finally {
  await rm(below, { recursive: true, force: true });
}

async function main(): Promise<void> {
  if (values.log !== undefined) await judge('the log that was named', values.log, await keysFrom(values.key));
  else if (values.deployed) {
    const directory = path.join(below, 'deployed');
    const { keys, ...written } = await writeDeployedLog({
      entries: Number(values.entries),
      directory,
      log: console.error,
    });
    deployed = written;
    await judge(`${values.entries} entries that the deployed stack wrote`, directory, keys);
    await rm(directory, { recursive: true });
  } else {
    const keys = createSyntheticKeys(ORIGIN);
    const directory = path.join(below, 'long');
    await writeSyntheticLog({ directory, keys, entries: Number(values.entries), batch: 256 });
    await judge(`${values.entries} entries`, directory, keys);
    await rm(directory, { recursive: true });
  }
  await tamper();
  report();
}

async function keysFrom(file: string | undefined): Promise<LogKeys> {
  if (file === undefined)
    throw new Error('--log needs --key: a file with the two keys of the log, one on each line.');
  const keys = (await readFile(file, 'utf8')).split('\n').flatMap((line) => {
    const key = parseVkey(line);
    return key.ok ? [key.value] : [];
  });
  const [ed25519, ecdsa] = [
    keys.find(({ kind }) => kind === 'ed25519'),
    keys.find(({ kind }) => kind === 'ecdsa'),
  ];
  if (ed25519 === undefined || ecdsa === undefined)
    throw new Error(`${file} does not hold an Ed25519 and an ECDSA key, one on each line.`);
  return { ed25519, ecdsa };
}

async function judge(name: string, directory: string, keys: LogKeys): Promise<void> {
  const strangers = await startStrangers(keys);
  try {
    honest.set(name, await strangers.askAboutLog(directory));
    const proof = await writeProof(directory, keys, 3);
    honest.set(`the proof of an entry of ${name}`, await strangers.askAboutProof(proof));
  } finally {
    await strangers.close();
  }
}

async function tamper(): Promise<void> {
  const keys = createSyntheticKeys(ORIGIN);
  const directory = path.join(below, 'honest');
  const entries = Number(values.tampered);
  // Numerical Recipes' generator: the same tamperings in every run.
  let state = 8;
  const random = () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
  const log = { directory, keys, entries, batch: BATCH, random };
  await writeSyntheticLog(log);
  const strangers = await startStrangers(keys);
  try {
    honest.set(`${entries} entries in small batches`, await strangers.askAboutLog(directory));
    for await (const { kind, directory: tampered } of tamperings(log, below))
      count(kind, await strangers.askAboutLog(tampered));
    await tamperWithProofs(strangers, directory, keys, random);
  } finally {
    await strangers.close();
  }
}

async function tamperWithProofs(
  strangers: Strangers,
  directory: string,
  keys: LogKeys,
  random: () => number,
): Promise<void> {
  for (let at = 0; at < PROOF_BYTES; at += 1) {
    const files = await writeProof(directory, keys, Math.floor(random() * Number(values.tampered)));
    if (at % 2 === 0) {
      const lines = (await readFile(files.proof, 'utf8')).split('\n');
      // The hashes stand behind the header and the index; below the empty line is the checkpoint, which has rows of its own.
      const line = 2 + Math.floor(random() * (lines.indexOf('') - 2));
      // A byte of the hash itself: the last letter of its base64 has bits that say nothing, and not every reader minds them.
      const hash = Buffer.from(lines[line] ?? '', 'base64');
      flip(hash, random);
      lines[line] = hash.toString('base64');
      await writeFile(files.proof, lines.join('\n'));
      count('a byte of the proof of an entry', await strangers.askAboutProof(files));
    } else {
      const entry = await readFile(files.entry);
      flip(entry, random);
      await writeFile(files.entry, entry);
      count('a byte of an entry beside its proof', await strangers.askAboutProof(files));
    }
  }
}

function flip(bytes: Buffer, random: () => number): void {
  const at = Math.floor(random() * bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
}

async function writeProof(directory: string, keys: LogKeys, index: number): Promise<ProofFiles> {
  const source = createDirectorySource(directory);
  const note = (await source.read(CHECKPOINT_PATH)) ?? Buffer.alloc(0);
  const opened = openCheckpoint(note, [keys.ed25519, keys.ecdsa]);
  const proven = opened.ok ? await createProver(source, opened.value.checkpoint).entry(index) : opened;
  if (!proven.ok) throw new Error(`Entry ${index}: ${proven.error}`);
  const files = { proof: path.join(below, 'entry.tlog-proof'), entry: path.join(below, 'entry.json') };
  await writeFile(files.proof, formatProof(proven.value, note));
  await writeFile(files.entry, proven.value.bytes);
  return files;
}

function count(kind: string, objections: Objections): void {
  const row = found.get(kind) ?? new Map<Verifier, [number, number]>();
  found.set(kind, row);
  if (values.verbose) console.log(kind, Object.fromEntries(objections));
  for (const [verifier, objection] of objections) {
    const [before, of] = row.get(verifier) ?? [0, 0];
    row.set(verifier, [before + (objection === undefined ? 0 : 1), of + 1]);
  }
}

function report(): void {
  const accepted = [...honest.values()].every((objections) =>
    [...objections.values()].every((each) => each === undefined),
  );
  for (const [name, objections] of honest)
    for (const [verifier, objection] of objections)
      console.log(
        `${objection === undefined ? '✓' : '✗'} ${verifier} on ${name}${objection === undefined ? '' : `: ${objection}`}`,
      );
  console.log(`\n| tampering | ${VERIFIERS.join(' | ')} |\n| --- |${' --- |'.repeat(VERIFIERS.length)}`);
  for (const [kind, row] of found)
    console.log(
      `| ${kind} | ${VERIFIERS.map((verifier) => {
        const [seen, of] = row.get(verifier) ?? [0, 0];
        return of === 0 ? '–' : `${seen} of ${of}`;
      }).join(' | ')} |`,
    );
  // Ours finds every one, and of the others at least one does, each time all of them.
  const unfound = [...found].filter(([, row]) => {
    const all = [...row].filter(([, [seen, of]]) => seen === of).map(([verifier]) => verifier);
    return !all.includes('shhh-audit') || all.length < 2;
  });
  const total = (verifier: Verifier) => {
    let [seen, asked] = [0, 0];
    for (const row of found.values()) {
      const [more, of] = row.get(verifier) ?? [0, 0];
      seen += more;
      asked += of;
    }
    return { found: seen, of: asked };
  };
  const verdicts = VERIFIERS.map((verifier) => {
    const objection = [...honest.values()].flatMap((objections) => objections.get(verifier) ?? []);
    return [
      verifier,
      { honest: objection.length === 0 ? 'accepted' : 'refused', ...total(verifier) },
    ] as const;
  });
  console.log(
    JSON.stringify({
      accepted,
      ...(deployed && { deployed }),
      everyKindFoundByOursAndByAStranger: unfound.length === 0,
      notFound: unfound.map(([kind]) => kind),
      verifiers: Object.fromEntries(verdicts),
    }),
  );
  process.exitCode = accepted && unfound.length === 0 ? 0 : 1;
}
