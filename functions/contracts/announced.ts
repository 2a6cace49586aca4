/**
 * Events on the bus that the rules of alerts already speak of and whose publishers are still to come. Only source and
 * name are fixed here, and the few fields that a rule or an alert reads; the publisher's own contract will say the rest.
 */
import { z } from 'zod';

/** By name, the source that publishes it. */
export const ANNOUNCED_EVENTS = {
  /** `secretType`, `rotationId`, `reason` */
  RotationFailed: 'shhh.rotation',
  /** `principal` */
  AuthenticationFailed: 'shhh.console',
  /** `principal`, `operation`, `risk` */
  OperationDenied: 'shhh.console',
  /** `reason` */
  AuditVerificationFailed: 'shhh.audit',
  /** `principal`, `ruleName` */
  PatternChanged: 'shhh.detection',
  /** `agent` */
  GuardBypassed: 'shhh.guard',
} as const;

const name = z.string().max(256);

/** What is read of the detail of any of them. At least once; `eventId` is what to deduplicate by. */
export const announcedEvent = z.object({
  eventId: z.string().min(1).max(128),
  /** RFC 3339, UTC. */
  at: z.iso.datetime(),
  agent: name.optional(),
  fingerprint: name.optional(),
  operation: name.optional(),
  principal: name.optional(),
  reason: name.optional(),
  risk: name.optional(),
  rotationId: name.optional(),
  ruleName: name.optional(),
  secretType: name.optional(),
});
export type AnnouncedEvent = z.infer<typeof announcedEvent>;
