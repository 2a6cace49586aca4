/** What became of each leaked credential: from the entries that name the same fingerprint. */
import { fromIso } from '../../kernel/clock.ts';
import type { Period } from './evaluate.ts';
import type { LogEntry } from './log-entry.ts';
import { memberOf } from './select-entries.ts';

/** A leaked credential, milliseconds since the epoch each; absent what the log does not tell of. */
export interface Incident {
  readonly fingerprint: string;
  readonly secretType: string;
  readonly severity: string;
  /** As it is written with all but its ends cut out. */
  readonly redactedKey: string;
  readonly findings: number;
  readonly firstSeq: number;
  readonly detectedAt: number;
  readonly reviewedAt?: number;
  readonly containedAt?: number;
  readonly revokedAt?: number;
  readonly provenDeadAt?: number;
  readonly replacedAt?: number;
  /** How it ended, or stands. */
  readonly outcome: string;
}

type Growing = { -readonly [K in keyof Incident]: Incident[K] };

/** Findings of these are incidents. */
const SEVERE = new Set(['CRITICAL', 'HIGH']);

/** Gathers the incidents whose first finding lies in a period. */
export class Incidents {
  readonly #period: Period;
  readonly #byFingerprint = new Map<string, Growing>();

  constructor(period: Period) {
    this.#period = period;
  }

  take(entry: LogEntry): void {
    const fingerprint = memberOf(entry, 'data.details.fingerprint');
    const at = fromIso(entry.time);
    if (typeof fingerprint !== 'string' || at === undefined) return;
    if (entry.type === 'finding') this.#found(entry, fingerprint, at);
    const incident = this.#byFingerprint.get(fingerprint);
    if (incident === undefined || at < incident.detectedAt) return;
    if (entry.type === 'review') {
      incident.reviewedAt ??= at;
      incident.outcome = textOf(entry, 'data.decision') ?? incident.outcome;
    }
    if (entry.type === 'revocation') this.#revoked(incident, entry, at);
    if (entry.type === 'rotation' && memberOf(entry, 'data.outcome') === 'promoted')
      incident.replacedAt ??= at;
  }

  #found(entry: LogEntry, fingerprint: string, at: number): void {
    const severity = textOf(entry, 'data.severity') ?? '';
    const known = this.#byFingerprint.get(fingerprint);
    if (known !== undefined) {
      known.findings += 1;
      if (at < known.detectedAt) Object.assign(known, { detectedAt: at, firstSeq: entry.seq });
    } else if (SEVERE.has(severity) && at >= this.#period.from && at < this.#period.until) {
      this.#byFingerprint.set(fingerprint, {
        fingerprint,
        severity,
        secretType: textOf(entry, 'data.secret_type') ?? 'unknown',
        redactedKey: textOf(entry, 'data.redacted_key') ?? '',
        findings: 1,
        firstSeq: entry.seq,
        detectedAt: at,
        outcome: 'open',
      });
    }
  }

  #revoked(incident: Growing, entry: LogEntry, at: number): void {
    const step = textOf(entry, 'data.step') ?? '';
    incident.outcome = step === '' ? incident.outcome : step;
    if (step === 'contained') incident.containedAt ??= at;
    if (step === 'revoked') incident.revokedAt ??= at;
    if (step === 'proven_dead') {
      incident.revokedAt ??= at;
      incident.provenDeadAt ??= at;
    }
  }

  /** In the order in which they were detected. */
  all(): Incident[] {
    return [...this.#byFingerprint.values()].sort(
      (a, b) => a.detectedAt - b.detectedAt || a.firstSeq - b.firstSeq,
    );
  }
}

function textOf(entry: LogEntry, path: string): string | undefined {
  const value = memberOf(entry, path);
  return typeof value === 'string' ? value : undefined;
}
