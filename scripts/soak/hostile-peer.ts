/** A peer that is up to no good: it accepts, then says nothing, talks nonsense, breaks off, or floods. */
import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';

export interface HostilePeer {
  readonly core: string;
  readonly host: string;
  readonly port: number;
  stop(): void;
}

const DEEDS: readonly ((socket: Socket) => void)[] = [
  () => undefined,
  (socket) => socket.end(randomBytes(4_096)),
  (socket) => socket.destroy(),
  (socket) => {
    const chunk = randomBytes(64 * 1024);
    const flood = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', flood);
    flood();
  },
];

/** Listens on a free loopback port; each connection meets the next deed. */
export async function startHostilePeer(): Promise<HostilePeer> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    DEEDS[connections++ % DEEDS.length]?.(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The hostile peer has no port.');
  return {
    core: randomBytes(32).toString('hex'),
    host: '127.0.0.1',
    port: address.port,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
