/** What a soak comes to: every planted leak against every finding, and how late each was found. */
import { judge, type PlantedLeak, type Quarantined } from '../demo/judge.ts';
import { percentile } from '../demo/percentile.ts';

export interface SoakLeak extends PlantedLeak {
  /** When the append returned, milliseconds since the epoch. */
  readonly appendedAt: number;
}

export interface SoakFinding extends Quarantined {
  readonly detectedAt: string;
  readonly fingerprint: string;
  readonly correlationId: string;
  readonly rule: string;
}

export interface Account {
  readonly planted: number;
  /** Planted leaks that were found. */
  readonly quarantined: number;
  /** Findings of a leak that another finding speaks of already. */
  readonly duplicates: number;
  /** Findings of what nobody planted. */
  readonly falseAlarms: readonly SoakFinding[];
  readonly lost: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** When each found leak was appended, and how long its finding took, in milliseconds. */
  readonly lags: readonly { readonly at: number; readonly ms: number }[];
}

/** Forks are not compared: what a truncation leaves is found under the fork in which it first came. */
export function account(planted: readonly SoakLeak[], findings: readonly SoakFinding[]): Account {
  const verdict = judge(
    planted.map((leak) => ({ ...leak, fork: 0 })),
    findings.map((found) => ({ ...found, fork: 0 })),
  );
  const known = new Set(verdict.caught.map(({ finding }) => identityOf(finding)));
  const { true: again = [], false: falseAlarms = [] } = Object.groupBy(verdict.falseAlarms, (finding) =>
    known.has(identityOf(finding)) ? 'true' : 'false',
  );
  const lags = verdict.caught.map(({ planted: leak, finding }) => ({
    at: leak.appendedAt,
    ms: Math.max(0, Date.parse(finding.detectedAt) - leak.appendedAt),
  }));
  const all = lags.map(({ ms }) => ms);
  return {
    planted: planted.length,
    quarantined: verdict.caught.length,
    duplicates: again.length,
    falseAlarms,
    lost: verdict.lost.length,
    p50Ms: percentile(all, 50) ?? 0,
    p99Ms: percentile(all, 99) ?? 0,
    lags,
  };
}

const identityOf = ({ core, position, fingerprint }: SoakFinding): string =>
  `${core}/${position}/${fingerprint}`;
