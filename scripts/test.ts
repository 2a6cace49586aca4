/**
 * What `npm test` runs once the machine is set up: the checks beside the tests. Journeys wait more than they work, so the
 * checks take what the tests leave over, at the lowest priority: latencies of journeys are measured.
 */
import { spawn } from 'node:child_process';

/** @returns whether it passed, and what it printed where that was collected */
function run(
  script: string,
  collect: boolean,
): Promise<{ readonly passed: boolean; readonly output: string }> {
  const [command = '', ...args] = script.split(' ');
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', collect ? 'pipe' : 'inherit', 'inherit'] });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve({ passed: false, output: `${script}: ${error.message}\n` }));
    child.on('close', (code) => resolve({ passed: code === 0, output }));
  });
}

const [checks, tests] = await Promise.all([
  run('nice -n 19 node scripts/check.ts', true),
  run('vitest run', false),
]);
process.stdout.write(checks.output);
process.exitCode = checks.passed && tests.passed ? 0 : 1;
