/** Where the local cloud differs from the template although nothing is wrong with either. */
export interface KnownDifference {
  readonly type: string;
  /** The property and all below it. */
  readonly property: string;
  /** Why the emulator cannot hold it. */
  readonly reason: string;
  /** What makes sure of it instead. */
  readonly coveredBy: string;
}

/** Short on purpose: an entry that no longer matches anything makes the check fail. Also told in docs/local-cloud.md. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [];
