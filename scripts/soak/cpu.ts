/** Which part of a soak takes how much of the processors: the machine is one, and the writers and the emulator are on it. */
import { readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, whatever the kernel's own clock. */
const TICK_MS = 10;

export class CpuLedger {
  readonly #known = new Map<number, number>();
  readonly #totals = new Map<string, number>();

  /** Books what each process has used since it was last looked at; what one did after its last look is not seen. */
  look(processes: readonly { readonly part: string; readonly pid: number }[]): void {
    for (const { part, pid } of processes) {
      const now = cpuMs(pid);
      if (now === undefined) continue;
      const used = now - (this.#known.get(pid) ?? 0);
      this.#known.set(pid, now);
      this.#totals.set(part, (this.#totals.get(part) ?? 0) + used);
    }
  }

  /** Milliseconds of processor time by part, the largest first. */
  totals(): readonly (readonly [part: string, ms: number])[] {
    return [...this.#totals].sort(([, a], [, b]) => b - a);
  }
}

/** User and system time of a process, its threads included; `undefined` when it has ended. Source: proc_pid_stat(5). */
function cpuMs(pid: number): number | undefined {
  try {
    // The second field is the program's name, which may hold anything but ends in the last parenthesis.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return undefined;
  }
}
