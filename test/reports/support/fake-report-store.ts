import { foldersOf, type ReportStore } from '../../../functions/reports/domain/report-store.ts';

export interface FakeReportStore extends ReportStore {
  /** By their whole paths. */
  readonly files: Map<string, Uint8Array>;
  filesOf(folder: string): Map<string, Uint8Array>;
  /** The n-th file that is put from now on cannot be written. */
  breakAt(n: number | undefined): void;
}

/** Reports in memory. */
export function createFakeReportStore(): FakeReportStore {
  const files = new Map<string, Uint8Array>();
  let left: number | undefined;
  const below = (folder: string) => foldersOf([...files.keys()].filter((path) => path.startsWith(folder)));
  return {
    files,
    whole: async (folder) => below(folder).whole,
    unfinished: async (folder) => below(folder).unfinished,
    async put(folder, { path, bytes }) {
      if (left !== undefined) left -= 1;
      if (left === 0) throw new Error('broken off');
      if (files.has(folder + path)) throw new Error(`${folder}${path} is there already`);
      files.set(folder + path, bytes);
    },
    read: async (folder, name) => files.get(folder + name),
    locate: (folder, name) => `memory://${folder}${name}`,
    filesOf: (folder) =>
      new Map(
        [...files].flatMap(([path, bytes]) =>
          path.startsWith(folder) ? [[path.slice(folder.length), bytes] as const] : [],
        ),
      ),
    breakAt(n) {
      left = n;
    },
  };
}
