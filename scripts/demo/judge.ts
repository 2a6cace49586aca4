/** Compares what was planted in the logs with what lies in the quarantine. */
import type { QuarantineItem } from '../../functions/contracts/quarantine.ts';

/** A secret that was put into an entry on purpose. */
export interface PlantedLeak {
  readonly core: string;
  readonly fork: number;
  readonly seq: number;
  readonly secret: string;
}

/** What is read of a quarantined finding. */
export type Quarantined = Pick<QuarantineItem, 'core' | 'fork' | 'position' | 'redactedKey'>;

export interface Verdict<P, Q> {
  /** Each planted leak with the finding that caught it. */
  readonly caught: readonly { readonly planted: P; readonly finding: Q }[];
  /** Planted leaks that no finding speaks of. */
  readonly lost: readonly P[];
  /** Findings that speak of nothing planted. */
  readonly falseAlarms: readonly Q[];
}

/** Every finding can catch one leak: one in the same entry whose ends are those of its mask. */
export function judge<P extends PlantedLeak, Q extends Quarantined>(
  planted: readonly P[],
  quarantined: readonly Q[],
): Verdict<P, Q> {
  const open = Map.groupBy(quarantined, ({ core, fork, position }) => `${core}/${fork}/${position}`);
  const caught: { planted: P; finding: Q }[] = [];
  const lost: P[] = [];
  for (const leak of planted) {
    const there = open.get(`${leak.core}/${leak.fork}/${leak.seq}`) ?? [];
    const index = there.findIndex(({ redactedKey }) => hasEndsOf(redactedKey, leak.secret));
    const finding = index < 0 ? undefined : there.splice(index, 1)[0];
    if (finding) caught.push({ planted: leak, finding });
    else lost.push(leak);
  }
  return { caught, lost, falseAlarms: [...open.values()].flat() };
}

function hasEndsOf(mask: string, secret: string): boolean {
  const [head = '', ...rest] = mask.split(/\*+/);
  return secret.startsWith(head) && secret.endsWith(rest.at(-1) ?? '');
}
