import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { coreKey } from '../../functions/contracts/ingest.ts';
import type { PeerItem, Place, StatusItem, SuspicionItem } from '../../functions/contracts/ingest-state.ts';
import { addressOf, ingestKey } from '../../functions/contracts/ingest-state.ts';
import { toIso } from '../../functions/kernel/clock.ts';
import { err, ok, type Result } from '../../functions/kernel/result.ts';
import { table } from '../demo/table.ts';

const USAGE = [
  'npm run peers -- add HOST:PORT KEY [--name NAME]   follow the log of this key, offered there for replication',
  '  … add hyperswarm:TOPIC KEY                      the same, announced under this topic, 64 hex digits',
  '  … add sidecar:DIRECTORY KEY                     the same, from its storage on the shipper’s own host',
  '  … add json-lines:PATH                           follow a .jsonl file, or a directory of them, on the shipper’s host',
  '  … add … --index                                 its entries list the keys of other logs at the same address',
  'npm run peers -- list                              every log that is followed, and how far',
  'npm run peers -- suspicions                        what logs and peers did that no sound one does, with the evidence',
  'npm run peers -- remove KEY                        follow it no longer; its checkpoint stays',
  'Each takes --stage local|dev|prod (default dev), or --table NAME.',
].join('\n');

export type PeersCommand =
  | { readonly do: 'add'; readonly item: PeerItem }
  | { readonly do: 'list' }
  | { readonly do: 'suspicions' }
  | { readonly do: 'remove'; readonly core: string };

/** Reads the words of a command line. A refusal names the word, the reason and what to write instead. */
export function parsePeersCommand(
  words: readonly string[],
  name: string | undefined,
  isIndex = false,
): Result<PeersCommand, string> {
  const [verb, ...rest] = words;
  switch (verb) {
    case 'add': {
      const [address = '', key] = rest;
      const at = parsePlace(address);
      const isFile = at.ok && at.value.driver === 'json-lines';
      if (address === '' || rest.length > 2 || (!isFile && key === undefined))
        return err(`\`add\` takes an address and a key.\n${USAGE}`);
      if (!at.ok) return at;
      if (isFile && key !== undefined)
        return err(
          'A file of JSON lines has no key: leave it out. `list` shows what the log is called instead.',
        );
      if (isFile && isIndex) return err('JSON lines list no other logs: leave --index out.');
      const core = key === undefined ? ok(nameOfFile(address)) : parseKey(key);
      if (!core.ok) return core;
      return ok({
        do: 'add',
        item: {
          pk: 'PEER',
          sk: ingestKey.peer(core.value).sk,
          core: core.value,
          ...at.value,
          ...(name !== undefined && { name }),
          ...(isIndex && { isIndex }),
        },
      });
    }
    case 'list':
      return rest.length === 0 ? ok({ do: 'list' }) : err(`\`list\` takes nothing more.\n${USAGE}`);
    case 'suspicions':
      return rest.length === 0
        ? ok({ do: 'suspicions' })
        : err(`\`suspicions\` takes nothing more.\n${USAGE}`);
    case 'remove': {
      const [key] = rest;
      if (key === undefined || rest.length > 1) return err(`\`remove\` takes a key.\n${USAGE}`);
      const core = parseKey(key);
      return core.ok ? ok({ do: 'remove', core: core.value }) : core;
    }
    case undefined:
      return err(USAGE);
    default:
      return err(`There is no command ${verb}.\n${USAGE}`);
  }
}

/** A file signs nothing and has no key; its log is known by where it lies. */
function nameOfFile(address: string): string {
  return createHash('sha256').update(address).digest('hex');
}

function parsePlace(address: string): Result<Place, string> {
  const [, driver, where = ''] = /^(hyperswarm|sidecar|json-lines):(.+)$/.exec(address) ?? [];
  switch (driver) {
    case 'sidecar':
      return ok({ driver, directory: where });
    case 'json-lines':
      return ok({ driver, path: where });
    case 'hyperswarm':
      return /^[0-9a-f]{64}$/i.test(where)
        ? ok({ driver, topic: where.toLowerCase() })
        : err(`${where.slice(0, 12)}… is no topic. It is 32 bytes in hex, 64 digits, what the agents join.`);
    case undefined:
    default:
      return parseAddress(address);
  }
}

/** `HOST:PORT`; an IPv6 address stands in brackets. */
function parseAddress(address: string): Result<{ host: string; port: number }, string> {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || (bracketed !== undefined && !isIPv6(bracketed)) || port < 1 || port > 65_535) {
    return err(`${address} is no address. Write HOST:PORT, e.g. 10.0.3.7:4977, or [2001:db8::7]:4977.`);
  }
  return ok({ host, port });
}

function parseKey(key: string): Result<string, string> {
  const parsed = coreKey.safeParse(key.toLowerCase());
  if (parsed.success) return ok(parsed.data);
  return err(
    `${key.slice(0, 12)}… is no log's key. It is the public key in hex, 64 digits; \`core.key.toString('hex')\` tells it.`,
  );
}

const KEY_DIGITS = 64;
/** A topic in hex, with its driver. */
const ADDRESS_WIDTH = 75;
const ERROR_WIDTH = 80;

/** @param now milliseconds since the epoch */
export function renderPeers(
  peers: readonly PeerItem[],
  statuses: readonly StatusItem[],
  now: number,
): string {
  if (peers.length === 0) return 'No log is followed yet.';
  const byCore = new Map(statuses.map((status) => [status.core, status]));
  const rows = peers.map((peer) => {
    const { core, name, isIndex, listedBy } = peer;
    const status = byCore.get(core);
    return [
      `${name ?? ''}${isIndex === true ? ' (index)' : listedBy === undefined ? '' : ' (listed)'}`.trim(),
      core,
      addressOf(peer),
      status === undefined ? 'never seen' : status.connected ? 'connected' : 'not connected',
      status === undefined ? '' : `${status.shippedLength} of ${status.remoteLength}`,
      status === undefined ? '' : `${Math.max(0, Math.round((now - status.updatedAt) / 1000))} s ago`,
      status?.lastError ?? '',
    ];
  });
  const head = ['name', 'key', 'address', 'state', 'shipped', 'told', 'trouble'];
  return table(head, rows, [24, KEY_DIGITS, ADDRESS_WIDTH, 13, 24, 12, ERROR_WIDTH]).join('\n');
}

/** Newest first, each with its last evidence as JSON: positions, lengths, hashes and signatures. */
export function renderSuspicions(suspicions: readonly SuspicionItem[]): string {
  if (suspicions.length === 0) return 'Nothing suspicious was ever met.';
  return [...suspicions]
    .sort((a, b) => b.lastAt - a.lastAt)
    .map(({ core, peer, suspicion, firstAt, lastAt, times, lastEvidence }) =>
      [
        `${suspicion}  ${core}  at ${peer}`,
        `  first ${toIso(firstAt)}, last ${toIso(lastAt)}, in ${times} runs`,
        `  ${JSON.stringify(lastEvidence)}`,
      ].join('\n'),
    )
    .join('\n');
}
