/** `npm run setup [-- --arch arm64]`: prepares what a clone lacks; does nothing, quickly, when nothing is missing. */
import { realpathSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { LayerArchitecture } from '../lib/platform/layer-paths.ts';
import { prepareEmulatorEnvironment } from './setup/emulator-environment.ts';
import { prepareHypercoreLayer } from './setup/hypercore-layer.ts';
import { prepareRe2Layer } from './setup/re2-layer.ts';
import { prepareTypstLayer } from './setup/typst-layer.ts';
import { withLock } from './support/lock.ts';
import { hostArchitecture, PROJECT_ROOT, type Log } from './support/project.ts';
import { startStopwatch } from './support/stopwatch.ts';

export interface SetupOptions {
  readonly log?: Log;
  /** Of the layers; this machine's by default. */
  readonly architecture?: LayerArchitecture;
}

/**
 * Prepares below `.build/`: the native layers and the emulator. Several processes may call it at once.
 * @throws Error naming what is missing on this machine and how to get it
 */
export async function setup(options: SetupOptions = {}): Promise<void> {
  const log = options.log ?? console.error;
  const architecture = options.architecture ?? hostArchitecture();
  await withLock(
    `setup ${realpathSync(PROJECT_ROOT)}`,
    async () => {
      await prepareEmulatorEnvironment(log);
      await prepareHypercoreLayer(architecture, log);
      await prepareTypstLayer(log);
      await prepareRe2Layer(architecture, log);
    },
    () => log('setup: waiting for another setup of this clone to finish'),
  );
}

function architectureOf(text: string | undefined): LayerArchitecture | undefined {
  if (text === undefined || text === 'arm64' || text === 'x64') return text;
  if (text === 'x86_64') return 'x64';
  throw new Error(`--arch ${text} is not an architecture of Lambda: use arm64 or x64.`);
}

if (import.meta.main) {
  try {
    const elapsed = startStopwatch();
    const { values } = parseArgs({ options: { arch: { type: 'string' } } });
    const architecture = architectureOf(values.arch);
    await setup(architecture === undefined ? {} : { architecture });
    console.error(`setup: everything is in place (${elapsed()})`);
  } catch (error) {
    console.error(`setup failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
