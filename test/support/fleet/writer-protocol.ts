/** What a writer's process and its parent say to each other, over Node's IPC channel alone: secrets pass here. */
import type { PlantedSecret } from './leaks.ts';

/** `id` comes back in the answer. */
export type WriterCommand =
  | ({ readonly op: 'append'; readonly id: number } & AppendPlan)
  | { readonly op: 'append-raw'; readonly id: number; readonly blocksBase64: readonly string[] }
  | { readonly op: 'truncate'; readonly id: number; readonly newLength: number }
  | { readonly op: 'stop'; readonly id: number };

export interface AppendPlan {
  readonly entries: number;
  /** So many of them, evenly spread, carry a leak; every type in turn. */
  readonly leaks?: number;
  /** Without it, as fast as it goes. */
  readonly perSecond?: number;
  /** Entries of one append. Default: 100, or a fiftieth of a second's worth. */
  readonly batch?: number;
}

export interface Planted extends PlantedSecret {
  readonly core: string;
  readonly fork: number;
  readonly seq: number;
  /** When the append returned, milliseconds since the epoch. */
  readonly appendedAt: number;
}

/** Entries `[from, to)` were appended. */
export interface Appended {
  readonly fork: number;
  readonly from: number;
  readonly to: number;
  readonly appendedAt: number;
}

export type WriterReport =
  | {
      readonly event: 'ready';
      readonly core: string;
      readonly port: number;
      readonly length: number;
      readonly fork: number;
    }
  | ({ readonly event: 'appended' } & Appended)
  | ({ readonly event: 'planted' } & Planted)
  | { readonly event: 'done'; readonly id: number; readonly fork: number; readonly length: number }
  | { readonly event: 'failed'; readonly id: number; readonly reason: string };
