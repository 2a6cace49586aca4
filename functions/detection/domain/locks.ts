/**
 * Rules that a human fixed. The built pack remembers each by a digest, and the next build refuses a pack in which one
 * was changed or taken away, whoever or whatever did it, until its lock is lifted in a build of its own.
 */
import { createHash } from 'node:crypto';
import type { RuleSource } from './pack.ts';

/** Digests of locked rules by name. */
export type Locks = Readonly<Record<string, string>>;

interface LockableRule {
  readonly name: string;
  readonly source: RuleSource;
}

export function locksOf(rules: readonly LockableRule[]): Locks {
  return Object.fromEntries(
    rules.filter(({ source }) => source.locked === true).map(({ name, source }) => [name, digestOf(source)]),
  );
}

/** @returns for each rule that breaks its lock, why */
export function brokenLocks(before: Locks, rules: readonly LockableRule[]): ReadonlyMap<string, string> {
  const now = new Map(rules.map(({ name, source }) => [name, source]));
  const broken = new Map<string, string>();
  for (const [name, digest] of Object.entries(before)) {
    const source = now.get(name);
    if (source === undefined)
      broken.set(name, 'the rule is locked and is no longer there; put it back, or lift its lock first');
    else if (digestOf(source) !== digest)
      broken.set(
        name,
        'the rule is locked and was changed; undo that, or set locked: false on the rule as it was, build, then change it',
      );
  }
  return broken;
}

/** What the lock protects: all but the lock itself and what is merely proposed. */
function digestOf({ locked: _locked, pending_updates: _proposed, ...kept }: RuleSource): string {
  const sorted = Object.fromEntries(Object.entries(kept).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}
