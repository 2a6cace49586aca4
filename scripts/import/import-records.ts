/** Old records into findings: scanned and redacted on the way, each written once, and taken out of the source only when it is there. */
import { createHash } from 'node:crypto';
import { IMPORTED_CORE, toQuarantineItem, type RetentionDays } from '../../functions/contracts/quarantine.ts';
import { detect } from '../../functions/detection/domain/detect.ts';
import type { Fingerprinter, Quarantine } from '../../functions/detection/domain/ports.ts';
import type { Detector } from '../../functions/detection/domain/detector.ts';
import type { Clock } from '../../functions/kernel/clock.ts';
import { err, ok, type Result } from '../../functions/kernel/result.ts';
import { caseIdOf } from '../../functions/quarantine/domain/case.ts';
import type { OldRecord, OldReview } from './records.ts';
import type { Source } from './sources.ts';

export interface ImportDependencies {
  readonly scanner: Detector;
  readonly fingerprinter: Fingerprinter;
  readonly quarantine: Quarantine;
  /** Whether the finding can be read back. */
  readonly isThere: (findingId: string) => Promise<boolean>;
  readonly retentionDays: RetentionDays;
  readonly clock: Clock;
  /** Brings what a person had decided there to the case here, once the case is counted. */
  readonly judge: (
    caseId: string,
    review: OldReview,
  ) => Promise<'judged' | 'judged_before' | 'not_counted_yet'>;
}

export interface ImportProgress {
  readonly records: number;
  readonly imported: number;
  readonly thereAlready: number;
  readonly rejected: number;
  readonly removed: number;
  readonly findings: number;
  /** Cases that brought their judgement along. */
  readonly judged: number;
}

/** What was not imported, and why; never its content. */
export interface Rejection {
  readonly place: number;
  readonly reason: string;
}

export interface ImportReport extends ImportProgress {
  readonly rejections: readonly Rejection[];
  /** Cases whose judgement could not be brought along yet: run the import again. */
  readonly unjudged: readonly string[];
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
  const sum = { records: 0, imported: 0, thereAlready: 0, rejected: 0, removed: 0, findings: 0, judged: 0 };
  const reviews = new Map<string, OldReview>();
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
      for (const { caseId, review } of outcome.value.reviews)
        reviews.set(caseId, together(reviews.get(caseId), review));
      if (outcome.value.fresh > 0) sum.imported += 1;
      else sum.thereAlready += 1;
      // What brings a judgement along stays: it is not here before the end.
      if (!options.remove || remove === undefined || outcome.value.reviews.length > 0) continue;
      await remove();
      removedOfPage += 1;
      sum.removed += 1;
    }
    options.onProgress(sum);
  }
  const unjudged: string[] = [];
  for (const [caseId, review] of reviews) {
    const outcome = await dependencies.judge(caseId, review);
    if (outcome === 'judged') sum.judged += 1;
    else if (outcome === 'not_counted_yet') unjudged.push(caseId);
  }
  if (reviews.size > 0) options.onProgress(sum);
  return { ...sum, rejections, unjudged };
}

/** One secret is one case: where its records were judged differently, nobody knows. */
function together(before: OldReview | undefined, review: OldReview): OldReview {
  if (before === undefined || before.action === review.action) return review;
  return {
    action: 'uncertain',
    reviewer: review.reviewer,
    reason: `it was judged ${before.action} and ${review.action} in the older system`,
  };
}

interface Imported {
  readonly findings: number;
  /** Of them, those that were not there before. */
  readonly fresh: number;
  /** What was decided about the record, for each case that it belongs to. */
  readonly reviews: readonly { readonly caseId: string; readonly review: OldReview }[];
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
  const cases = new Set<string>();
  for (const detection of detections) {
    const finding = detection.toFinding((secret) => {
      const fingerprint = fingerprints.get(secret.reveal());
      if (fingerprint === undefined) throw new Error('A secret was not fingerprinted.');
      return fingerprint;
    });
    cases.add(caseIdOf(finding.fingerprint));
    const days = retentionDays[finding.severity];
    // Kept from now on: by its own date it might be overdue on arrival.
    const { expiresAt } = toQuarantineItem(finding, days);
    const item = toQuarantineItem({ ...finding, detectedAt: old.timestamp }, days);
    const stored = await quarantine.put({ ...item, ...(expiresAt !== undefined && { expiresAt }) });
    if (stored === 'stored') fresh += 1;
    if (!(await isThere(finding.findingId)))
      throw new Error(`The finding ${finding.findingId} was written and cannot be read back.`);
  }
  const review = old.review && withoutSecrets(old.review, scanner);
  return ok({
    findings: detections.length,
    fresh,
    reviews: review ? [...cases].map((caseId) => ({ caseId, review })) : [],
  });
}

/** A person's words may quote what they are about. */
function withoutSecrets(review: OldReview, scanner: Detector): OldReview {
  const clean = (text: string, otherwise: string) => (scanner.scan([text]).length > 0 ? otherwise : text);
  return {
    action: review.action,
    reviewer: clean(review.reviewer, 'unknown'),
    reason: clean(review.reason, 'the reason held a secret and was left out'),
  };
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
