import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;
/** A shorter wait is not worth a word. */
const TELL_AFTER_MS = 2_000;

/**
 * Runs `work` while no other process of this machine runs work under the same name.
 * The lock is a socket in Linux's abstract namespace: the kernel lets go of it when the process dies, however it dies.
 */
export async function withLock<T>(
  name: string,
  work: () => Promise<T>,
  onWait: () => void = () => undefined,
): Promise<T> {
  const address = `\0shhh-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  let server = await tryListen(address);
  for (let waitedMs = 0; !server; waitedMs += POLL_MS) {
    if (waitedMs === TELL_AFTER_MS) onWait();
    await sleep(POLL_MS);
    server = await tryListen(address);
  }
  try {
    return await work();
  } finally {
    server.close();
  }
}

async function tryListen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen({ path: address }, () => resolve(server));
  });
}
