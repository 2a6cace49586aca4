/** The process that owns one log: `node writer-process.ts DIR PORT SEED`, forked by writer.ts, spoken to over IPC. */
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Hypercore from 'hypercore';
import HypercoreStorage from 'hypercore-storage';
import { createEntries } from './entries.ts';
import { createLeak, LEAK_TYPES, type Leak } from './leaks.ts';
import { createRandom } from './random.ts';
import type { AppendPlan, WriterCommand, WriterReport } from './writer-protocol.ts';

const [directory = '', port = '0', seed = '1'] = process.argv.slice(2);
const random = createRandom(Number(seed));
const entries = createEntries(random);
// A restored backup lies on other inodes, which the storage would refuse to open.
const core = new Hypercore(new HypercoreStorage(directory, { allowBackup: true }));
await core.ready();
const key = core.key.toString('hex');
let planted = 0;

const report = (message: WriterReport): void => void process.send?.(message);

const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket);
  const stream = core.replicate(false);
  const end = (): void => {
    sockets.delete(socket);
    socket.destroy();
    stream.destroy();
  };
  socket.on('error', end).on('close', end);
  stream.on('error', end).on('close', end);
  socket.setNoDelay(true);
  socket.pipe(stream).pipe(socket);
});

function nextLeak(): Leak {
  const type = LEAK_TYPES[planted++ % LEAK_TYPES.length] ?? LEAK_TYPES[0];
  return createLeak(type, random);
}

async function append(plan: AppendPlan): Promise<void> {
  const { entries: total, leaks = 0, perSecond } = plan;
  const batch = plan.batch ?? (perSecond === undefined ? 100 : Math.max(1, Math.round(perSecond / 50)));
  const startedAt = Date.now();
  for (let done = 0; done < total;) {
    const size = Math.min(batch, total - done);
    const from = core.length;
    const fork = core.fork;
    const planting = new Map<number, Leak>();
    const blocks = Array.from({ length: size }, (_, offset) => {
      const ordinal = done + offset;
      const due = Math.floor(((ordinal + 1) * leaks) / total) > Math.floor((ordinal * leaks) / total);
      const leak = due ? nextLeak() : undefined;
      if (leak !== undefined) planting.set(from + offset, leak);
      return entries.next(from + offset, Date.now(), leak);
    });
    await core.append(blocks);
    const appendedAt = Date.now();
    for (const [seq, leak] of planting) {
      for (const secret of leak.secrets)
        report({ event: 'planted', core: key, fork, seq, appendedAt, ...secret });
    }
    report({ event: 'appended', fork, from, to: from + size, appendedAt });
    done += size;
    if (perSecond !== undefined) await sleep(Math.max(0, startedAt + (done / perSecond) * 1000 - Date.now()));
  }
}

async function obey(command: WriterCommand): Promise<void> {
  switch (command.op) {
    case 'append':
      return append(command);
    case 'append-raw': {
      const from = core.length;
      await core.append(command.blocksBase64.map((block) => Buffer.from(block, 'base64')));
      report({ event: 'appended', fork: core.fork, from, to: core.length, appendedAt: Date.now() });
      return;
    }
    case 'truncate':
      return core.truncate(command.newLength);
    case 'stop':
      return;
  }
}

async function stop(): Promise<void> {
  server.close();
  for (const socket of sockets) socket.destroy();
  await core.close();
  process.exit(0);
}

let queue = Promise.resolve();
process.on('message', (command: WriterCommand) => {
  queue = queue.then(async () => {
    try {
      await obey(command);
      report({ event: 'done', id: command.id, fork: core.fork, length: core.length });
    } catch (error) {
      report({
        event: 'failed',
        id: command.id,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
    if (command.op === 'stop') await stop();
  });
});
// The parent is gone, however it went: a writer must not outlive its test.
process.on('disconnect', () => void stop());

server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  const listening = typeof address === 'object' && address !== null ? address.port : 0;
  report({ event: 'ready', core: key, port: listening, length: core.length, fork: core.fork });
});
