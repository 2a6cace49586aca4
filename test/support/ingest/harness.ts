import type { ShipEvent } from '../../../functions/ingest/domain/events.ts';
import type { PackedMessage } from '../../../functions/ingest/domain/packing.ts';
import type {
  CheckpointStore,
  EntryQueue,
  Lease,
  Suspicion,
} from '../../../functions/ingest/domain/ports.ts';
import {
  SHIP_SETTINGS,
  ship,
  type ShipDeps,
  type ShipOutcome,
} from '../../../functions/ingest/domain/ship.ts';
import {
  createFakeCheckpointStore,
  createFakeEntryQueue,
  createFakeLease,
  FakePeerDirectory,
  FakeStatusBoard,
  type Advance,
  type QueueFault,
} from './fake-stores.ts';
import { createFakeLogSource, type FakeLog } from './fake-log.ts';
import { batchesIn } from './read-message.ts';
import { VirtualPacer } from './virtual-pacer.ts';

/** One accepted entry. */
export interface AcceptedEntry {
  readonly core: string;
  readonly fork: number;
  readonly seq: number;
  readonly bytes: Buffer;
}

/** Shippers, any number of them, over shared logs, stores and time; all of it in memory. */
export class Harness {
  readonly pacer = new VirtualPacer();
  readonly logs: readonly FakeLog[];
  readonly directory: FakePeerDirectory;
  readonly statuses = new FakeStatusBoard();
  readonly queueFaults: QueueFault[] = [];
  readonly accepted: AcceptedEntry[] = [];
  readonly messages: PackedMessage[] = [];
  readonly advances: Advance[] = [];
  readonly events: ShipEvent[] = [];
  readonly suspicions: Suspicion[] = [];
  /** Broken promises about a checkpoint, found when it was written. */
  readonly broken: string[] = [];
  readonly checkpoints: CheckpointStore;
  readonly queue: EntryQueue;
  readonly lease: Lease = createFakeLease();
  #shippers = 0;

  constructor(...logs: readonly FakeLog[]) {
    this.logs = logs;
    this.directory = new FakePeerDirectory(logs.map(({ peer }) => peer));
    this.checkpoints = createFakeCheckpointStore((advance) => this.#onAdvance(advance));
    this.queue = createFakeEntryQueue(this.queueFaults, (message) => this.#onAccepted(message));
  }

  /** Starts a shipper that runs for `ms`. What `overrides` replaces is this shipper's own. */
  start(ms: number, overrides: Partial<ShipDeps> = {}): Promise<ShipOutcome> {
    const deps: ShipDeps = {
      source: createFakeLogSource(this.logs, this.pacer),
      checkpoints: this.checkpoints,
      queue: this.queue,
      pacer: this.pacer,
      random: () => 0.5,
      observe: (event) => this.events.push(event),
      directory: this.directory,
      statuses: this.statuses,
      suspicions: { raise: async (suspicion) => void this.suspicions.push(suspicion) },
      lease: this.lease,
      holder: `shipper-${String(++this.#shippers)}`,
      ...overrides,
    };
    return ship(deps, SHIP_SETTINGS, this.pacer.now() + ms);
  }

  /** Runs one shipper for `ms` of its time. */
  run(ms: number, overrides: Partial<ShipDeps> = {}): Promise<ShipOutcome> {
    return this.pacer.run(this.start(ms, overrides));
  }

  eventsOf<K extends ShipEvent['kind']>(kind: K): Extract<ShipEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<ShipEvent, { kind: K }> => event.kind === kind);
  }

  /** Entries of the log, as it is now, that were never accepted as they are. */
  missing(log: FakeLog): number[] {
    const { core } = log.peer;
    const known = new Set(
      this.accepted.map((entry) => `${entry.core}.${entry.seq}.${entry.bytes.toString('hex')}`),
    );
    return log.entries.flatMap((bytes, seq) =>
      known.has(`${core}.${seq}.${bytes.toString('hex')}`) ? [] : [seq],
    );
  }

  #onAccepted(message: PackedMessage): void {
    this.messages.push(message);
    for (const { core, fork, entries } of batchesIn(message.body)) {
      for (const { seq, encoding, body } of entries) {
        this.accepted.push({ core, fork, seq, bytes: Buffer.from(body, encoding) });
      }
    }
  }

  /** A checkpoint promises that all before it was accepted, as it stood when its hash was taken. */
  #onAdvance(advance: Advance): void {
    const last = this.advances.filter(({ core }) => core === advance.core).at(-1);
    if (last !== undefined && last.token > advance.token)
      this.broken.push('An older holder moved the checkpoint.');
    const beginning = this.logs
      .find(({ peer }) => peer.core === advance.core)
      ?.beginnings.get(advance.checkpoint.treeHash);
    const known = new Set(
      this.accepted.flatMap(({ core, seq, bytes }) =>
        core === advance.core ? [`${seq}.${bytes.toString('hex')}`] : [],
      ),
    );
    const ahead = beginning?.findIndex((bytes, seq) => !known.has(`${seq}.${bytes.toString('hex')}`));
    if (beginning?.length !== advance.checkpoint.length) this.broken.push('A hash does not fit its length.');
    if (ahead !== -1)
      this.broken.push(`Checkpoint ${advance.checkpoint.length} is ahead of entry ${String(ahead)}.`);
    this.advances.push(advance);
  }
}
