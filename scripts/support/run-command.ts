import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Sees every line of both streams as it is written. */
  readonly onLine?: (line: string) => void;
}

/** Lines of a failed command's output that its error shows. */
const TAIL_LINES = 30;

/** A command that could not be started, failed or was killed; the message ends with the tail of its output. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/**
 * Runs a command to its end, without a shell.
 * @returns its standard output
 * @throws CommandFailed
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const shown = [command, ...args].join(' ');
  const stdout: string[] = [];
  const all: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const take = (line: string): void => {
      all.push(line);
      options.onLine?.(line);
    };
    createInterface({ input: child.stdout }).on('line', (line) => {
      stdout.push(line);
      take(line);
    });
    createInterface({ input: child.stderr }).on('line', take);
    child.on('error', (error) =>
      reject(new CommandFailed(`\`${shown}\` could not be started: ${error.message}`)),
    );
    child.on('close', (code, signal) => {
      if (code === 0) {
        resolve();
        return;
      }
      const end = signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`;
      reject(new CommandFailed(`\`${shown}\` ${end}:\n${all.slice(-TAIL_LINES).join('\n')}`));
    });
  });
  return stdout.join('\n');
}

/** Whether a command exists and answers `--version`. */
export async function isInstalled(command: string): Promise<boolean> {
  return runCommand(command, ['--version']).then(
    () => true,
    () => false,
  );
}
