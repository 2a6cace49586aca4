/** A service in a process of its own, which lives on a credential that is rotated under it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServiceCommand, ServiceReport, ServiceSecond, ServiceSettings } from './service-protocol.ts';

export interface Service {
  readonly pid: number;
  /** Every second so far. */
  readonly seconds: readonly ServiceSecond[];
  /** Late: it hears nothing of Secrets Manager, and goes on with what it has. */
  late(late: boolean): void;
  /** Lets in no more requests; resolves when the last one has ended. */
  stop(): Promise<void>;
}

/** Resolves when it serves. @throws Error where the process ends before */
export async function startService(settings: ServiceSettings): Promise<Service> {
  const child = fork(fileURLToPath(new URL('./service-process.ts', import.meta.url)), [], {
    // A test runner's own flags and loaders are not for the child.
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const tell = (command: ServiceCommand): void => void child.send(command);
  const seconds: ServiceSecond[] = [];
  const exit = once(child, 'exit');
  const started = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The service ended with code ${code}.`)));
    child.on('message', (report: ServiceReport) => {
      if (report.event === 'started') resolve();
      else if (report.event === 'second') seconds.push(report);
    });
  });
  tell({ op: 'start', settings });
  await started;
  return {
    pid: child.pid ?? -1,
    seconds,
    late: (late) => tell({ op: 'late', late }),
    async stop() {
      if (child.connected) tell({ op: 'stop' });
      await exit;
    },
  };
}
