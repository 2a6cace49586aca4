/** Where reports lie: a folder for each, and a report is there once its manifest is, which is written last. */
import { toIso } from '../../kernel/clock.ts';
import type { Verdict } from './evaluate.ts';
import type { ZonedPeriod } from './period.ts';
import type { ReportFile } from './render/forms.ts';
import { MANIFEST_PATH } from './render/manifest.ts';

export interface ReportStore {
  /** Folders of reports below a folder that have a manifest, in order of their names. */
  whole(below: string): Promise<readonly string[]>;
  /** Folders that have files, and no manifest: of a run that was broken off, or is at work. */
  unfinished(below: string): Promise<readonly string[]>;
  /** @throws where it cannot be written in whole, or is there already */
  put(folder: string, file: ReportFile): Promise<void>;
  /** @returns undefined where there is no such file */
  read(folder: string, name: string): Promise<Uint8Array | undefined>;
  /** How people come to a file: an S3 URI, a path. */
  locate(folder: string, name: string): string;
}

export type Verdicts = Readonly<Record<Verdict, number>>;

/** `pci-dss-4.0.1/2026-07-01_2026-10-01/`. */
export const periodFolder = (
  framework: string,
  { firstDate, endDate }: Pick<ZonedPeriod, 'firstDate' | 'endDate'>,
): string => `${framework}/${firstDate}_${endDate}/`;

/** `<report id>/`: all that was made of the same data. */
export const dataFolder = (framework: string, period: ZonedPeriod, id: string): string =>
  `${periodFolder(framework, period)}${id}/`;

/** `20261001T020000Z/`: two runs at once do not write into each other's folder. */
export const runFolder = (framework: string, period: ZonedPeriod, id: string, generatedAt: number): string =>
  `${dataFolder(framework, period, id)}${toIso(generatedAt).replaceAll(/[-:]|\.\d+/g, '')}/`;

/** Which folders are reports, by the paths of all files. */
export function foldersOf(paths: readonly string[]): {
  readonly whole: readonly string[];
  readonly unfinished: readonly string[];
} {
  const whole = new Set<string>();
  const seen = new Set<string>();
  for (const path of paths) {
    const at = path.lastIndexOf('/') + 1;
    seen.add(path.slice(0, at));
    if (path.slice(at) === MANIFEST_PATH) whole.add(path.slice(0, at));
  }
  return {
    whole: [...whole].sort(),
    unfinished: [...seen].filter((folder) => !whole.has(folder)).sort(),
  };
}
