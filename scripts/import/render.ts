import { table } from '../demo/table.ts';
import type { ImportReport } from './import-records.ts';

/** Places of a reason that are named; all of them stand in the report's file. */
const PLACES_SHOWN = 5;

/** What an import came to, and what was rejected why. */
export function renderImport(name: string, report: ImportReport, remove: boolean): string {
  const { records, imported, thereAlready, rejected, removed, findings, rejections, judged, unjudged } =
    report;
  const lines = [
    `${name}: ${records} records, ${findings} findings. ${imported} records imported, ${thereAlready} were there already, ${rejected} rejected.`,
    remove
      ? `${removed} records were removed from the source after they had been read back here; the rejected ones are still there.`
      : 'Nothing was removed from the source.',
    ...(judged > 0 ? [`${judged} cases brought their judgement along.`] : []),
    ...(unjudged.length > 0
      ? [`${unjudged.length} cases are not counted yet and wait for theirs: run the import again.`]
      : []),
  ];
  if (rejected === 0) return lines.join('\n');
  const reasons = [...Map.groupBy(rejections, ({ reason }) => reason)].map(([reason, all]) => [
    String(all.length),
    reason,
    all
      .slice(0, PLACES_SHOWN)
      .map(({ place }) => place)
      .join(', ') + (all.length > PLACES_SHOWN ? ', …' : ''),
  ]);
  return [...lines, '', ...table(['rejected', 'why', 'where'], reasons, [8, 60, 50])].join('\n');
}
