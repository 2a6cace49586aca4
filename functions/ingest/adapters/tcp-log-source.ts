/** Follows logs over TCP. */
import { connect } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import type { LogSource } from '../domain/ports.ts';
import {
  openReplica,
  REPLICA_BYTES,
  REPLICA_SETTINGS,
  type Join,
  type ReplicaSettings,
} from './replica-session.ts';
import { noDriver } from './drivers.ts';
import { ReplicaMemory } from './memory-database.ts';

export function createTcpLogSource(clock: Clock, overrides: Partial<ReplicaSettings> = {}): LogSource {
  const settings = { ...REPLICA_SETTINGS, ...overrides };
  const memory = new ReplicaMemory(REPLICA_BYTES);
  return {
    connect: async (peer, stop) => {
      if (peer.driver !== undefined && peer.driver !== 'tcp') throw noDriver(peer);
      return openReplica(peer, memory, clock, settings, stop, overTcp(peer));
    },
  };
}

/** One socket carries one log. */
function overTcp({ host, port }: { readonly host: string; readonly port: number }): Join {
  return ({ core, onOtherLog, end, silenceMs }) => {
    const stream = core.replicate(true, { ondiscoverykey: onOtherLog });
    const socket = connect({ host, port, noDelay: true });
    // The protocol tells a closed socket by its stream: one of the two always says so.
    const gone = (): void => end('disconnected', 'The peer closed the connection.');
    socket.on('error', (error) => end('unreachable', `The connection failed${codeOf(error)}.`));
    socket.on('close', gone);
    stream.on('error', () => end('disconnected', 'The encrypted stream broke off or fell silent.'));
    stream.on('close', gone);
    stream.noiseStream.setTimeout(silenceMs);
    socket.pipe(stream).pipe(socket);
    return {
      destroy: () => {
        stream.destroy();
        socket.destroy();
      },
    };
  };
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
}
