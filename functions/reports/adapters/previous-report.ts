import { datesBefore, type ZonedPeriod } from '../domain/period.ts';
import { MANIFEST_PATH, openManifest, type OpenNote } from '../domain/render/manifest.ts';
import { periodFolder, type ReportStore, type Verdicts } from '../domain/report-store.ts';

/** What the latest report on the period before said, if it is there and its manifest holds. */
export function createPreviousReports(
  store: ReportStore,
  open: OpenNote,
): (framework: string, period: ZonedPeriod) => Promise<Verdicts | undefined> {
  return async (framework, period) => {
    const found: { readonly madeAt: string; readonly verdicts: Verdicts }[] = [];
    for (const folder of await store.whole(periodFolder(framework, datesBefore(period)))) {
      const note = await store.read(folder, MANIFEST_PATH);
      const opened = note && openManifest(note, open);
      if (opened?.ok && opened.value.manifest.period.time_zone === period.timeZone)
        found.push({ madeAt: opened.value.manifest.made_at, verdicts: opened.value.manifest.verdicts });
    }
    return found.sort((a, b) => (a.madeAt < b.madeAt ? -1 : 1)).at(-1)?.verdicts;
  };
}
