/** What the log asks witnesses of each checkpoint before it shows it (C2SP tlog-witness), and what it makes of their answers. */
import { parseCheckpoint, type Checkpoint, type TreeHead } from '../../kernel/tlog/checkpoint.ts';
import type { LogSource } from '../../kernel/tlog/log-source.ts';
import { EMPTY_ROOT } from '../../kernel/tlog/merkle.ts';
import { createProver } from '../../kernel/tlog/prove.ts';
import {
  parseNote,
  parseVkey,
  verifyNote,
  type NoteKey,
  type NoteSignature,
} from '../../kernel/tlog/signed-note.ts';
import { checkpointPath } from '../../kernel/tlog/tiles.ts';
import { addCheckpointRequest } from './witness.ts';

/** A witness that the log asks. */
export interface AskedWitness {
  /** Below which `add-checkpoint` is. */
  readonly url: string;
  /** Of kind `cosignature`. */
  readonly key: NoteKey;
}

/** @throws where its key is none of a witness: the policy was not compiled by ours */
export function askedWitness({ url, key }: { readonly url: string; readonly key: string }): AskedWitness {
  const parsed = parseVkey(key);
  if (!parsed.ok || parsed.value.kind !== 'cosignature')
    throw new Error(`The key of ${url} is no witness' key.`);
  return { url, key: parsed.value };
}

export interface WitnessReply {
  readonly status: number;
  readonly body: string;
}

export interface Cosigning {
  readonly witnesses: readonly AskedWitness[];
  /** Posts to `add-checkpoint`. @throws where there is no answer */
  readonly post: (url: string, body: Uint8Array, signal: AbortSignal) => Promise<WitnessReply>;
  /** Milliseconds that a checkpoint waits for all of them together. */
  readonly waitMs: number;
  /** Is told who did not cosign, and why. */
  readonly observe: (missed: { readonly witness: string; readonly why: string }) => void;
}

export interface Cosigner {
  /**
   * @param note the signed checkpoint, whose tiles are written
   * @returns a line for each witness that answered in time with a cosignature that holds; never throws
   */
  cosign(
    note: Uint8Array,
    checkpoint: Checkpoint,
    log: Pick<LogSource, 'read'>,
  ): Promise<readonly NoteSignature[]>;
}

/** Sizes that a witness is told of in one go: the one that we remember, and the one that it then says. */
const ATTEMPTS = 3;

export function createCosigner({ witnesses, post, waitMs, observe }: Cosigning): Cosigner {
  /** By URL, the size that the witness cosigned last, as far as is known. */
  const cosigned = new Map<string, number>();

  async function ask(
    { url, key }: AskedWitness,
    note: Uint8Array,
    checkpoint: Checkpoint,
    log: Pick<LogSource, 'read'>,
    signal: AbortSignal,
  ): Promise<NoteSignature | string> {
    const prover = createProver({ read: (path) => log.read(path) }, checkpoint);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const older = cosigned.get(url) ?? 0;
      if (older > checkpoint.size) {
        // Another run is further than this one; what it cosigned then is consistent with this.
        cosigned.delete(url);
        return `it has cosigned size ${older} already`;
      }
      const before = await headAt(older, checkpoint, log);
      if (before === undefined) return `it says that it cosigned size ${older}, which was never published`;
      const proof = await prover.consistency(before);
      if (!proof.ok) return proof.error;
      const { status, body } = await post(url, addCheckpointRequest(older, proof.value, note), signal);
      if (status === 409) {
        const size = /^(0|[1-9][0-9]{0,15})\n?$/.exec(body)?.[1];
        if (size === undefined) return 'it answered 409 without a size';
        // The same size again: it saw another checkpoint of it.
        if (Number(size) === older) return `it has cosigned another history at size ${older}`;
        cosigned.set(url, Number(size));
        continue;
      }
      if (status !== 200) return `it answered ${status}`;
      const line = readCosignature(note, body, key);
      if (line === undefined) return 'its cosignature does not hold';
      cosigned.set(url, checkpoint.size);
      return line;
    }
    return 'others made it cosign meanwhile, again and again';
  }

  return {
    async cosign(note, checkpoint, log) {
      const signal = AbortSignal.timeout(waitMs);
      const late = new Promise<string>((resolve) => {
        signal.addEventListener('abort', () => resolve(`it did not answer within ${waitMs} ms`), {
          once: true,
        });
      });
      const lines = await Promise.all(
        witnesses.map(async (witness) => {
          const asked = ask(witness, note, checkpoint, log, signal).catch((error: unknown) =>
            error instanceof Error ? `it cannot be asked: ${error.name}` : 'it cannot be asked',
          );
          const line = await Promise.race([asked, late]);
          if (typeof line !== 'string') return [line];
          observe({ witness: witness.key.name, why: line });
          return [];
        }),
      );
      return lines.flat();
    },
  };
}

/** The log at a size that a witness says it saw: only what was published can have been. */
async function headAt(
  size: number,
  now: Checkpoint,
  log: Pick<LogSource, 'read'>,
): Promise<TreeHead | undefined> {
  if (size === 0) return { size, root: EMPTY_ROOT };
  if (size === now.size) return now;
  const note = parseNote((await log.read(checkpointPath(size))) ?? Buffer.alloc(0));
  const kept = note.ok ? parseCheckpoint(note.value.text) : note;
  // Not believed, only tried: the proof from it has to hold.
  return kept.ok && kept.value.size === size ? kept.value : undefined;
}

/** The witness' line below the note, if it is its cosignature of this note. */
function readCosignature(note: Uint8Array, body: string, key: NoteKey): NoteSignature | undefined {
  const parsed = parseNote(Buffer.concat([note, Buffer.from(body)]));
  const own = parsed.ok
    ? parsed.value.signatures.filter(({ name, keyId }) => name === key.name && keyId === key.id)
    : [];
  const [line] = own;
  if (!parsed.ok || line === undefined || own.length > 1) return undefined;
  return verifyNote({ ...parsed.value, signatures: [line] }, [key]).ok ? line : undefined;
}
