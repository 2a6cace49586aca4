/** `npm run bench:audit -- [--entries N] [--batch N] [--directory DIR]`: how fast a log is written down and verified in full. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createDirectorySource } from '../functions/audit/adapters/directory-source.ts';
import { checkpointText } from '../functions/audit/domain/checkpoint.ts';
import { EMPTY_EDGE, EMPTY_LOG, entriesOf, growLog } from '../functions/audit/domain/grow-log.ts';
import { formatNote, noteKey } from '../functions/audit/domain/signed-note.ts';
import { CHECKPOINT_PATH, checkpointPath } from '../functions/audit/domain/tiles.ts';
import { verifyLog } from '../functions/audit/domain/verify-log.ts';

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000000' },
    batch: { type: 'string', default: '256' },
    directory: { type: 'string' },
  },
});
const [total, batch] = [Number(values.entries), Number(values.batch)];
const directory = values.directory ?? (await mkdtemp(path.join(tmpdir(), 'audit-bench-')));
const origin = 'shhh.example/audit/bench';
const pair = generateKeyPairSync('ed25519');
const key = noteKey(origin, pair.publicKey.export({ format: 'der', type: 'spki' }));

const event = (at: number) => ({
  id: `finding:fnd_${String(at).padStart(32, '0')}`,
  time: new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString(),
  type: 'finding' as const,
  actor: 'detector',
  subject: `agent-${at % 100}`,
  correlation_id: `3f9a0c51d27be864.0.${at}`,
  data: { rule: 'aws-access-key-id', severity: 'HIGH', confidence: 0.98, redacted: 'AKIA****MPLE', at },
});

const made = new Set<string>();
async function put(object: string, bytes: Uint8Array | string): Promise<void> {
  const file = path.join(directory, object);
  const folder = path.dirname(file);
  if (!made.has(folder)) await mkdir(folder, { recursive: true });
  made.add(folder);
  await writeFile(file, bytes);
}

const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);
const cpuSeconds = (since: NodeJS.CpuUsage): string => {
  const { user, system } = process.cpuUsage(since);
  return ((user + system) / 1e6).toFixed(1);
};

try {
  const written = performance.now();
  let [edge, head] = [EMPTY_EDGE, EMPTY_LOG];
  let [puts, bytes, entryBytes] = [0, 0, 0];
  while (edge.size < total) {
    const count = Math.min(batch, total - edge.size);
    const from = edge.size;
    const { entries, lastHash } = entriesOf(
      Array.from({ length: count }, (_, at) => event(from + at)),
      head,
      Date.UTC(2026, 10, 21),
    );
    const grown = growLog(edge, entries);
    edge = grown.edge;
    head = { size: edge.size, root: grown.root, lastHash };
    const text = checkpointText({ origin, ...head });
    const signature = sign(null, Buffer.from(text), pair.privateKey);
    const note = formatNote(text, [{ name: origin, keyId: key.id, signature }]);
    for (const file of grown.files) {
      await put(file.path, file.bytes);
      bytes += file.bytes.length;
    }
    await put(checkpointPath(head.size), note);
    await put(CHECKPOINT_PATH, note);
    puts += grown.files.length + 2;
    bytes += 2 * note.length;
    entryBytes += entries.reduce((sum, entry) => sum + entry.length, 0);
  }
  console.log(`written   ${total} entries of ${Math.round(entryBytes / total)} B in ${seconds(written)} s`);
  console.log(
    `          batches of ${batch}: ${((puts * batch) / total).toFixed(2)} objects and ${(bytes / entryBytes).toFixed(2)} times the bytes of its entries each`,
  );
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  let peak = 0;
  const { entries, tiles, checkpoints, problemCount } = await verifyLog({
    source: createDirectorySource(directory),
    keys: [key],
    progress: () => (peak = Math.max(peak, process.memoryUsage.rss())),
  });
  console.log(
    `verified  ${entries} entries, ${tiles} tiles, ${checkpoints} checkpoints, ${problemCount} problems in ${seconds(start)} s (${cpuSeconds(cpu)} s of CPU), ${Math.round(peak / 2 ** 20)} MB at most`,
  );
  process.exitCode = problemCount === 0 && entries === total ? 0 : 1;
} finally {
  if (values.directory === undefined) await rm(directory, { recursive: true, force: true });
}
