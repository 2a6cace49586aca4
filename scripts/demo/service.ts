/** The service that uses a managed key, as who started it sees it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { serviceCall, type ServiceCall, type ServiceOrder } from './service-protocol.ts';

export interface Service {
  /** Every call so far, in order. */
  readonly calls: readonly ServiceCall[];
  stop(): Promise<void>;
}

/** Starts it as a process of its own; resolves when it has worked once. */
export async function startService(order: ServiceOrder): Promise<Service> {
  const file = fileURLToPath(new URL('service-process.ts', import.meta.url));
  const child = fork(file, [JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const calls: ServiceCall[] = [];
  const works = new Promise<void>((resolve, reject) => {
    child.on('message', (message) => {
      const call = serviceCall.parse(message);
      calls.push(call);
      if (call.failed === undefined) resolve();
    });
    child.once('exit', () => reject(new Error('The service has ended.')));
  });
  await works;
  return {
    calls,
    async stop() {
      if (child.exitCode !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
