import { existsSync } from 'node:fs';
import {
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { layerDirectory, type LayerArchitecture } from '../../lib/platform/layer-paths.ts';
import {
  BUILD_DIR,
  findLambdaNode,
  hostArchitecture,
  MODULES_DIR,
  NODE_24_ABI,
  type Log,
} from '../support/project.ts';
import { CommandFailed, isInstalled, runCommand } from '../support/run-command.ts';
import { startStopwatch } from '../support/stopwatch.ts';

const SOURCE = path.join(MODULES_DIR, 're2');
/** What the package needs at run time; its C++ sources stay out of the layer. */
const RUNTIME_FILES = ['package.json', 're2.js', 'LICENSE'];
const ADDON = path.join('build', 'Release', 're2.node');
/** Raise it when this file changes what it builds: layers made before are then built again. */
const RECIPE = 1;
const PROGRESS_EVERY_MS = 10_000;

const CROSS_COMPILERS = {
  arm64: { prefix: 'aarch64-linux-gnu-', debian: 'g++-aarch64-linux-gnu' },
  x64: { prefix: 'x86_64-linux-gnu-', debian: 'g++-x86-64-linux-gnu' },
} as const;

/**
 * Builds the layer with `re2` from the sources in its package, once per version, ABI and architecture,
 * and lets this project's own `import 're2'` load the very file that the layer holds.
 */
export async function prepareRe2Layer(architecture: LayerArchitecture, log: Log): Promise<void> {
  const layer = layerDirectory('re2', architecture);
  const stampFile = `${layer}.stamp`;
  const stamp = `re2 ${await packageVersion()}, Node ABI ${NODE_24_ABI}, ${architecture}, recipe ${RECIPE}\n`;
  const upToDate =
    (await readIfThere(stampFile)) === stamp &&
    existsSync(path.join(layer, 'nodejs/node_modules/re2', ADDON));
  if (!upToDate) {
    await build(architecture, layer, log);
    await writeFile(stampFile, stamp);
  }
  if (architecture === hostArchitecture()) await useInProject(layer);
}

async function build(architecture: LayerArchitecture, layer: string, log: Log): Promise<void> {
  const elapsed = startStopwatch();
  const node = findLambdaNode();
  const compiler = await findCompiler(architecture);
  await mkdir(path.join(BUILD_DIR, 'tmp'), { recursive: true });
  const workshop = await mkdtemp(path.join(BUILD_DIR, 'tmp', 're2-'));
  try {
    const sources = path.join(workshop, 're2');
    await cp(SOURCE, sources, { recursive: true, filter: (file) => file !== path.join(SOURCE, 'build') });
    const total = (await readFile(path.join(sources, 'binding.gyp'), 'utf8')).match(/\.cc"/g)?.length ?? 0;
    log(`re2 layer (${architecture}): compiling ${total} files, about two minutes on two cores, once`);
    let compiled = 0;
    const progress = setInterval(
      () =>
        log(
          `re2 layer (${architecture}): ${Math.min(compiled, total)} of ${total} files compiled (${elapsed()})`,
        ),
      PROGRESS_EVERY_MS,
    );
    try {
      await runCommand(
        node.binary,
        [
          path.join(
            path.dirname(createRequire(path.join(SOURCE, 're2.js')).resolve('node-gyp')),
            '../bin/node-gyp.js',
          ),
          'rebuild',
          `--arch=${architecture}`,
          // Without it node-gyp would fetch the headers from the network.
          `--nodedir=${node.home}`,
          `--jobs=${availableParallelism()}`,
        ],
        {
          cwd: sources,
          env: {
            // npm's own settings reach node-gyp as variables and would win over the flags.
            ...Object.fromEntries(
              Object.entries(process.env).filter(([key]) => !/^npm_(config|package)_/i.test(key)),
            ),
            ...compiler,
            // binding.gyp asks `node` where the headers of `nan` are.
            PATH: `${path.dirname(node.binary)}${path.delimiter}${process.env['PATH'] ?? ''}`,
            NODE_PATH: MODULES_DIR,
            // Stripped while linking: 23 MB of debug information would go into every deployment.
            LDFLAGS: '-s',
          },
          onLine: (line) => {
            if (line.includes('CXX(target)')) compiled += 1;
          },
        },
      );
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      throw new Error(
        `The re2 layer for ${architecture} could not be built. The compiler needs C++20 (g++ 10 or newer). ${error.message}`,
        { cause: error },
      );
    } finally {
      clearInterval(progress);
    }
    const assembled = path.join(workshop, 'layer');
    const target = path.join(assembled, 'nodejs/node_modules/re2');
    await mkdir(path.dirname(path.join(target, ADDON)), { recursive: true });
    for (const file of [...RUNTIME_FILES, ADDON]) await cp(path.join(sources, file), path.join(target, file));
    if (architecture === hostArchitecture()) await tryIt(assembled);
    await rm(layer, { recursive: true, force: true });
    await mkdir(path.dirname(layer), { recursive: true });
    await rename(assembled, layer);
    log(`re2 layer (${architecture}): ready (${elapsed()})`);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** @returns the variables that make node-gyp use a compiler for that architecture */
async function findCompiler(architecture: LayerArchitecture): Promise<NodeJS.ProcessEnv> {
  const native = architecture === hostArchitecture();
  const cross = CROSS_COMPILERS[architecture];
  const prefix = native ? '' : cross.prefix;
  const cxx = (native ? process.env['CXX'] : undefined) ?? `${prefix}g++`;
  const needed = [
    { command: cxx, debian: native ? 'g++' : cross.debian },
    { command: 'make', debian: 'make' },
    { command: 'python3', debian: 'python3' },
  ];
  const found = await Promise.all(needed.map(({ command }) => isInstalled(command)));
  const missing = needed.filter((_, index) => !found[index]);
  if (missing.length > 0) {
    throw new Error(
      `The re2 layer for ${architecture} is compiled on this machine, and ${missing.map(({ command }) => command).join(', ')} cannot be run. ` +
        `On Debian or Ubuntu: apt-get install ${missing.map(({ debian }) => debian).join(' ')}`,
    );
  }
  return native ? { CXX: cxx } : { CC: `${prefix}gcc`, CXX: cxx, AR: `${prefix}ar`, LINK: cxx };
}

/** Loads what was built, every symbol at once, and by its path: this project's own re2 must not answer in its place. */
async function tryIt(layer: string): Promise<void> {
  await runCommand(
    findLambdaNode().binary,
    [
      '-e',
      "if (!new (require(process.argv[1]))('^a+$').test('aaa')) throw new Error('re2 does not match')",
      path.join(layer, 'nodejs/node_modules/re2'),
    ],
    { env: { ...process.env, LD_BIND_NOW: '1' } },
  );
}

async function useInProject(layer: string): Promise<void> {
  const link = path.join(SOURCE, ADDON);
  const target = path.relative(path.dirname(link), path.join(layer, 'nodejs/node_modules/re2', ADDON));
  const there = await lstat(link).catch(() => undefined);
  if (there?.isSymbolicLink() && (await readlink(link)) === target) return;
  await rm(link, { force: true });
  await mkdir(path.dirname(link), { recursive: true });
  await symlink(target, link);
}

async function packageVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(path.join(SOURCE, 'package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}

async function readIfThere(file: string): Promise<string | undefined> {
  return existsSync(file) ? readFile(file, 'utf8') : undefined;
}
