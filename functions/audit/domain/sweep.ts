/** Deletes what lies beside the log and has expired: salt and content go, the entry and every proof stay as they are. */
import { toIso, type Clock } from '../../kernel/clock.ts';

export interface ExpiredBeside {
  /** @param before a UTC day, `2026-11-21` @returns paths of what expired on a day before it, at most `most` of them */
  page(before: string, most: number): Promise<readonly string[]>;
  /** @throws where one of them could not be deleted */
  delete(paths: readonly string[]): Promise<void>;
}

/** S3 lists and deletes so many at once. */
const PAGE = 1000;

/** @param goOn asked before each page: whether there is time for it @returns how many were deleted, and whether it was all */
export async function sweep(
  beside: ExpiredBeside,
  clock: Clock,
  goOn: () => boolean,
): Promise<{ readonly deleted: number; readonly finished: boolean }> {
  const today = toIso(clock.now()).slice(0, 10);
  let deleted = 0;
  while (goOn()) {
    const paths = await beside.page(today, PAGE);
    if (paths.length === 0) return { deleted, finished: true };
    await beside.delete(paths);
    deleted += paths.length;
  }
  return { deleted, finished: false };
}
