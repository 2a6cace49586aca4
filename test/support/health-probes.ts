import type { Probes } from '../../functions/health/domain/check-health.ts';
import type { LogState } from '../../functions/health/domain/judge.ts';

export const NOW = Date.parse('2026-11-21T08:30:00.000Z');
const CORE = 'ab'.repeat(32);

/** A log that is followed as it should be; overrides make it ail. */
export function aFollowedLog(
  overrides: Partial<LogState['statuses'][number]> = {},
  core = CORE,
  name?: string,
): Pick<LogState, 'peers' | 'statuses'> {
  return {
    peers: [
      { pk: 'PEER', sk: core, core, host: '10.0.0.7', port: 4977, ...(name === undefined ? {} : { name }) },
    ],
    statuses: [
      {
        pk: 'STATUS',
        sk: core,
        core,
        connected: true,
        remoteLength: 100,
        fork: 0,
        shippedLength: 100,
        lastProgressAt: NOW - 1_000,
        updatedAt: NOW - 2_000,
        ...overrides,
      },
    ],
  };
}

/** Probes of a system in which all is well. */
export function healthyProbes(overrides: Partial<Probes> = {}): Probes {
  return {
    logs: async () => ({ ...aFollowedLog(), leaseExpiresAt: NOW + 20_000 }),
    database: async () => ({ pending: 3, orMore: false }),
    queue: async () => ({ waiting: 2, inFlight: 1, dead: 0 }),
    alertChannel: async () => ({ confirmed: 1, unconfirmed: 0 }),
    ...overrides,
  };
}
