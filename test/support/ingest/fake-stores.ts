import type { Checkpoint } from '../../../functions/ingest/domain/checkpoint.ts';
import type { PackedMessage } from '../../../functions/ingest/domain/packing.ts';
import type {
  CheckpointStore,
  EntryQueue,
  Lease,
  LogStatus,
  Peer,
  PeerDirectory,
  StatusBoard,
} from '../../../functions/ingest/domain/ports.ts';
import { err, ok } from '../../../functions/kernel/result.ts';

export interface Advance {
  readonly core: string;
  readonly token: number;
  readonly checkpoint: Checkpoint;
}

/** Checkpoints in memory. @param onAdvance sees every write that was let through */
export function createFakeCheckpointStore(
  onAdvance: (advance: Advance) => void = () => undefined,
): CheckpointStore {
  const items = new Map<string, { token: number; checkpoint?: Checkpoint }>();
  return {
    async claim(core, token) {
      const item = items.get(core);
      if (item !== undefined && item.token > token) return err('fenced');
      items.set(core, { ...item, token });
      return ok(item?.checkpoint);
    },
    async advance(core, token, checkpoint) {
      if (items.get(core)?.token !== token) return err('fenced');
      onAdvance({ core, token, checkpoint });
      items.set(core, { token, checkpoint });
      return ok(undefined);
    },
  };
}

/** A lease in memory. */
export function createFakeLease(): Lease {
  let item: { holder: string; token: number; expiresAt: number } | undefined;
  return {
    async acquire(holder, now, ttlMs) {
      if (item !== undefined && item.expiresAt > now && item.holder !== holder) return err('held');
      item = { holder, token: (item?.token ?? 0) + 1, expiresAt: now + ttlMs };
      return ok(item);
    },
    async renew(grant, now, ttlMs) {
      if (item?.token !== grant.token || item.holder !== grant.holder) return err('lost');
      item = { ...grant, expiresAt: now + ttlMs };
      return ok(item);
    },
    async release(grant) {
      if (item?.token === grant.token && item.holder === grant.holder) item = { ...item, expiresAt: 0 };
    },
  };
}

/** What a call of the queue comes to: each is used up once, then all is accepted. */
export type QueueFault = 'accept' | 'refuse-first' | 'refuse-all' | 'fail-before' | 'fail-after';

/** A queue in memory. @param onAccepted sees every message that was accepted, also by a call that failed afterwards */
export function createFakeEntryQueue(
  faults: QueueFault[] = [],
  onAccepted: (message: PackedMessage) => void = () => undefined,
): EntryQueue {
  return {
    async send(batch) {
      const fault = faults.shift() ?? 'accept';
      if (fault === 'fail-before') throw new Error('The queue could not be reached.');
      const outcomes = batch.map((message, index) => {
        if (fault === 'refuse-all' || (fault === 'refuse-first' && index === 0)) {
          return { accepted: false, code: 'InternalError' } as const;
        }
        onAccepted(message);
        return { accepted: true } as const;
      });
      if (fault === 'fail-after') throw new Error('The answer was lost.');
      return outcomes;
    },
  };
}

/** A directory that a test writes to while the shipper reads it. */
export class FakePeerDirectory implements PeerDirectory {
  peers: readonly Peer[];
  unreadable: readonly string[] = [];

  constructor(peers: readonly Peer[] = []) {
    this.peers = peers;
  }

  async list(): ReturnType<PeerDirectory['list']> {
    return { peers: this.peers, unreadable: this.unreadable };
  }

  async enroll(peer: Peer): Promise<void> {
    if (!this.peers.some(({ core }) => core === peer.core)) this.peers = [...this.peers, peer];
  }
}

/** The last word on every log. */
export class FakeStatusBoard implements StatusBoard {
  readonly statuses = new Map<string, LogStatus>();

  async post(status: LogStatus): Promise<void> {
    this.statuses.set(status.core, status);
  }
}
