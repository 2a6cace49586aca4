import { existsSync } from 'node:fs';
import path from 'node:path';
import type { LayerArchitecture } from '../../lib/platform/layer-paths.ts';

export const PROJECT_ROOT = path.resolve(import.meta.dirname, '../..');
/** Everything that setup and the emulator write; ignored by git, safe to delete. */
export const BUILD_DIR = path.join(PROJECT_ROOT, '.build');
export const MODULES_DIR = path.join(PROJECT_ROOT, 'node_modules');

/** Takes one line of progress for a person to read. */
export type Log = (line: string) => void;

/**
 * The architecture of this machine, as layers are named.
 * @throws Error on an operating system or processor that Lambda's binaries do not run on
 */
export function hostArchitecture(): LayerArchitecture {
  if (process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64'))
    return process.arch;
  throw new Error(
    `This machine is ${process.platform} on ${process.arch}: the layers and the local cloud hold Linux binaries for x64 or arm64. ` +
      'Run it in a Linux container or virtual machine.',
  );
}

/** Lambda's Node and the headers that belong to it. */
export interface LambdaNode {
  readonly binary: string;
  /** Directory with `include/node` in it. */
  readonly home: string;
}

/** NODE_MODULE_VERSION of Node 24: the number that a compiled addon must carry to be loaded by it. */
export const NODE_24_ABI = '137';

/**
 * Finds Node 24: the one npm installed with this project, else the one that runs this script.
 * @throws Error if neither is Node 24
 */
export function findLambdaNode(): LambdaNode {
  const packaged = path.join(MODULES_DIR, `node-linux-${hostArchitecture()}`);
  const home = existsSync(path.join(packaged, 'bin', 'node'))
    ? packaged
    : path.resolve(path.dirname(process.execPath), '..');
  const binary = path.join(home, 'bin', 'node');
  if (home === packaged || process.versions.modules === NODE_24_ABI) return { binary, home };
  throw new Error(
    `Node 24, which Lambda runs, is missing: this is Node ${process.versions.node}, and npm left out the optional package ` +
      `node-linux-${hostArchitecture()}. Run \`npm ci --include=optional\`, or use Node 24.`,
  );
}
