/** A log on disk as the sequencer would have written it, under keys of its own: to measure, and to tamper with. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AuditEvent } from '../../functions/contracts/audit.ts';
import { checkpointText } from '../../functions/kernel/tlog/checkpoint.ts';
import { EMPTY_EDGE, EMPTY_LOG, entriesOf, growLog } from '../../functions/audit/domain/grow-log.ts';
import { formatNote, noteKey, type NoteKey } from '../../functions/kernel/tlog/signed-note.ts';
import { CHECKPOINT_PATH, checkpointPath } from '../../functions/kernel/tlog/tiles.ts';

export interface SyntheticKeys {
  readonly ed25519: NoteKey;
  readonly ecdsa: NoteKey;
  /** A checkpoint under both. */
  readonly sign: (text: string) => string;
}

export function createSyntheticKeys(origin: string): SyntheticKeys {
  const spki = (key: KeyObject) => key.export({ format: 'der', type: 'spki' });
  const ed = generateKeyPairSync('ed25519');
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ed25519 = noteKey(origin, spki(ed.publicKey));
  const ecdsa = noteKey(origin, spki(ec.publicKey));
  return {
    ed25519,
    ecdsa,
    sign: (text) =>
      formatNote(text, [
        { name: origin, keyId: ed25519.id, signature: sign(null, Buffer.from(text), ed.privateKey) },
        { name: origin, keyId: ecdsa.id, signature: sign('sha256', Buffer.from(text), ec.privateKey) },
      ]),
  };
}

export interface SyntheticLog {
  readonly directory: string;
  readonly keys: SyntheticKeys;
  readonly entries: number;
  /** Entries of a batch: each leaves a checkpoint, and partial tiles. */
  readonly batch: number;
  /** What its findings are about: another word makes another history. */
  readonly agent?: string;
  /** Other events than findings. */
  readonly event?: (at: number) => AuditEvent;
  /** When a batch is taken in, by the place of its last entry; milliseconds since the epoch. */
  readonly loggedAt?: (at: number) => number;
}

/** @returns how many objects and bytes it took, and how many bytes of it are the entries themselves */
export async function writeSyntheticLog(log: SyntheticLog) {
  const { directory, keys, entries: total, batch, agent = 'agent' } = log;
  const { event = (at: number) => finding(at, agent), loggedAt = () => Date.UTC(2026, 10, 21) } = log;
  const made = new Set<string>();
  let [objects, bytes, entryBytes] = [0, 0, 0];
  const put = async (object: string, content: Uint8Array | string) => {
    const file = path.join(directory, object);
    const folder = path.dirname(file);
    if (!made.has(folder)) await mkdir(folder, { recursive: true });
    made.add(folder);
    await writeFile(file, content);
    objects += 1;
    bytes += content.length;
  };
  let [edge, head] = [EMPTY_EDGE, EMPTY_LOG];
  while (edge.size < total) {
    const from = edge.size;
    const events = Array.from({ length: Math.min(batch, total - from) }, (_, at) => event(from + at));
    const { entries, lastHash } = entriesOf(events, head, loggedAt(from + events.length - 1));
    const grown = growLog(edge, entries);
    edge = grown.edge;
    head = { size: edge.size, root: grown.root, lastHash };
    for (const file of grown.files) await put(file.path, file.bytes);
    const note = keys.sign(checkpointText({ origin: keys.ed25519.name, ...head }));
    await put(checkpointPath(head.size), note);
    await put(CHECKPOINT_PATH, note);
    entryBytes += entries.reduce((sum, entry) => sum + entry.length, 0);
  }
  return { objects, bytes, entryBytes };
}

/** The event that such a log's entry is about. */
export const finding = (at: number, agent: string) => ({
  id: `finding:fnd_${String(at).padStart(32, '0')}`,
  time: new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString(),
  type: 'finding' as const,
  actor: 'detector',
  subject: `${agent}-${at % 100}`,
  correlation_id: `3f9a0c51d27be864.0.${at}`,
  data: { rule: 'aws-access-key-id', severity: 'HIGH', confidence: 0.98, redacted: 'AKIA****MPLE', at },
});
