import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openContent } from '../../../functions/audit/domain/commitment.ts';
import type { BesideStore, Intake } from '../../../functions/audit/domain/take-in.ts';
import { auditPolicy, type AuditPolicy } from '../../../functions/contracts/audit-policy.ts';
import type { AuditEvent } from '../../../functions/contracts/audit.ts';
import type { SecretPlace } from '../../../functions/contracts/secret-search.ts';

/** The project's own policy, as it is compiled. */
export const projectPolicy = auditPolicy.parse(
  JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../../functions/audit/policy.json'), 'utf8')),
);

export const NOW = Date.UTC(2026, 10, 21, 12);

function createFakeBeside(): BesideStore & { readonly sealed: Map<string, Uint8Array> } {
  const sealed = new Map<string, Uint8Array>();
  return {
    sealed,
    put: async (commitment, expiresAt, bytes) => {
      sealed.set(`${expiresAt.slice(0, 10)} ${commitment}`, bytes);
    },
    remove: async (commitment, expiresAt) => {
      sealed.delete(`${expiresAt.slice(0, 10)} ${commitment}`);
    },
  };
}

/** Takes every `SECRET` and the digits or letters behind it for a secret. */
const findMarked = (texts: readonly string[]): readonly SecretPlace[] =>
  texts.flatMap((each, text) =>
    [...each.matchAll(/SECRET\w*/g)].map(({ index, 0: { length } }) => ({
      text,
      start: index,
      end: index + length,
      secretType: 'marked_secret',
    })),
  );

/** A way in, in memory. */
export function createIntakeWorld(change: Partial<AuditPolicy> = {}) {
  const events = new Map<string, AuditEvent>();
  const beside = createFakeBeside();
  const searched: string[] = [];
  let grain = 0;
  const intake: Intake = {
    policy: { ...projectPolicy, ...change },
    inbox: {
      put: async (event) => {
        if (events.has(event.id)) return 'known';
        events.set(event.id, event);
        return 'taken';
      },
    },
    secrets: {
      search: async (texts) => {
        searched.push(...texts);
        return findMarked(texts);
      },
    },
    beside,
    clock: { now: () => NOW },
    salt: () => Buffer.alloc(32, (grain += 1)),
  };
  /** What an entry's commitment stands for. */
  const content = (event: AuditEvent | undefined, name: string): string | undefined => {
    const { sha256 = '', expires_at = '' } = event?.commitments?.[name] ?? {};
    const bytes = beside.sealed.get(`${expires_at.slice(0, 10)} ${sha256}`);
    const opened = bytes && openContent(sha256, bytes);
    return opened && Buffer.from(opened).toString();
  };
  return { intake, events, beside, searched, content };
}
