import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { layerDirectory } from '../../lib/platform/layer-paths.ts';
import { BUILD_DIR, findLambdaNode, hostArchitecture, MODULES_DIR, type Log } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { startStopwatch } from '../support/stopwatch.ts';

const COMPILER = '@myriaddreamin/typst-ts-node-compiler';
/** Packages with fonts, and of each the faces that a report names; the rest of them is 8 MB. */
const FONTS = {
  '@expo-google-fonts/ibm-plex-sans': ['400Regular', '400Regular_Italic', '600SemiBold'],
  '@expo-google-fonts/ibm-plex-mono': ['400Regular'],
} as const;
/** Raise it when this file changes what it builds: layers made before are then built again. */
const RECIPE = 1;

const manifest = z.object({ version: z.string() });

/** The only processor of Lambda's that this version's binary is published for: the function that uses it runs there. */
const ARCHITECTURE = 'x64';

/** Copies Typst's compiler, its binary for Lambda and the fonts of reports from node_modules, as locked. */
export async function prepareTypstLayer(log: Log): Promise<void> {
  const layer = layerDirectory('typst', ARCHITECTURE);
  const stampFile = `${layer}.stamp`;
  const { version } = manifest.parse(
    JSON.parse(await readFile(path.join(MODULES_DIR, COMPILER, 'package.json'), 'utf8')),
  );
  const stamp = `${COMPILER} ${version}, ${ARCHITECTURE}, recipe ${RECIPE}\n`;
  if (existsSync(layer) && existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === stamp) return;

  const elapsed = startStopwatch();
  await mkdir(path.join(BUILD_DIR, 'tmp'), { recursive: true });
  const workshop = await mkdtemp(path.join(BUILD_DIR, 'tmp', 'typst-'));
  try {
    const assembled = path.join(workshop, 'layer', 'nodejs', 'node_modules');
    const binary = `${COMPILER}-linux-${ARCHITECTURE}-gnu`;
    await cp(path.join(MODULES_DIR, COMPILER), path.join(assembled, COMPILER), { recursive: true });
    await cp(await packageOf(binary, version, workshop), path.join(assembled, binary), { recursive: true });
    for (const [name, faces] of Object.entries(FONTS))
      for (const kept of [...faces, 'LICENSE_FONT', 'package.json'])
        await cp(path.join(MODULES_DIR, name, kept), path.join(assembled, name, kept), { recursive: true });
    if (hostArchitecture() === ARCHITECTURE) await tryIt(assembled);
    await rm(layer, { recursive: true, force: true });
    await mkdir(path.dirname(layer), { recursive: true });
    await rename(path.join(workshop, 'layer'), layer);
    await writeFile(stampFile, stamp);
    log(`typst layer (${ARCHITECTURE}): ready (${elapsed()})`);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** Where a package lies: npm installs binaries of this machine's kind only, and is asked for the other. */
async function packageOf(name: string, version: string, workshop: string): Promise<string> {
  const installed = path.join(MODULES_DIR, name);
  if (existsSync(installed)) return installed;
  await runCommand('npm', ['pack', '--silent', `${name}@${version}`], { cwd: workshop });
  const archive = (await readdir(workshop)).find((file) => file.endsWith('.tgz'));
  if (archive === undefined)
    throw new Error(`npm brought no ${name}@${version}, which the typst layer needs.`);
  await runCommand('tar', ['xzf', archive], { cwd: workshop });
  return path.join(workshop, 'package');
}

const TRY = `
  const { NodeCompiler } = require(process.argv[1] + '/${COMPILER}');
  const compiler = NodeCompiler.create({ fontArgs: [{ fontPaths: [process.argv[1] + '/@expo-google-fonts'] }] });
  if (compiler.pdf({ mainFileContent: 'a' }).length < 100) throw new Error('typst made no PDF');
  const strangers = Object.keys(require.cache).filter((file) => !file.startsWith(process.argv[1]));
  if (strangers.length > 0) throw new Error('not in the layer: ' + strangers.join(', '));
`;

/** Loads, every symbol at once, and uses what was assembled, by Lambda's Node. */
async function tryIt(modules: string): Promise<void> {
  await runCommand(findLambdaNode().binary, ['-e', TRY, modules], {
    env: { ...process.env, LD_BIND_NOW: '1' },
  });
}
