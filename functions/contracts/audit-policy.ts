/**
 * How the audit log is kept: `patterns/audit.yaml` as it is compiled, read by the functions of audit and by the constructs
 * that deploy them. One shape for both: in the file a duration is text (`30d`), compiled it is seconds.
 */
import { z } from 'zod';
import { auditEventType, type AuditEventType } from './audit.ts';

const AUDIT_LEVELS = ['minimal', 'basic', 'comprehensive'] as const;

/** What no level and no setting may leave out: without these the log would not show what was done to the system itself. */
export const ALWAYS_RECORDED: readonly AuditEventType[] = [
  'finding',
  'approval',
  'revocation',
  'rotation',
  'pattern.change',
  'administrative.access',
];

const types = z.array(auditEventType);
const memberName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'is no name of a member');
const tag = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*:[A-Za-z0-9][A-Za-z0-9.()-]*$/, 'is not written like pci-dss:10.2.1.2')
  .max(64);
const words = z.string().trim().min(1).max(500);

function policyWith<D extends z.ZodType<number>>(duration: D) {
  return z.strictObject({
    version: z.literal(1),
    level: z.enum(AUDIT_LEVELS),
    /** What each level adds to the one below it. */
    levels: z.strictObject({ minimal: types, basic: types, comprehensive: types }),
    retention: z.strictObject({
      /** How long no version of an object of the log can be deleted by anybody (Object Lock, compliance mode). */
      entries: duration,
      /** How long what lies beside the log is kept. */
      beside: duration,
      /** How long an act that was taken in is still known by its id. */
      outbox: duration,
    }),
    chain: z.strictObject({
      /** From one batch, hence from one checkpoint, to the next. */
      checkpoint_every: duration,
      /** From one verification in full to the next. */
      integrity_check_every: duration,
    }),
    storage: z.strictObject({
      /** When tiles and bundles move to storage that is cheaper to keep and dearer to read. */
      infrequent_access_after: duration,
      /** How long a staged batch is kept after it was decided, for whoever looks into a failure. */
      staged_kept: duration,
    }),
    thresholds: z.array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'is not lower-case words joined by hyphens'),
        type: auditEventType,
        /** Only entries whose `data.outcome` is this. */
        outcome: z.string().min(1).max(64).optional(),
        at_least: z.int().positive(),
        within: duration,
        impact: words,
        action: words,
      }),
    ),
    /** Where one kind of event is to be treated in another way than the rest. */
    events: z.partialRecord(
      auditEventType,
      z.strictObject({
        record: z.boolean().optional(),
        /** Bytes of the event that stand in the entry, at most: its longest texts lie beside it until it fits. */
        most_bytes: z.int().min(1024).max(64_000).optional(),
        /** Members of `data` that always lie beside it. */
        beside: z.array(memberName).optional(),
        /** In place of `retention.beside`. */
        keep_beside: duration.optional(),
      }),
    ),
    batching: z.strictObject({
      entries: z.int().min(1).max(4096),
      /** Bytes of the entries of a batch, together: what the sequencer holds in memory is about four times that. */
      bytes: z.int().min(65_536).max(67_108_864),
      memory_mb: z.int().min(256).max(10_240),
    }),
    privacy: z.strictObject({
      /** What happens to an act in which the scanner finds a credential. */
      secrets: z.enum(['redact', 'refuse']),
      /** Members that are dropped, wherever they stand: they are never needed and never safe. */
      drop: z.array(memberName),
      /** Members about persons: they lie beside the log, wherever they stand. */
      personal: z.array(memberName),
      /** Texts of so many bytes lie beside the log. */
      large_from_bytes: z.int().min(256).max(60_000),
    }),
    /** By tag, the kinds of event that carry it. */
    tags: z.record(tag, types.min(1)),
    integrations: z.strictObject({
      /** Kinds that are told on the bus as `AuditEntryPublished` once they are in a published checkpoint. */
      bus: types,
      /** Who is asked to cosign each checkpoint. */
      witnesses: z.array(
        z.strictObject({
          /** Below which `add-checkpoint` is. */
          url: z.url(),
          /** The witness' key as text, `name+id+base64`: what it answers is verified with it. */
          key: z.string().min(1),
        }),
      ),
      /** Cosignatures that a checkpoint waits for, for as long as `witness_wait`; with fewer it is published all the same. */
      witness_wait: duration,
    }),
    monitoring: z.strictObject({
      /** Age of what waits longest in the outbox. */
      waiting_at_most: duration,
      /** How far an integrity check may be behind its interval. */
      check_late_by_at_most: duration,
    }),
    maintenance: z.strictObject({
      /** From one deletion of what expired beside the log to the next. */
      sweep_every: duration,
    }),
  });
}

/** Compiled: durations in seconds. */
export const auditPolicy = policyWith(z.number().positive());
export type AuditPolicy = z.infer<typeof auditPolicy>;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** As people write it: durations as `3s`, `5m`, `6h`, `30d`. */
export const auditPolicySource = policyWith(
  z
    .string()
    .regex(/^[1-9][0-9]{0,5}[smhd]$/, 'is no duration: a whole number and s, m, h or d, as in 30d')
    .transform((text) => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? Number.NaN)),
);

/** Kinds of event that the policy has recorded: what is always recorded, its level and those below, without what is switched off. */
export function recordedTypes({
  level,
  levels,
  events,
}: Pick<AuditPolicy, 'level' | 'levels' | 'events'>): ReadonlySet<AuditEventType> {
  const upTo = AUDIT_LEVELS.slice(0, AUDIT_LEVELS.indexOf(level) + 1);
  return new Set(
    [...ALWAYS_RECORDED, ...upTo.flatMap((each) => levels[each])].filter(
      (type) => events[type]?.record !== false,
    ),
  );
}
