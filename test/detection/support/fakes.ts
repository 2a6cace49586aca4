import { createHmac } from 'node:crypto';
import type {
  Fingerprinter,
  Quarantine,
  Rejects,
  ScanRecord,
} from '../../../functions/detection/domain/ports.ts';
import type { QuarantineItem } from '../../../functions/contracts/quarantine.ts';

/** Fingerprints like KMS does, under a key that is nobody's. */
export function fakeFingerprinter(): Fingerprinter & { readonly calls: number[] } {
  const calls: number[] = [];
  return {
    calls,
    fingerprint: async (secrets) => {
      calls.push(secrets.length);
      return secrets.map((secret) => createHmac('sha256', 'test').update(secret.reveal()).digest('hex'));
    },
  };
}

export function fakeQuarantine(): Quarantine & { readonly items: Map<string, QuarantineItem> } {
  const items = new Map<string, QuarantineItem>();
  return {
    items,
    put: async (item) => {
      if (items.has(item.pk)) return 'duplicate';
      items.set(item.pk, item);
      return 'stored';
    },
  };
}

export function fakeRejects(): Rejects & { readonly messages: { body: string; reason: string }[] } {
  const messages: { body: string; reason: string }[] = [];
  return {
    messages,
    put: async (body, reason) => void messages.push({ body, reason }),
  };
}

export function fakeScanRecord(): ScanRecord & { readonly entries: Set<string> } {
  const entries = new Set<string>();
  return {
    entries,
    scanned: async (batches) => {
      for (const { core, fork, entries: scanned } of batches)
        for (const { seq } of scanned) entries.add(`${core} ${fork} ${seq}`);
    },
  };
}
