/** `npm run bench:audit -- [--entries N] [--batch N]`: how fast a log is written down and verified in full. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createDirectorySource } from '../functions/platform/directory-log-source.ts';
import { verifyLog } from '../functions/audit/domain/verify-log.ts';
import { createSyntheticKeys, writeSyntheticLog } from '../scripts/audit/synthetic-log.ts';

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000000' },
    batch: { type: 'string', default: '256' },
  },
});
const [entries, batch] = [Number(values.entries), Number(values.batch)];
const directory = await mkdtemp(path.join(tmpdir(), 'shhh-audit-bench-'));
const keys = createSyntheticKeys('shhh.example/audit/bench');

/** Runs it, and says how long it took by the clock and of the processors. */
async function measured<T>(act: () => Promise<T>): Promise<{ value: T; took: string }> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const value = await act();
  const { user, system } = process.cpuUsage(cpu);
  const took = `${((performance.now() - start) / 1000).toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of CPU)`;
  return { value, took };
}

try {
  const { value: written, took: writing } = await measured(() =>
    writeSyntheticLog({ directory, keys, entries, batch }),
  );
  console.log(`written   ${entries} entries of ${Math.round(written.entryBytes / entries)} B in ${writing}`);
  console.log(
    `          a batch of ${batch} is ${((written.objects * batch) / entries).toFixed(2)} objects and ${(written.bytes / written.entryBytes).toFixed(2)} times the bytes of its entries`,
  );
  let peak = 0;
  const { value: verified, took } = await measured(() =>
    verifyLog({
      source: createDirectorySource(directory),
      keys: [keys.ed25519, keys.ecdsa],
      progress: () => (peak = Math.max(peak, process.memoryUsage.rss())),
    }),
  );
  console.log(
    `verified  ${verified.entries} entries, ${verified.tiles} tiles, ${verified.checkpoints} checkpoints, ${verified.problemCount} problems in ${took}, ${Math.round(peak / 2 ** 20)} MB at most`,
  );
  process.exitCode = verified.problemCount === 0 && verified.entries === entries ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
