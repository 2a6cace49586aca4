import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Way {
  readonly port: number;
  readonly outage: (on: boolean) => Promise<void>;
  close(): Promise<void>;
}

/** A way to a server of this machine that can be cut. */
export async function startWay(port: number): Promise<Way> {
  let cut = false;
  const open = new Set<Socket>();
  const server = createServer((inner) => {
    if (cut) {
      inner.resetAndDestroy();
      return;
    }
    const outer = connect({ host: '127.0.0.1', port });
    for (const socket of [inner, outer]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        open.delete(socket);
        inner.destroy();
        outer.destroy();
      });
    }
    inner.pipe(outer).pipe(inner);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    outage: async (on: boolean) => {
      cut = on;
      if (on) for (const socket of open) socket.destroy();
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
