/** Answered by health: whether each part of the way from log to alert works. */
import { z } from 'zod';

const healthStatus = z.enum(['ok', 'degraded', 'down']);
export type HealthStatus = z.infer<typeof healthStatus>;

const componentHealth = z.strictObject({
  status: healthStatus,
  /** Why it is not ok, for a person; absent where it is. */
  reason: z.string().optional(),
  /** What to do about it first; absent where it is ok. */
  nextStep: z.string().optional(),
  /** What was measured. */
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type ComponentHealth = z.infer<typeof componentHealth>;

export const healthReport = z.strictObject({
  /** The worst of the components. */
  status: healthStatus,
  /** RFC 3339, UTC. */
  checkedAt: z.iso.datetime(),
  components: z.strictObject({
    logs: componentHealth,
    database: componentHealth,
    queue: componentHealth,
    alertChannel: componentHealth,
  }),
});
export type HealthReport = z.infer<typeof healthReport>;
