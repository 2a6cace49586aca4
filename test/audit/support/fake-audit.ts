import { createHash } from 'node:crypto';
import type { LogSource } from '../../../functions/audit/domain/log-source.ts';
import { EMPTY_LOG } from '../../../functions/audit/domain/grow-log.ts';
import type { LogStore, Outbox, Sequence, SequenceStore } from '../../../functions/audit/domain/sequence.ts';
import type { Inbox } from '../../../functions/audit/domain/take-in.ts';
import { CHECKPOINT_PATH } from '../../../functions/audit/domain/tiles.ts';
import { ok } from '../../../functions/kernel/result.ts';
import type { AuditEvent } from '../../../functions/contracts/audit.ts';
import { sourceOf } from './log-builder.ts';

/** An outbox in memory. */
export function createFakeOutbox(): Outbox &
  Inbox & { readonly seqs: Map<string, number>; readonly refused: Map<string, string> } {
  const waiting = new Map<string, AuditEvent>();
  const seqs = new Map<string, number>();
  const refused = new Map<string, string>();
  return {
    seqs,
    refused,
    put: async (event) => {
      if (waiting.has(event.id) || seqs.has(event.id) || refused.has(event.id)) return 'known';
      waiting.set(event.id, structuredClone(event));
      return 'taken';
    },
    pending: async (most) =>
      [...waiting].slice(0, most).map(([id, event]) => ({ id, event: ok(structuredClone(event)) })),
    settle: async (taken) => {
      for (const { id, seq } of taken) {
        waiting.delete(id);
        seqs.set(id, seq);
      }
    },
    refuse: async (id, why) => {
      waiting.delete(id);
      refused.set(id, why);
    },
  };
}

export function createFakeSequence(): SequenceStore & { now: Sequence } {
  return {
    now: { version: 0, published: EMPTY_LOG },
    async read() {
      return this.now;
    },
    async compareAndSet(next) {
      if (this.now.version + 1 !== next.version) return false;
      this.now = next;
      return true;
    },
  };
}

/** A log in memory, with a history of every checkpoint that readers were shown. */
export function createFakeLog(): LogStore & {
  readonly files: Map<string, Uint8Array>;
  readonly source: LogSource;
  readonly shown: Uint8Array[];
} {
  const files = new Map<string, Uint8Array>();
  const staged = new Map<string, Uint8Array>();
  const shown: Uint8Array[] = [];
  const tagOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  return {
    files,
    shown,
    source: sourceOf(files),
    read: async (path) => files.get(path),
    create: async (path, bytes) => {
      if (files.has(path)) return false;
      files.set(path, Buffer.from(bytes));
      return true;
    },
    checkpoint: async () => {
      const bytes = files.get(CHECKPOINT_PATH);
      return bytes && { bytes, tag: tagOf(bytes) };
    },
    publish: async (bytes, tag) => {
      const there = files.get(CHECKPOINT_PATH);
      if ((there && tagOf(there)) !== tag) return false;
      files.set(CHECKPOINT_PATH, Buffer.from(bytes));
      shown.push(Buffer.from(bytes));
      return true;
    },
    stage: async (name, bytes) => {
      staged.set(name, Buffer.from(bytes));
    },
    readStaged: async (name) => staged.get(name),
  };
}
