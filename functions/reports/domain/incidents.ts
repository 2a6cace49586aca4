/** What became of each leaked credential: from the entries that name the same fingerprint, case or finding. */
import { fromIso } from '../../kernel/clock.ts';
import type { Period } from './evaluate.ts';
import type { LogEntry } from './log-entry.ts';
import { memberOf } from './select-entries.ts';

/** A leaked credential, milliseconds since the epoch each; absent what the log does not tell of. */
export interface Incident {
  readonly fingerprint: string;
  readonly secretType: string;
  /** The highest of its findings. */
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
  /** When the authority was told of a breach of personal data. */
  readonly notifiedAt?: number;
  /** How it ended, or stands. */
  readonly outcome: string;
}

/** Findings of the first two are incidents. */
const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'];
const SEVERE = 2;
/** A rotation names the finding that it is about, which is one of the first: it replaces what leaked. */
const FINDINGS_KEPT = 4;
const REPLACED = new Set(['promoted', 'retired']);

type Milestone = 'reviewedAt' | 'containedAt' | 'revokedAt' | 'provenDeadAt' | 'notifiedAt';

/** What is kept of a secret, whichever of its entries comes first. */
interface Growing {
  readonly fingerprint: string;
  findings: number;
  /** Place in {@link SEVERITIES}. */
  severity: number;
  /** The earliest, in the order of time. */
  first: Found[];
  readonly milestones: Milestoned[];
}

interface Found {
  readonly at: number;
  readonly seq: number;
  readonly findingId: string;
  readonly secretType: string;
  readonly redactedKey: string;
}

interface Milestoned {
  readonly at: number;
  readonly seq: number;
  readonly reached: readonly Milestone[];
  readonly outcome: string;
}

const byTime = (a: { at: number; seq: number }, b: { at: number; seq: number }): number =>
  a.at - b.at || a.seq - b.seq;

/** Gathers the severe leaks of a period, from entries in any order. */
export class Incidents {
  readonly #period: Period;
  /** By the 32 digits of the fingerprint that name its case. */
  readonly #byCase = new Map<string, Growing>();
  /** By finding, when what it is about was replaced. */
  readonly #replaced = new Map<string, number[]>();

  constructor(period: Period) {
    this.#period = period;
  }

  take(entry: LogEntry): void {
    const at = fromIso(entry.time);
    if (at === undefined || at < this.#period.from) return;
    switch (entry.type) {
      case 'finding':
        this.#found(entry, at);
        return;
      case 'review':
        this.#reached(entry, at, ['reviewedAt'], textOf(entry, 'data.decision'));
        return;
      case 'revocation':
        this.#revoked(entry, at);
        return;
      case 'security.event':
        if (textOf(entry, 'data.category') === 'breach.notified')
          this.#reached(entry, at, ['notifiedAt'], '');
        return;
      case 'rotation': {
        const findingId = textOf(entry, 'data.details.finding_id');
        if (findingId === '' || !REPLACED.has(textOf(entry, 'data.outcome'))) return;
        this.#replaced.set(findingId, [...(this.#replaced.get(findingId) ?? []), at]);
      }
    }
  }

  #found(entry: LogEntry, at: number): void {
    const fingerprint = textOf(entry, 'data.details.fingerprint');
    if (fingerprint === '' || at >= this.#period.until) return;
    const found = this.#of(fingerprint.slice(0, 32), fingerprint);
    found.findings += 1;
    const severity = SEVERITIES.indexOf(textOf(entry, 'data.severity'));
    if (severity >= 0) found.severity = Math.min(found.severity, severity);
    found.first.push({
      at,
      seq: entry.seq,
      findingId: textOf(entry, 'data.finding_id'),
      secretType: textOf(entry, 'data.secret_type') || 'unknown',
      redactedKey: textOf(entry, 'data.redacted_key'),
    });
    found.first = found.first.sort(byTime).slice(0, FINDINGS_KEPT);
  }

  #revoked(entry: LogEntry, at: number): void {
    const step = textOf(entry, 'data.step');
    const reached: readonly Milestone[] =
      step === 'contained'
        ? ['containedAt']
        : step === 'revoked'
          ? ['revokedAt']
          : step === 'proven_dead'
            ? ['revokedAt', 'provenDeadAt']
            : [];
    if (step !== '') this.#reached(entry, at, reached, step);
  }

  /** These are about a case, which is their subject. */
  #reached(entry: LogEntry, at: number, reached: readonly Milestone[], outcome: string): void {
    const [, digits] = /^case_([0-9a-f]{32})$/.exec(entry.subject) ?? [];
    if (digits !== undefined) this.#of(digits).milestones.push({ at, seq: entry.seq, reached, outcome });
  }

  #of(digits: string, fingerprint?: string): Growing {
    const known = this.#byCase.get(digits);
    if (known !== undefined && (fingerprint === undefined || known.fingerprint !== '')) return known;
    const grown = {
      ...(known ?? { findings: 0, severity: SEVERITIES.length, first: [], milestones: [] }),
      fingerprint: fingerprint ?? '',
    };
    this.#byCase.set(digits, grown);
    return grown;
  }

  /** In the order in which they were detected. */
  all(): Incident[] {
    return [...this.#byCase.values()]
      .filter(({ severity }) => severity < SEVERE)
      .flatMap((grown) => this.#incident(grown))
      .sort((a, b) => a.detectedAt - b.detectedAt || a.firstSeq - b.firstSeq);
  }

  #incident({ fingerprint, findings, severity, first, milestones }: Growing): Incident[] {
    const [detected] = first;
    if (detected === undefined) return [];
    const after = milestones.filter(({ at }) => at >= detected.at).sort(byTime);
    const replaced = first.flatMap(({ findingId }) => this.#replaced.get(findingId) ?? []);
    const when = (milestone: Milestone): number | undefined =>
      after.find(({ reached }) => reached.includes(milestone))?.at;
    return [
      {
        fingerprint,
        secretType: detected.secretType,
        severity: SEVERITIES[severity] ?? '',
        redactedKey: detected.redactedKey,
        findings,
        firstSeq: detected.seq,
        detectedAt: detected.at,
        ...presentOf({
          reviewedAt: when('reviewedAt'),
          containedAt: when('containedAt'),
          revokedAt: when('revokedAt'),
          provenDeadAt: when('provenDeadAt'),
          replacedAt: replaced.length > 0 ? Math.min(...replaced) : undefined,
          notifiedAt: when('notifiedAt'),
        }),
        outcome: after.findLast(({ outcome }) => outcome !== '')?.outcome ?? 'open',
      },
    ];
  }
}

/** Only the moments that came. */
function presentOf<K extends string>(
  times: Readonly<Record<K, number | undefined>>,
): Partial<Record<K, number>>;
function presentOf(times: Readonly<Record<string, number | undefined>>): Partial<Record<string, number>> {
  return Object.fromEntries(Object.entries(times).filter(([, at]) => at !== undefined));
}

/** Empty where it is no text. */
function textOf(entry: LogEntry, path: string): string {
  const value = memberOf(entry, path);
  return typeof value === 'string' ? value : '';
}
