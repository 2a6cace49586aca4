/** An agent's host in miniature: a separate process that appends to a real hypercore and offers it on a loopback port. */
import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Appended, AppendPlan, Planted, WriterCommand, WriterReport } from './writer-protocol.ts';

export type { AppendPlan, Planted } from './writer-protocol.ts';

export interface WriterOptions {
  /** Where the log lies; one that is there already is continued. */
  readonly directory: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** What the entries and leaks are generated from; two writers need two. */
  readonly seed: number;
}

type WriterEvents = { appended: [Appended]; planted: [Planted]; exit: [] };

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

export class Writer extends EventEmitter<WriterEvents> {
  /** The log's public key, 64 hex digits. */
  readonly core: string;
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly pid: number;
  /** Everything planted so far. */
  readonly planted: Planted[] = [];
  readonly #child: ReturnType<typeof fork>;
  readonly #pending = new Map<
    number,
    { resolve: (length: number) => void; reject: (reason: Error) => void }
  >();
  #lastId = 0;
  #exited = false;

  constructor(child: ReturnType<typeof fork>, ready: { core: string; port: number }) {
    super();
    this.#child = child;
    this.core = ready.core;
    this.port = ready.port;
    this.pid = child.pid ?? -1;
    child.on('message', (report: WriterReport) => this.#hear(report));
    child.once('exit', () => {
      this.#exited = true;
      for (const { reject } of this.#pending.values()) reject(new Error('The writer has ended.'));
      this.#pending.clear();
      this.emit('exit');
    });
  }

  /** Appends generated entries; resolves with the log's length when the last is in. Appends queue behind each other. */
  append(plan: AppendPlan): Promise<number> {
    return this.#ask({ op: 'append', ...plan });
  }

  /** Appends these bytes as they are, an entry each. */
  appendRaw(blocks: readonly Uint8Array[]): Promise<number> {
    return this.#ask({
      op: 'append-raw',
      blocksBase64: blocks.map((block) => Buffer.from(block).toString('base64')),
    });
  }

  /** Cuts the log back; its fork grows. */
  truncate(newLength: number): Promise<number> {
    return this.#ask({ op: 'truncate', newLength });
  }

  /** Ends the process in good order. */
  async stop(): Promise<void> {
    if (this.#exited) return;
    const exit = once(this.#child, 'exit');
    this.#ask({ op: 'stop' }).catch(() => undefined);
    await exit;
  }

  /** SIGSTOP makes a peer that hangs, SIGCONT wakes it, SIGKILL is a crash. */
  async signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): Promise<void> {
    const exit = signal === 'SIGKILL' && !this.#exited ? once(this.#child, 'exit') : undefined;
    this.#child.kill(signal);
    await exit;
  }

  #ask(command: WithoutId<WriterCommand>): Promise<number> {
    if (this.#exited) return Promise.reject(new Error('The writer has ended.'));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#child.send({ ...command, id });
    });
  }

  #hear(report: WriterReport): void {
    if (report.event === 'planted') {
      this.planted.push(report);
      this.emit('planted', report);
    } else if (report.event === 'appended') {
      this.emit('appended', report);
    } else if (report.event === 'done' || report.event === 'failed') {
      const asked = this.#pending.get(report.id);
      this.#pending.delete(report.id);
      if (report.event === 'done') asked?.resolve(report.length);
      else asked?.reject(new Error(`The writer could not do that: ${report.reason}`));
    }
  }
}

/** Starts a writer; resolves once it listens. */
export async function startWriter(options: WriterOptions): Promise<Writer> {
  const script = fileURLToPath(new URL('./writer-process.ts', import.meta.url));
  const child = fork(script, [options.directory, String(options.port ?? 0), String(options.seed)], {
    // A test runner's own flags and loaders are not for the child.
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ready = await new Promise<{ core: string; port: number }>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The writer ended with code ${code} before it listened.`)));
    child.once('message', (report: WriterReport) => {
      if (report.event === 'ready') resolve(report);
    });
  });
  return new Writer(child, ready);
}
