import type { Head, Resume } from './checkpoint.ts';
import type { Peer, Suspicion } from './ports.ts';

/** Entries `[seqStart, seqEnd)` of one log. */
export interface ShippedWindow {
  readonly core: string;
  readonly fork: number;
  readonly seqStart: number;
  readonly seqEnd: number;
}

/** What the engine does, told to whoever writes logs and metrics. No entry's content is in it. */
export type ShipEvent =
  | { readonly kind: 'connected'; readonly peer: Peer; readonly head: Head }
  | { readonly kind: 'resumed'; readonly core: string; readonly head: Head; readonly resume: Resume }
  | {
      readonly kind: 'shipped';
      /** What left together and was accepted, by log. */
      readonly windows: readonly ShippedWindow[];
      readonly messages: number;
      /** As they went to the queue, and before they were compressed. */
      readonly bytes: number;
      readonly contentBytes: number;
      /** From the first of the entries being known to exist to the queue having accepted the last. */
      readonly lagMs: number;
    }
  | {
      readonly kind: 'truncated';
      readonly core: string;
      readonly fork: number;
      /** Everything from here on is shipped as it is now. */
      readonly newLength: number;
      readonly shippedLength: number;
    }
  | { readonly kind: 'troubled'; readonly peer: Peer; readonly error: unknown; readonly retryInMs: number }
  /** Entries of types that the operator excluded, how many of each. */
  | {
      readonly kind: 'excluded';
      readonly core: string;
      readonly excluded: ReadonlyMap<string, number>;
    }
  /** Entries `[from, to)` are no more and were never shipped: files that were rotated away too soon. */
  | { readonly kind: 'gone'; readonly core: string; readonly from: number; readonly to: number }
  /** A log or its peer did what no sound one does. */
  | { readonly kind: 'suspected'; readonly suspicion: Suspicion }
  | { readonly kind: 'lease-acquired'; readonly token: number; readonly waitedMs: number }
  | { readonly kind: 'lease-lost'; readonly token: number }
  /** A registered peer is not followed, since its entry cannot be read. */
  | { readonly kind: 'peer-refused'; readonly why: string }
  /** Something beside the way of the entries failed; it is tried again. */
  | {
      readonly kind: 'degraded';
      readonly what: 'peer-directory' | 'status' | 'lease' | 'suspicions';
      readonly error: unknown;
    };

export type Observe = (event: ShipEvent) => void;
