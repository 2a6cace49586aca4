/** Old records into findings: scanned and redacted on the way, each written once, and taken out of the source only when it is there. */
import { createHash } from 'node:crypto';
import { IMPORTED_CORE, toQuarantineItem, type RetentionDays } from '../../functions/contracts/quarantine.ts';
import { detect } from '../../functions/detection/domain/detect.ts';
import type { Fingerprinter, Quarantine } from '../../functions/detection/domain/ports.ts';
import type { Detector } from '../../functions/detection/domain/detector.ts';
import type { Clock } from '../../functions/kernel/clock.ts';
import { err, ok, type Result } from '../../functions/kernel/result.ts';
import type { OldRecord } from './records.ts';
import type { Source } from './sources.ts';

export interface ImportDependencies {
  readonly scanner: Detector;
  readonly fingerprinter: Fingerprinter;
  readonly quarantine: Quarantine;
  /** Whether the finding can be read back. */
  readonly isThere: (findingId: string) => Promise<boolean>;
  readonly retentionDays: RetentionDays;
  readonly clock: Clock;
}

export interface ImportProgress {
  readonly records: number;
  readonly imported: number;
  readonly thereAlready: number;
  readonly rejected: number;
  readonly removed: number;
  readonly findings: number;
}

/** What was not imported, and why; never its content. */
export interface Rejection {
  readonly place: number;
  readonly reason: string;
}

export interface ImportReport extends ImportProgress {
  readonly rejections: readonly Rejection[];
}

/**
 * Imports a source from its beginning. After an interruption run it again: what is there already is recognised by its
 * content and not written twice, so the outcome is that of one run.
 * @param options `remove`: whether a record leaves the source once all its findings were read back here
 * @throws when the source, the key or the quarantine fails: nothing that was not confirmed has been removed
 */
export async function importRecords(
  source: Source,
  options: { readonly remove: boolean; readonly onProgress: (progress: ImportProgress) => void },
  dependencies: ImportDependencies,
): Promise<ImportReport> {
  const sum = { records: 0, imported: 0, thereAlready: 0, rejected: 0, removed: 0, findings: 0 };
  const rejections: Rejection[] = [];
  let removedOfPage = 0;
  for await (const page of source.pages(() => removedOfPage)) {
    removedOfPage = 0;
    for (const { place, record, remove } of page) {
      sum.records += 1;
      const outcome = record.ok ? await importOne(source.name, record.value, dependencies) : record;
      if (!outcome.ok) {
        sum.rejected += 1;
        rejections.push({ place, reason: outcome.error });
        continue;
      }
      sum.findings += outcome.value.findings;
      if (outcome.value.fresh > 0) sum.imported += 1;
      else sum.thereAlready += 1;
      if (!options.remove || remove === undefined) continue;
      await remove();
      removedOfPage += 1;
      sum.removed += 1;
    }
    options.onProgress(sum);
  }
  return { ...sum, rejections };
}

interface Imported {
  readonly findings: number;
  /** Of them, those that were not there before. */
  readonly fresh: number;
}

async function importOne(
  sourceName: string,
  old: OldRecord,
  { scanner, fingerprinter, quarantine, isThere, retentionDays, clock }: ImportDependencies,
): Promise<Result<Imported, string>> {
  const nowMs = clock.now();
  const seq = positionOf(old);
  const core = `${IMPORTED_CORE}${createHash('sha256').update(sourceName).digest('hex').slice(0, 16)}`;
  const entries = [{ seq, encoding: 'utf8' as const, body: old.logLine }];
  const batch = {
    version: 1 as const,
    core,
    fork: 0,
    seqStart: seq,
    seqEnd: seq + 1,
    shippedAt: nowMs,
    entries,
  };
  const detections = detect([batch], scanner, nowMs)[0] ?? [];
  if (detections.length === 0) return err('no rule finds a secret in it');
  const secrets = detections.flatMap((detection) => detection.secrets);
  const made = await fingerprinter.fingerprint(secrets);
  const fingerprints = new Map(secrets.map((secret, index) => [secret.reveal(), made[index]]));
  let fresh = 0;
  for (const detection of detections) {
    const finding = detection.toFinding((secret) => {
      const fingerprint = fingerprints.get(secret.reveal());
      if (fingerprint === undefined) throw new Error('A secret was not fingerprinted.');
      return fingerprint;
    });
    const days = retentionDays[finding.severity];
    // Kept from now on: by its own date it might be overdue on arrival.
    const { expiresAt } = toQuarantineItem(finding, days);
    const item = toQuarantineItem({ ...finding, detectedAt: old.timestamp }, days);
    const stored = await quarantine.put({ ...item, ...(expiresAt !== undefined && { expiresAt }) });
    if (stored === 'stored') fresh += 1;
    if (!(await isThere(finding.findingId)))
      throw new Error(`The finding ${finding.findingId} was written and cannot be read back.`);
  }
  return ok({ findings: detections.length, fresh });
}

/**
 * A record's place, from its content: 48 bits of a digest. The same record has the same place and thereby the same
 * findings, wherever the list has moved it to meanwhile.
 */
function positionOf({ timestamp, logLine }: OldRecord): number {
  return Number.parseInt(
    createHash('sha256').update(`${timestamp}\n${logLine}`).digest('hex').slice(0, 12),
    16,
  );
}
