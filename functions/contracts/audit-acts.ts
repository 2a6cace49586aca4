/** What each kind of event of the audit log says of itself: the members of its `data`, with their units. */
import { z } from 'zod';
import { severity } from './finding.ts';

const text = z.string().min(1).max(512);
const long = z.string().max(262_144);
const count = z.int().nonnegative();
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime();
const details = z.record(z.string(), z.json()).optional();
/** Whether it worked out; `data.outcome` is what thresholds count by. */
const outcomes = <const T extends readonly [string, ...string[]]>(...words: T) => z.enum(words);

export const AUDIT_ACTS = {
  'code.execution': z.strictObject({
    outcome: outcomes('succeeded', 'failed', 'killed', 'timed_out'),
    language: text.optional(),
    /** Lies beside the log, as `output` does. */
    command: long.optional(),
    /** Hex SHA-256 of the code. */
    code_sha256: digest.optional(),
    exit_code: z.int().optional(),
    timing: z.strictObject({
      /** RFC 3339, UTC. */
      started_at: time,
      finished_at: time,
      /** Milliseconds by the clock, and of processors in user and kernel mode together. */
      duration_ms: z.number().nonnegative(),
      cpu_ms: z.number().nonnegative().optional(),
    }),
    resources: z.strictObject({
      /** Bytes, at most at any one time. */
      memory_peak_bytes: count.optional(),
      bytes_read: count.optional(),
      bytes_written: count.optional(),
      bytes_received: count.optional(),
      bytes_sent: count.optional(),
      processes: count.optional(),
    }),
    output: long.optional(),
    details,
  }),
  'security.assessment': z.strictObject({
    outcome: outcomes('passed', 'failed', 'inconclusive'),
    tool: text,
    tool_version: text.optional(),
    /** By severity, how many weaknesses. */
    found: z.partialRecord(severity, count),
    /** From 0, worst, to 100. */
    score: z.number().min(0).max(100).optional(),
    details,
  }),
  'container.creation': z.strictObject({
    outcome: outcomes('created', 'refused', 'failed'),
    image: text,
    /** `sha256:…`. */
    image_digest: text.optional(),
    runtime: text.optional(),
    privileged: z.boolean(),
    user: text.optional(),
    capabilities: z.array(text).max(64).optional(),
    mounts: z.array(text).max(64).optional(),
    network: text.optional(),
    limits: z
      .strictObject({
        /** Thousandths of a processor. */
        cpu_milli: count.optional(),
        memory_bytes: count.optional(),
        processes: count.optional(),
      })
      .optional(),
    details,
  }),
  'resource.violation': z.strictObject({
    outcome: outcomes('logged', 'throttled', 'killed'),
    resource: outcomes('cpu', 'memory', 'disk', 'network', 'processes', 'time', 'requests'),
    limit: z.number().nonnegative(),
    used: z.number().nonnegative(),
    /** Of both, e.g. `bytes`, `ms`. */
    unit: text,
    details,
  }),
  'security.event': z.strictObject({
    severity,
    category: text,
    description: z.string().min(1).max(4096),
    outcome: text.optional(),
    details,
  }),
  'system.event': z.strictObject({
    what: outcomes('start', 'stop', 'configuration_change'),
    outcome: text.optional(),
    version: text.optional(),
    reason: text.optional(),
    /** Of a change: by setting, what it was and what it is. */
    changed: z
      .record(text, z.strictObject({ before: z.json().optional(), after: z.json().optional() }))
      .optional(),
    details,
  }),
  finding: z.strictObject({
    finding_id: text,
    rule: text,
    secret_type: text,
    severity,
    status: text,
    /** First and last characters: `AKIA****MPLE`. */
    redacted_key: text.optional(),
    details,
  }),
  review: z.strictObject({
    case_id: text,
    decision: text,
    reason: z.string().max(1024),
    details,
  }),
  alert: z.strictObject({
    alert_id: text,
    rule: text,
    severity,
    outcome: outcomes('opened', 'updated', 'delivered', 'acknowledged', 'resolved', 'failed'),
    channel: text.optional(),
    details,
  }),
  approval: z.strictObject({
    request_id: text,
    operation: text,
    outcome: outcomes('requested', 'approved', 'denied', 'expired'),
    /** The condition that asked for it, readable, and what happens when nobody answers. */
    predicate: z.string().max(4096).optional(),
    default: text.optional(),
    reason: z.string().max(1024).optional(),
    details,
  }),
  revocation: z.strictObject({
    revocation_id: text,
    provider: text,
    secret_type: text,
    step: text,
    outcome: outcomes('started', 'revoked', 'already_dead', 'failed', 'given_up'),
    details,
  }),
  rotation: z.strictObject({
    rotation_id: text,
    provider: text.optional(),
    secret_type: text,
    step: text,
    outcome: outcomes('started', 'staged', 'verified', 'promoted', 'retired', 'rolled_back', 'failed'),
    details,
  }),
  'pattern.change': z.strictObject({
    rule: text,
    change: outcomes('added', 'changed', 'removed', 'enabled', 'disabled'),
    before_sha256: digest.optional(),
    after_sha256: digest.optional(),
    reason: text.optional(),
    details,
  }),
  report: z.strictObject({
    report_id: text,
    framework: text.optional(),
    period: z.strictObject({ from: time, to: time }),
    format: text,
    sha256: digest.optional(),
    outcome: outcomes('created', 'delivered', 'failed'),
    details,
  }),
  backup: z.strictObject({
    what: text,
    outcome: outcomes('created', 'verified', 'restored', 'deleted', 'failed'),
    bytes: count.optional(),
    location: text.optional(),
    sha256: digest.optional(),
    details,
  }),
  'administrative.access': z.strictObject({
    operation: text,
    outcome: outcomes('allowed', 'denied'),
    reason: z.string().max(1024).optional(),
    mfa: z.boolean().optional(),
    /** Lie beside the log, as the policy has them. */
    source_ip: text.optional(),
    user_agent: text.optional(),
    details,
  }),
} as const;

export type AuditActs = { readonly [Type in keyof typeof AUDIT_ACTS]: z.input<(typeof AUDIT_ACTS)[Type]> };
