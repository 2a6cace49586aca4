#!/usr/bin/env node
/** `npx shhh-peer --storage DIR --listen HOST:PORT`: offers a log for replication, where its writer has no port of its own. */
import { isIPv6 } from 'node:net';
import { parseArgs } from 'node:util';
import { coreKey } from '../../contracts/ingest.ts';
import { offerStorage } from './offer.ts';

const USAGE = `npx shhh-peer --storage DIR --listen HOST:PORT [--key KEY …]

  --storage DIR        the storage of a hypercore, or of a corestore; it is read, never written, and not locked
  --listen HOST:PORT   where followers connect; port 0 takes a free one
  --key KEY            offer this log alone, 64 hex digits; may be repeated. All logs of the storage by default

Whoever knows a log's public key can read it here. What is offered is copied to the temporary directory first: that
takes the room of the log once more, for as long as this runs.`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : 'shhh-peer: an unknown error');
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      storage: { type: 'string' },
      listen: { type: 'string' },
      key: { type: 'string', multiple: true },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const { storage, listen } = values;
  if (storage === undefined || listen === undefined)
    throw new Error(`Say where the log lies and where to listen.\n${USAGE}`);
  const { host, port } = parseListen(listen);
  const keys = values.key?.map((key) => {
    const parsed = coreKey.safeParse(key.toLowerCase());
    if (!parsed.success) throw new Error(`--key ${key.slice(0, 12)}… is no log's key: it has 64 hex digits.`);
    return parsed.data;
  });
  const offer = await offerStorage({ storage, host, port, keys, say });
  say(`listening on ${isIPv6(host) ? `[${host}]` : host}:${offer.port}`);
  const stop = (): void => void offer.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function parseListen(listen: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(listen) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535)
    throw new Error(`--listen ${listen} is no address. Write HOST:PORT, e.g. 0.0.0.0:4977.`);
  return { host, port };
}
