import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BUILD_DIR, PROJECT_ROOT, type Log } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { startStopwatch } from '../support/stopwatch.ts';

const REQUIREMENTS = path.join(PROJECT_ROOT, 'scripts/emulator/requirements.txt');
const ENVIRONMENT = path.join(BUILD_DIR, 'emulator');
/** The interpreter that has the emulator installed. */
export const EMULATOR_PYTHON = path.join(ENVIRONMENT, 'bin', 'python');

/** Installs the pinned emulator into a Python virtual environment of its own. */
export async function prepareEmulatorEnvironment(log: Log): Promise<void> {
  const stampFile = path.join(ENVIRONMENT, 'stamp');
  const stamp = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex');
  if (existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === stamp && existsSync(EMULATOR_PYTHON))
    return;

  const elapsed = startStopwatch();
  await requirePython();
  log('emulator: installing MiniStack from PyPI into .build/emulator');
  await rm(ENVIRONMENT, { recursive: true, force: true });
  await runCommand('python3', ['-m', 'venv', ENVIRONMENT]);
  try {
    await runCommand(EMULATOR_PYTHON, [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'],
      ...['--require-hashes', '--only-binary', ':all:', '--requirement', REQUIREMENTS],
    ]);
  } catch (error) {
    throw new Error(
      `The emulator could not be installed: check that this machine reaches a Python package index, then run \`npm run setup\` again. ${error instanceof Error ? error.message : ''}`,
      { cause: error },
    );
  }
  await writeFile(stampFile, stamp);
  log(`emulator: installed (${elapsed()})`);
}

async function requirePython(): Promise<void> {
  try {
    await runCommand('python3', [
      '-c',
      'import sys, venv, ensurepip; sys.exit("Python %d.%d" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)',
    ]);
  } catch (error) {
    throw new Error(
      'The emulator needs Python 3.11 or newer with its venv module. On Debian or Ubuntu: apt-get install python3 python3-venv. ' +
        (error instanceof Error ? error.message : ''),
      { cause: error },
    );
  }
}
