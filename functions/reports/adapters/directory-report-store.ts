import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isMissing } from '../../platform/directory-log-source.ts';
import { foldersOf } from '../domain/report-store.ts';
import type { ReportStore } from '../domain/report-store.ts';

/** Reports in a directory. */
export function createDirectoryReportStore(root: string): ReportStore {
  const folders = async (below: string) => {
    const names = await readdir(path.join(root, below), { recursive: true, withFileTypes: true }).catch(
      (error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      },
    );
    return foldersOf(
      names
        .filter((entry) => entry.isFile())
        .map((entry) =>
          path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'),
        ),
    );
  };
  return {
    whole: async (below) => (await folders(below)).whole,
    unfinished: async (below) => (await folders(below)).unfinished,
    async put(folder, { path: name, bytes }) {
      const file = path.join(root, folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      // Under its name only when it is there in whole.
      const part = `${file}.part`;
      await writeFile(part, bytes);
      // Fails where it is there already, as a bucket does; to rename would write over it.
      await link(part, file).finally(() => rm(part));
    },
    async read(folder, name) {
      try {
        return await readFile(path.join(root, folder, name));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    locate: (folder, name) => path.join(root, folder, name),
  };
}
