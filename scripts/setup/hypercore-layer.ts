import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { askForOtherVersion, readElf } from '../../lib/platform/elf.ts';
import { layerDirectory, type LayerArchitecture } from '../../lib/platform/layer-paths.ts';
import { BUILD_DIR, findLambdaNode, hostArchitecture, MODULES_DIR, type Log } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { startStopwatch } from '../support/stopwatch.ts';

/** The packages that functions take from this layer. */
const ROOTS = ['hypercore', 'hypercore-storage'];
/** Raise it when this file changes what it builds: layers made before are then built again. */
const RECIPE = 2;

const Manifest = z.object({
  version: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

/**
 * Copies hypercore and all it requires from node_modules, as locked, keeping of the native prebuilds
 * only Lambda's (197 MB become 17 MB).
 */
export async function prepareHypercoreLayer(architecture: LayerArchitecture, log: Log): Promise<void> {
  const layer = layerDirectory('hypercore', architecture);
  const stampFile = `${layer}.stamp`;
  const packages = await closureOf(ROOTS);
  const stamp = [`${architecture}, recipe ${RECIPE}`, ...packages.values()].join('\n');
  if (existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === stamp && existsSync(layer)) return;

  const elapsed = startStopwatch();
  await mkdir(path.join(BUILD_DIR, 'tmp'), { recursive: true });
  const workshop = await mkdtemp(path.join(BUILD_DIR, 'tmp', 'hypercore-'));
  try {
    const assembled = path.join(workshop, 'nodejs', 'node_modules');
    for (const directory of packages.keys()) {
      await cp(path.join(MODULES_DIR, directory), path.join(assembled, directory), {
        recursive: true,
        filter: (file) => isKept(path.relative(path.join(MODULES_DIR, directory), file), architecture),
      });
    }
    await refuseMissingPrebuilds(assembled, packages, architecture);
    await settleForOlderLibrary(assembled);
    if (architecture === hostArchitecture()) await tryIt(assembled);
    await rm(layer, { recursive: true, force: true });
    await mkdir(path.dirname(layer), { recursive: true });
    await rename(workshop, layer);
    await writeFile(stampFile, stamp);
    log(`hypercore layer (${architecture}): ready, ${packages.size} packages (${elapsed()})`);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** @returns `name@version` of every package by its directory below node_modules, in a stable order */
async function closureOf(roots: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const visit = async (name: string, from: string, optional: boolean): Promise<void> => {
    const directory = resolveFrom(name, from);
    if (directory === undefined) {
      if (optional) return;
      throw new Error(
        `The package ${name}, which the hypercore layer needs, is not installed. Run \`npm ci\`.`,
      );
    }
    if (found.has(directory)) return;
    const manifest = Manifest.parse(
      JSON.parse(await readFile(path.join(MODULES_DIR, directory, 'package.json'), 'utf8')),
    );
    found.set(directory, `${name}@${manifest.version}`);
    for (const dependency of Object.keys(manifest.dependencies)) {
      // npm lists an optional dependency in both places.
      await visit(dependency, directory, dependency in manifest.optionalDependencies);
    }
    for (const dependency of Object.keys(manifest.optionalDependencies))
      await visit(dependency, directory, true);
  };
  for (const root of roots) await visit(root, '', false);
  return new Map([...found].sort(([a], [b]) => a.localeCompare(b)));
}

/** Node's look-up, inwards out: a package's own node_modules first. Paths are relative to the project's node_modules. */
function resolveFrom(name: string, from: string): string | undefined {
  const nestings = from === '' ? [] : from.split('/node_modules/');
  for (let depth = nestings.length; depth >= 0; depth -= 1) {
    const directory = [...nestings.slice(0, depth), name].join('/node_modules/');
    if (existsSync(path.join(MODULES_DIR, directory, 'package.json'))) return directory;
  }
  return undefined;
}

function isKept(file: string, architecture: LayerArchitecture): boolean {
  const parts = file.split(path.sep);
  // Nested packages are in the closure themselves if they are needed.
  if (parts[0] === 'node_modules') return false;
  if (parts[0] !== 'prebuilds' || parts.length === 1) return true;
  if (parts[1] !== `linux-${architecture}`) return false;
  return parts.length === 2 || file.endsWith('.node');
}

async function refuseMissingPrebuilds(
  assembled: string,
  packages: ReadonlyMap<string, string>,
  architecture: LayerArchitecture,
): Promise<void> {
  for (const [directory, name] of packages) {
    const prebuilds = path.join(MODULES_DIR, directory, 'prebuilds');
    if (!existsSync(prebuilds)) continue;
    const offered = (await readdir(prebuilds, { recursive: true })).some((file) => file.endsWith('.node'));
    if (offered && !existsSync(path.join(assembled, directory, 'prebuilds', `linux-${architecture}`))) {
      throw new Error(
        `${name} brings no binary for linux-${architecture}: the hypercore layer would not load there. Pin a version that does.`,
      );
    }
  }
}

/** The only symbol for which rocksdb-native's prebuilt file asks for a newer libstdc++ than Lambda has. */
const WAIT = '_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE';

/**
 * `std::condition_variable::wait` got a second version in GCC 12 (GLIBCXX_3.4.30: it may throw); every libstdc++
 * since GCC 4.4 has the first one (3.4.11). Amazon Linux 2023 has GCC 11's. So the layer's copies ask for the first:
 * nothing else is touched, and a file that needs anything newer besides stays as it is, for synth to refuse.
 */
async function settleForOlderLibrary(assembled: string): Promise<void> {
  for (const name of await readdir(assembled, { recursive: true })) {
    if (!name.endsWith('.node')) continue;
    const file = path.join(assembled, name);
    const bytes = await readFile(file);
    const elf = readElf(bytes);
    if ('unreadable' in elf) continue;
    const newer = elf.needed.find(({ version }) => version === 'GLIBCXX_3.4.30');
    const older = elf.needed.find(({ version }) => version === 'GLIBCXX_3.4.11');
    if (!newer || !older || !newer.symbols.every((symbol) => symbol === WAIT)) continue;
    await writeFile(file, askForOtherVersion(bytes, newer, older));
  }
}

/**
 * Every native part has to load and work, and nothing may come from the project's node_modules, which lies above the
 * layer and would hide a forgotten package.
 */
const TRY = `
  const [modules, storage] = process.argv.slice(1);
  const Hypercore = require(modules + '/hypercore');
  require(modules + '/hypercore-storage');
  (async () => {
    const core = new Hypercore(storage);
    await core.append('kept');
    if (String(await core.get(0)) !== 'kept') throw new Error('hypercore reads another block than was written');
    await core.close();
    const strangers = Object.keys(require.cache).filter((file) => !file.startsWith(modules));
    if (strangers.length > 0) throw new Error('not in the layer: ' + strangers.join(', '));
  })();
`;

/** Loads, every symbol at once, and uses what was assembled, by Lambda's Node. */
async function tryIt(modules: string): Promise<void> {
  const storage = await mkdtemp(path.join(tmpdir(), 'shhh-try-hypercore-'));
  try {
    await runCommand(findLambdaNode().binary, ['-e', TRY, modules, storage], {
      env: { ...process.env, LD_BIND_NOW: '1' },
    });
  } finally {
    await rm(storage, { recursive: true, force: true });
  }
}
