import path from 'node:path';

/** As Node and npm name it; Lambda says `x86_64` for `x64`. */
export type LayerArchitecture = 'x64' | 'arm64';
export type LayerName = 're2' | 'hypercore' | 'typst';

const PROJECT_ROOT = path.resolve(import.meta.dirname, '../..');

/** Where setup builds a layer and synth takes it from: the directory that Lambda unpacks to `/opt`. */
export function layerDirectory(name: LayerName, architecture: LayerArchitecture): string {
  return path.join(PROJECT_ROOT, '.build', 'layers', `${name}-${architecture}`);
}
