import type { Driver } from '../../contracts/ingest-state.ts';
import { Trouble, type LogSource, type Peer } from '../domain/ports.ts';

/** The one source of all logs: each is read by the driver that its place names, if this host has it. */
export function createDrivers(sources: Partial<Record<Driver, LogSource>>): LogSource {
  return {
    connect: async (peer, stop) => {
      const source = sources[peer.driver ?? 'tcp'];
      if (source === undefined) throw noDriver(peer);
      return source.connect(peer, stop);
    },
  };
}

/** A log that this host cannot, or may not, read. */
export function noDriver({ driver = 'tcp' }: Peer): Trouble {
  return new Trouble(
    'no-driver',
    `This shipper reads no log by ${driver}: it takes shipper.host and shipper.drivers in lib/config.`,
  );
}
