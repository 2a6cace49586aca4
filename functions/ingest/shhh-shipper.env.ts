import { z } from 'zod';
import { shipEntriesEnv } from './ship-entries.env.ts';

const DRIVERS = ['tcp', 'hyperswarm', 'sidecar', 'json-lines'] as const;

/** What the shipper needs as a service of its own, beside what it needs as a function. */
export const shhhShipperEnv = shipEntriesEnv.extend({
  /** What it may read logs by, separated by commas. */
  DRIVERS: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(z.enum(DRIVERS)).min(1)),
  /** The directory that logs may lie in, for `sidecar` and `json-lines`; no path leads out of it. */
  LOG_ROOT: z.string().min(1).optional(),
  /** Nodes of a Hyperswarm network of one's own, `HOST:PORT` separated by commas; the public network if absent. */
  HYPERSWARM_BOOTSTRAP: z
    .string()
    .transform((list) =>
      list.split(',').map((address) => {
        const at = address.lastIndexOf(':');
        return { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
      }),
    )
    .pipe(z.array(z.object({ host: z.string().min(1), port: z.int().min(1).max(65_535) })))
    .optional(),
});
