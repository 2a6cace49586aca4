import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { accountEnvironment } from '../../../scripts/emulator.ts';

export interface ShipperProcess {
  /** Asks it to end, as a container service does. @returns its exit code */
  terminate(): Promise<number | null>;
  /** Every line it wrote, parsed. */
  readonly lines: readonly Record<string, unknown>[];
  kill(): Promise<void>;
}

/** Starts a shipper in a process of its own; runs of `runSeconds` follow one another. */
export function startShipper(options: {
  readonly endpoint: string;
  readonly table: string;
  readonly queueUrl: string;
  readonly runSeconds: number;
  /** Starts the service instead of the function, the way the container does, with this environment besides. */
  readonly asService?: Readonly<Record<string, string>>;
}): ShipperProcess {
  const script = fileURLToPath(
    options.asService === undefined
      ? new URL('./shipper-process.ts', import.meta.url)
      : new URL('../../../functions/ingest/shhh-shipper.ts', import.meta.url),
  );
  const child = spawn(process.execPath, [script], {
    env: {
      PATH: process.env['PATH'],
      TMPDIR: process.env['TMPDIR'],
      ...accountEnvironment(options.endpoint),
      INGEST_TABLE: options.table,
      ENTRY_QUEUE_URL: options.queueUrl,
      RUN_SECONDS: String(options.runSeconds),
      SPACING_MS: '60',
      EVENT_BUS_NAME: 'default',
      ...options.asService,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: Record<string, unknown>[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => lines.push(parseLine(line)));
  }
  return {
    lines,
    terminate: async () => {
      const exit = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGTERM');
      await exit;
      return child.exitCode;
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** What is no JSON is kept as it is: it may say why the process died. */
function parseLine(line: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : { line };
  } catch {
    return { line };
  }
}
