/** One batch of queue messages, from reading to quarantine: which of them are done, and what was found. */
import type { Finding } from '../../contracts/finding.ts';
import type { EntryBatch } from '../../contracts/ingest.ts';
import { toQuarantineItem, type RetentionDays } from '../../contracts/quarantine.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import type { Detector } from './detector.ts';
import { detect, entriesIn, type Detection } from './detect.ts';
import type { EvidenceSealer, Fingerprinter, Quarantine, Rejects, ScanRecord } from './ports.ts';

export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  /** What it holds, or why it holds nothing that this version can read; the reason quotes nothing of it. */
  readonly batches: Result<readonly EntryBatch[], string>;
}

export interface ScanMessagesDependencies {
  readonly scanner: Detector;
  readonly fingerprinter: Fingerprinter;
  readonly quarantine: Quarantine;
  readonly evidence: EvidenceSealer;
  readonly rejects: Rejects;
  readonly clock: Clock;
  readonly record: ScanRecord;
  readonly retentionDays: RetentionDays;
}

export interface QuarantinedFinding {
  readonly finding: Finding;
  /** False where an earlier attempt or a duplicate message had it already. */
  readonly isNew: boolean;
  /** From the entry's time to the write's answer, in milliseconds. */
  readonly latencyMs: number;
}

export interface MessageOutcome {
  readonly messageId: string;
  /** Where not ok, the message must be tried again. */
  readonly result: Result<
    readonly QuarantinedFinding[],
    { readonly step: ScanStep; readonly cause: unknown }
  >;
  readonly entries: number;
  /** Set where the message was put aside as unreadable: why. */
  readonly rejected?: string;
}
export type ScanStep = 'reject' | 'scan' | 'fingerprint' | 'quarantine' | 'record';

/** Writes in flight at once: enough to hide a round trip, too few to throttle a table. */
const CONCURRENT_WRITES = 16;

/** Scans all messages in one pass, then quarantines each one's findings; one message's trouble stays its own. */
export async function scanMessages(
  messages: readonly QueueMessage[],
  dependencies: ScanMessagesDependencies,
): Promise<readonly MessageOutcome[]> {
  const scanned = scanAll(messages, dependencies);
  const fingerprints = await fingerprintAll(scanned, dependencies.fingerprinter);
  const limit = limiter(CONCURRENT_WRITES);
  const outcomes = await Promise.all(
    messages.map(async (message): Promise<MessageOutcome> => {
      if (!message.batches.ok) return reject(message, message.batches.error, dependencies.rejects);
      const entries = entriesIn(message.batches.value);
      const detections = scanned.get(message) ?? err(new Error('The message was not scanned.'));
      const outcome = { messageId: message.messageId, entries };
      if (!detections.ok) return { ...outcome, result: err({ step: 'scan', cause: detections.error }) };
      if (detections.value.length === 0) return { ...outcome, result: ok([]) };
      if (!fingerprints.ok)
        return { ...outcome, result: err({ step: 'fingerprint', cause: fingerprints.error }) };
      try {
        const written = detections.value.map((detection) =>
          limit(() => store(detection, fingerprints.value, dependencies)),
        );
        return { ...outcome, result: ok(await Promise.all(written)) };
      } catch (cause) {
        return { ...outcome, result: err({ step: 'quarantine', cause }) };
      }
    }),
  );
  return recordScanned(messages, outcomes, dependencies.record);
}

/**
 * Records the messages that are done. If that fails they are tried again, so that the figures of the day stay exact:
 * what they found rests in the quarantine already and is not found twice.
 */
async function recordScanned(
  messages: readonly QueueMessage[],
  outcomes: readonly MessageOutcome[],
  record: ScanRecord,
): Promise<readonly MessageOutcome[]> {
  const done = messages.flatMap(({ batches }, index) =>
    batches.ok && outcomes[index]?.result.ok ? batches.value : [],
  );
  if (done.length === 0) return outcomes;
  try {
    await record.scanned(done);
    return outcomes;
  } catch (cause) {
    return outcomes.map((outcome, index) =>
      messages[index]?.batches.ok && outcome.result.ok
        ? { ...outcome, result: err({ step: 'record', cause }) }
        : outcome,
    );
  }
}

type Scanned = ReadonlyMap<QueueMessage, Result<readonly Detection[], unknown>>;

function scanAll(
  messages: readonly QueueMessage[],
  { scanner, clock }: Pick<ScanMessagesDependencies, 'scanner' | 'clock'>,
): Scanned {
  const readable = messages.flatMap((message) =>
    message.batches.ok ? [{ message, batches: message.batches.value }] : [],
  );
  const now = clock.now();
  try {
    const found = detect(
      readable.flatMap(({ batches }) => batches),
      scanner,
      now,
    );
    let next = 0;
    return new Map(
      readable.map(({ message, batches }) => [
        message,
        ok(found.slice(next, (next += batches.length)).flat()),
      ]),
    );
  } catch {
    // Something in one message broke the scan: find out in which, so that the others are not held up.
    const one = (batches: readonly EntryBatch[]): Result<readonly Detection[], unknown> => {
      try {
        return ok(detect(batches, scanner, now).flat());
      } catch (cause) {
        return err(cause);
      }
    };
    return new Map(readable.map(({ message, batches }) => [message, one(batches)]));
  }
}

async function fingerprintAll(
  scanned: Scanned,
  fingerprinter: Fingerprinter,
): Promise<Result<(secret: Redacted) => string, unknown>> {
  const distinct = new Map<string, Redacted>();
  for (const detections of scanned.values())
    if (detections.ok)
      for (const { secrets } of detections.value)
        for (const secret of secrets) distinct.set(secret.reveal(), secret);
  try {
    const made = distinct.size === 0 ? [] : await fingerprinter.fingerprint([...distinct.values()]);
    const bySecret = new Map([...distinct.keys()].map((secret, index) => [secret, made[index]]));
    return ok((secret) => {
      const fingerprint = bySecret.get(secret.reveal());
      if (fingerprint === undefined) throw new Error('A secret was not fingerprinted.');
      return fingerprint;
    });
  } catch (cause) {
    return err(cause);
  }
}

async function store(
  detection: Detection,
  fingerprintOf: (secret: Redacted) => string,
  { quarantine, evidence, clock, retentionDays }: ScanMessagesDependencies,
): Promise<QuarantinedFinding> {
  const finding = detection.toFinding(fingerprintOf);
  const secret = detection.secrets.find((each) => fingerprintOf(each) === finding.fingerprint);
  // Before the finding: who is told of it finds what it needs.
  if (secret !== undefined) await evidence.seal(finding, secret);
  const stored = await quarantine.put(toQuarantineItem(finding, retentionDays[finding.severity]));
  return { finding, isNew: stored === 'stored', latencyMs: clock.now() - detection.leakedAt };
}

async function reject(message: QueueMessage, reason: string, rejects: Rejects): Promise<MessageOutcome> {
  const outcome = { messageId: message.messageId, entries: 0, rejected: reason };
  try {
    await rejects.put(message.body, reason);
    return { ...outcome, result: ok([]) };
  } catch (cause) {
    return { ...outcome, result: err({ step: 'reject', cause }) };
  }
}

/** Runs at most so many tasks at once, in the order they came. */
function limiter(atOnce: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= atOnce) await new Promise<void>((resume) => void waiting.push(resume));
    running += 1;
    try {
      return await task();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}
