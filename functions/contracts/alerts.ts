/** Published by alerts: what a subscriber of the alert topic and a webhook are sent, one message about a group of alerts. */
import { z } from 'zod';
import { severity } from './finding.ts';

const count = z.int().nonnegative();
/** What the secret opens, where a receiver may know it: the log does not say which one. */
const scope = z.null().optional();

export const alertMessage = z.strictObject({
  /** The first two where the newest alert of the group is about a secret, the others for everything else. */
  event: z.enum([
    'secret_leak_detected',
    'secret_leak_resolved',
    'alert_opened',
    'alert_updated',
    'alert_resolved',
  ]),
  /** Of the newest leak, down to `agent`; absent in messages about something else. */
  secret_type: z.string().optional(),
  provider: z.string().optional(),
  redacted_key: z.string().nullable().optional(),
  account: scope,
  repository: scope,
  workspace: scope,
  /** `hyperlog:<position>`, or `guard:<message id>` of a message that was stopped before it was sent. */
  log_reference: z.string().nullable().optional(),
  agent: z.string().nullable().optional(),
  recommended_action: z.string(),
  severity,
  /** RFC 3339, UTC: when the newest alert of the group happened. */
  timestamp: z.iso.datetime(),
  alert: z.strictObject({
    /** What to deduplicate by. */
    id: z.string(),
    kind: z.enum(['open', 'update', 'resolve']),
    headline: z.string(),
    /** Every rule that fires in the group, with how often. */
    rules: z.array(z.strictObject({ name: z.string(), count })),
    lines: z.array(z.string()),
    /** Alerts of the group so far. */
    count,
    cases: z.strictObject({ open: count, acknowledged: count, over: count }),
    /** What was done already, and the next step for a person. */
    done: z.string(),
    next: z.string(),
    link: z.string(),
  }),
});
export type AlertMessage = z.infer<typeof alertMessage>;

export const ALERTS_EVENT_SOURCE = 'shhh.alerts';
export const ALERT_DELIVERED = 'AlertDelivered';

/** Detail of `AlertDelivered`: a channel has accepted a message. At least once; `channel` with `noteId` is what to deduplicate by. */
export const alertDelivered = z.strictObject({
  version: z.literal(1),
  channel: z.string(),
  noteId: z.string(),
  /** Of the group that the message is about. */
  alertId: z.string(),
  kind: z.enum(['open', 'update', 'resolve']),
  severity,
  rules: z.array(z.string()),
  count,
  /** RFC 3339, UTC. */
  deliveredAt: z.iso.datetime(),
});
export type AlertDelivered = z.infer<typeof alertDelivered>;
