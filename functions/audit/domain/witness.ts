/**
 * C2SP tlog-witness: somebody outside says of a checkpoint that it only grew since the last one that they saw. A log that
 * tells two readers two histories needs a witness who lies to go unnoticed.
 */
import { err, ok, type Result } from '../../kernel/result.ts';
import { openCheckpoint, type Checkpoint, type TreeHead } from '../../kernel/tlog/checkpoint.ts';
import { EMPTY_ROOT, HASH_BYTES, sameHash, verifyConsistency, type Hash } from '../../kernel/tlog/merkle.ts';
import {
  cosignatureBytes,
  cosignedText,
  parseNote,
  signatureLine,
  type NoteKey,
} from '../../kernel/tlog/signed-note.ts';

/** A log that a witness watches. */
export interface WitnessedLog {
  readonly origin: string;
  readonly keys: readonly NoteKey[];
}

/** Logs by the name of their keys. */
export const watchedLogs = (keys: readonly NoteKey[]): readonly WitnessedLog[] =>
  [...Map.groupBy(keys, ({ name }) => name)].map(([origin, own]) => ({ origin, keys: own }));

/** The largest head of each log that the witness has cosigned. */
export interface WitnessMemory {
  /** As of now, not as of a moment ago. @returns undefined only where none was cosigned */
  last(origin: string): Promise<TreeHead | undefined>;
  /** @returns whether the last one was still that of size `older`; if not, nothing was remembered */
  remember(checkpoint: Checkpoint, older: number): Promise<boolean>;
}

export interface WitnessSigner {
  /** Of kind `cosignature`. */
  readonly key: NoteKey;
  /** An Ed25519 signature over the text. */
  sign(text: string): Promise<Uint8Array>;
}

export interface Witness {
  readonly logs: readonly WitnessedLog[];
  readonly memory: WitnessMemory;
  readonly signer: WitnessSigner;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** An answer over HTTP, as tlog-witness has them. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly contentType: 'text/plain; charset=utf-8' | 'text/x.tlog.size';
  readonly body: string;
}

/** A consistency proof between trees of any size has no more hashes than this. */
const MOST_HASHES = 63;

interface AddCheckpoint {
  readonly older: number;
  readonly proof: readonly Hash[];
  /** The checkpoint as it was signed. */
  readonly note: Uint8Array;
}

/**
 * Answers `add-checkpoint`: cosigns what is consistent with the last checkpoint that it cosigned, and remembers it first.
 * @param body of the request
 */
export async function addCheckpoint(body: Uint8Array, witness: Witness): Promise<WitnessAnswer> {
  const asked = readRequest(body);
  if (!asked.ok) return refuse(400, asked.error);
  const note = parseNote(asked.value.note);
  if (!note.ok) return refuse(400, `The checkpoint ${note.error}.`);
  const origin = note.value.text.slice(0, note.value.text.indexOf('\n'));
  const log = witness.logs.find((each) => each.origin === origin);
  if (log === undefined) return refuse(404, 'The log is not known here.');
  const opened = openCheckpoint(asked.value.note, log.keys);
  if (!opened.ok) return refuse(403, `The checkpoint: ${opened.error}.`);
  const { checkpoint } = opened.value;
  const { older, proof } = asked.value;
  if (older > checkpoint.size) return refuse(400, 'The old size is larger than that of the checkpoint.');
  const last = (await witness.memory.last(origin)) ?? { size: 0, root: EMPTY_ROOT };
  if (older !== last.size) return conflict(last.size);
  // Of the same size with another root: two histories. Said as tlog-witness wants it, with the size.
  if (older === checkpoint.size && !sameHash(checkpoint.root, last.root)) return conflict(last.size);
  if (!verifyConsistency(last, checkpoint, proof))
    return refuse(422, 'The proof does not lead from the last checkpoint to this one.');
  if (!(await witness.memory.remember(checkpoint, older)))
    return conflict((await witness.memory.last(origin))?.size ?? 0);
  const time = witness.now();
  const { key } = witness.signer;
  const signature = await witness.signer.sign(cosignedText(note.value.text, time));
  return {
    status: 200,
    contentType: 'text/plain; charset=utf-8',
    body: signatureLine({ name: key.name, keyId: key.id, signature: cosignatureBytes(time, signature) }),
  };
}

const refuse = (status: 400 | 403 | 404 | 422, why: string): WitnessAnswer => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body: `${why}\n`,
});
const conflict = (size: number): WitnessAnswer => ({
  status: 409,
  contentType: 'text/x.tlog.size',
  body: `${size}\n`,
});

/** `old <size>`, the lines of the proof, an empty line, the checkpoint. */
function readRequest(body: Uint8Array): Result<AddCheckpoint, string> {
  const bytes = Buffer.from(body);
  const end = bytes.indexOf('\n\n');
  if (end < 0) return err('There is no empty line before the checkpoint.');
  const [first = '', ...lines] = bytes.subarray(0, end).toString().split('\n');
  const older = /^old (0|[1-9][0-9]{0,15})$/.exec(first)?.[1];
  if (older === undefined || !Number.isSafeInteger(Number(older)))
    return err('The first line is not `old <size>`.');
  if (lines.length > MOST_HASHES) return err(`The proof has more than ${MOST_HASHES} lines.`);
  const proof = lines.map((line) => Buffer.from(line, 'base64'));
  if (proof.some((hash, at) => hash.length !== HASH_BYTES || hash.toString('base64') !== lines[at]))
    return err('A line of the proof is no hash.');
  return ok({ older: Number(older), proof, note: bytes.subarray(end + 2) });
}

/** What the log asks a witness. @param older size of what it cosigned last; 0 where that is not known */
export function addCheckpointRequest(older: number, proof: readonly Hash[], note: Uint8Array): Uint8Array {
  const lines = [`old ${older}`, ...proof.map((hash) => Buffer.from(hash).toString('base64'))];
  return Buffer.concat([Buffer.from(`${lines.join('\n')}\n\n`), note]);
}
