import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readElf, type ElfFacts } from './elf.ts';
import { layerDirectory, type LayerArchitecture, type LayerName } from './layer-paths.ts';

/** Where a layer has to load: Lambda's Node 24 on Amazon Linux 2023. */
const LAMBDA = {
  nodeAbi: 137,
  /** The newest symbol versions that the image's libraries offer: glibc 2.34, libstdc++ of GCC 11. */
  newest: { GLIBC: '2.34', GLIBCXX: '3.4.29', CXXABI: '1.3.13' },
} as const;

const MACHINES: Record<LayerArchitecture, { readonly elf: number; readonly lambda: string }> = {
  x64: { elf: 62, lambda: 'x86_64' },
  arm64: { elf: 183, lambda: 'arm64' },
};

/**
 * Says of every native file in a layer whether Lambda could load it.
 * @param directory what Lambda would unpack to `/opt`
 * @returns one sentence for each problem, with the file it is about; empty if the layer would load
 */
function problemsOfLayer(directory: string, architecture: LayerArchitecture): string[] {
  const addons = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.node'),
  );
  if (addons.length === 0) return ['it holds no native file at all: its build did not finish'];
  return addons.flatMap((file) =>
    problemsOfAddon(readFileSync(path.join(directory, file)), architecture).map(
      (problem) => `${file}: ${problem}`,
    ),
  );
}

/** @returns one sentence for each reason why Lambda could not load this Node addon */
export function problemsOfAddon(bytes: Buffer, architecture: LayerArchitecture): string[] {
  const elf = readElf(bytes);
  if ('unreadable' in elf) return [elf.unreadable];
  return [...machineProblems(elf, architecture), ...abiProblems(elf), ...versionProblems(elf)];
}

function machineProblems({ machine }: ElfFacts, architecture: LayerArchitecture): string[] {
  if (machine === MACHINES[architecture].elf) return [];
  const built =
    Object.values(MACHINES).find(({ elf }) => elf === machine)?.lambda ?? `ELF machine ${machine}`;
  return [`it is built for ${built}, and the function runs on ${MACHINES[architecture].lambda}`];
}

/** An addon registers for one Node ABI, or by Node-API, which every Node understands. */
function abiProblems({ defines, imports }: ElfFacts): string[] {
  if (defines.has('napi_register_module_v1') || imports.has('napi_module_register')) return [];
  const abis = [...defines].flatMap((symbol) => /^node_register_module_v(\d+)$/.exec(symbol)?.[1] ?? []);
  if (abis.length === 0) return ['it registers no Node addon'];
  if (abis.includes(String(LAMBDA.nodeAbi))) return [];
  return [`it is built for Node ABI ${abis.join(', ')}, and Lambda's Node 24 has ABI ${LAMBDA.nodeAbi}`];
}

function versionProblems({ needed }: ElfFacts): string[] {
  return Object.entries(LAMBDA.newest).flatMap(([library, newest]) => {
    const highest = needed
      .filter(({ version }) => version.startsWith(`${library}_`))
      .map(({ version }) => version.slice(library.length + 1))
      .filter((version) => /^[\d.]+$/.test(version))
      .sort(compareVersions)
      .at(-1);
    if (highest === undefined || compareVersions(highest, newest) <= 0) return [];
    return [
      `it needs ${library} ${highest}, and Amazon Linux 2023 offers ${newest}: build it on an older system, such as Debian 12`,
    ];
  });
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/**
 * Why a layer cannot be deployed, as a message for a person.
 * @param directoryOf where layers are looked for
 * @returns undefined if it can
 */
export function refusalOf(
  name: LayerName,
  architecture: LayerArchitecture,
  directoryOf = layerDirectory,
): string | undefined {
  const directory = directoryOf(name, architecture);
  const shown = path.relative(process.cwd(), directory);
  const { lambda } = MACHINES[architecture];
  const build = `npm run setup -- --arch ${architecture}`;
  if (!existsSync(directory)) {
    const other: LayerArchitecture = architecture === 'arm64' ? 'x64' : 'arm64';
    return (
      `The ${name} layer for ${lambda} is missing (${shown}). Build it: ${build}` +
      (existsSync(directoryOf(name, other))
        ? `\nThe one for ${MACHINES[other].lambda} is there: to run every function on that, add -c architecture=${MACHINES[other].lambda}`
        : '')
    );
  }
  const problems = problemsOfLayer(directory, architecture);
  if (problems.length === 0) return undefined;
  return (
    `The ${name} layer for ${lambda} (${shown}) would not load on Lambda:\n` +
    problems.map((problem) => `  - ${problem}`).join('\n') +
    `\nDelete the directory and build it again: ${build}`
  );
}
