/** `npm run check`: everything that can be said of the code without running it, one line each, all of it even if one fails. */
import { spawn } from 'node:child_process';

/** The longest first. */
const CHECKS: readonly (readonly [name: string, ...command: string[]])[] = [
  ['lint', 'eslint', '--max-warnings', '0', '.'],
  ['types', 'tsc', '-p', '.'],
  ['imports', 'node', 'scripts/check-imports.ts'],
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['dead code', 'knip', '--no-progress'],
];

interface Outcome {
  readonly passed: boolean;
  readonly seconds: number;
  readonly output: string;
}

function run([command = '', ...args]: readonly string[]): Promise<Outcome> {
  const start = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const end = (passed: boolean) =>
      resolve({ passed, seconds: (performance.now() - start) / 1000, output: output.trim() });
    child.on('error', (error) => {
      output += error.message;
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });
}

let failed = 0;
const waiting = [...CHECKS];
/** Takes one after the other; two of these keep two processors busy. */
async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [name, ...command] = next;
    const { passed, seconds, output } = await run(command);
    console.log(`${passed ? '✓' : '✗'} ${name.padEnd(10)} ${seconds.toFixed(1).padStart(5)} s`);
    if (passed) continue;
    failed += 1;
    console.log(output.replaceAll(/^/gm, '    '));
  }
}
await Promise.all([work(), work()]);
process.exitCode = failed === 0 ? 0 : 1;
