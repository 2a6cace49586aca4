/**
 * Follows a log whose owner announces it under a topic in Hyperswarm's network: looked up, and connected to through
 * whatever lies between, by hyperdht, on which the package `hyperswarm` stands. It keeps no swarm of connections, since
 * here each connection carries one log and a replica lives no longer than its connection.
 *
 * Anybody may announce themselves under a topic. One candidate is asked at a time, those that served badly last.
 */
import DHT from 'hyperdht';
import type { Clock } from '../../kernel/clock.ts';
import { Trouble, type LogSession, type LogSource, type Peer } from '../domain/ports.ts';
import { noDriver } from './drivers.ts';
import { ReplicaMemory } from './memory-database.ts';
import {
  openReplica,
  REPLICA_BYTES,
  REPLICA_SETTINGS,
  type Join,
  type ReplicaSettings,
} from './replica-session.ts';

export interface HyperswarmSettings extends ReplicaSettings {
  /** For the network to tell who announced a topic. */
  readonly lookupMs: number;
  /** Candidates that one attempt asks, at most. */
  readonly candidates: number;
  /** Nodes to begin with; the public ones if none are named. */
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[] | undefined;
}

const SETTINGS: HyperswarmSettings = {
  ...REPLICA_SETTINGS,
  lookupMs: 5_000,
  candidates: 4,
  bootstrap: undefined,
};

/** Candidates that are remembered as bad; beyond so many the oldest are forgotten. */
const MAX_REMEMBERED = 1_000;

/** @returns the source, and what ends its node in the network */
export function createHyperswarmLogSource(
  clock: Clock,
  random: () => number,
  overrides: Partial<HyperswarmSettings> = {},
): { readonly source: LogSource; readonly destroy: () => Promise<void> } {
  const settings = { ...SETTINGS, ...overrides };
  const memory = new ReplicaMemory(REPLICA_BYTES);
  const node = new DHT({ ephemeral: true, bootstrap: settings.bootstrap, ...hostOf(settings.bootstrap) });
  const served = new Failures();

  const attempt = async (peer: Peer, key: string, stop: AbortSignal): Promise<LogSession> => {
    const candidate = `${peer.core} ${key}`;
    try {
      const session = await openReplica(peer, memory, clock, settings, stop, overNetwork(node, key));
      void session.ended.then(({ reason }) => {
        if (reason === 'disconnected') served.forget(candidate);
        else served.count(candidate);
      });
      return session;
    } catch (error) {
      served.count(candidate);
      throw error;
    }
  };

  return {
    source: {
      connect: async (peer, stop) => {
        if (peer.driver !== 'hyperswarm') throw noDriver(peer);
        const found = await announcedUnder(node, peer.topic, settings.lookupMs);
        const candidates = found
          .map((key) => ({ key, failures: served.of(`${peer.core} ${key}`), order: random() }))
          .sort((a, b) => a.failures - b.failures || a.order - b.order)
          .slice(0, settings.candidates);
        let last = new Trouble('unreachable', 'Nobody announces this topic.');
        for (const { key } of candidates) {
          try {
            return await attempt(peer, key, stop);
          } catch (error) {
            if (!(error instanceof Trouble) || stop.aborted) throw error;
            // Who offered something else says more than who could not be reached.
            if (last.reason !== 'wrong-key') last = error;
          }
        }
        throw last;
      },
    },
    destroy: () => node.destroy({ force: true }),
  };
}

/** On a network of this machine alone, the node has to stand on its address. */
function hostOf(bootstrap: HyperswarmSettings['bootstrap']): { host?: string } {
  return bootstrap !== undefined && bootstrap.every(({ host }) => host === '127.0.0.1')
    ? { host: '127.0.0.1' }
    : {};
}

/** Public keys, in hex, of those who announced the topic. */
async function announcedUnder(node: DHT, topic: string, withinMs: number): Promise<string[]> {
  const found = new Set<string>();
  const answers = node.lookup(Buffer.from(topic, 'hex'));
  const late = setTimeout(() => answers.destroy(), withinMs);
  try {
    for await (const { peers } of answers)
      for (const { publicKey } of peers) found.add(publicKey.toString('hex'));
  } catch {
    // What was found until then is what there is; nothing found is told as such.
  } finally {
    clearTimeout(late);
  }
  return [...found];
}

/** Each connection has a key pair of its own: a swarm keeps one connection for a key, and there may be many logs. */
function overNetwork(node: DHT, publicKey: string): Join {
  return ({ core, onOtherLog, end, silenceMs }) => {
    const connection = node.connect(Buffer.from(publicKey, 'hex'), { keyPair: DHT.keyPair() });
    let isOpen = false;
    connection.on('open', () => (isOpen = true));
    connection.on('error', () =>
      isOpen
        ? end('disconnected', 'The encrypted stream broke off or fell silent.')
        : end('unreachable', 'Who announced the topic could not be reached.'),
    );
    connection.on('close', () => end('disconnected', 'The peer closed the connection.'));
    connection.setTimeout(silenceMs);
    core.replicate(connection, { ondiscoverykey: onOtherLog });
    return { remoteKey: publicKey, destroy: () => connection.destroy() };
  };
}

/** How often in a row each candidate served badly. */
class Failures {
  readonly #counts = new Map<string, number>();

  of(candidate: string): number {
    return this.#counts.get(candidate) ?? 0;
  }

  count(candidate: string): void {
    const count = this.of(candidate) + 1;
    this.#counts.delete(candidate);
    this.#counts.set(candidate, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MAX_REMEMBERED && oldest !== undefined) this.#counts.delete(oldest);
  }

  forget(candidate: string): void {
    this.#counts.delete(candidate);
  }
}
