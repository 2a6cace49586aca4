#!/usr/bin/env node
/** `npx shhh-guard --listen 127.0.0.1:7733`: the guard as a service on this machine. */
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { parsePolicy } from '../domain/guard-policy.ts';
import { createGuard } from './guard.ts';
import { filePackSource, httpPackSource, keepCurrent } from './pack-source.ts';
import { createRecorder } from './recorder.ts';
import { createGuardServer, parseListen } from './server.ts';

const USAGE = `npx shhh-guard [--listen HOST:PORT]

  --listen HOST:PORT      where to listen; 127.0.0.1:7733 by default, port 0 takes a free one
  --allow-remote          listen on an address that other machines can reach (no TLS, no keys)
  --endpoint URL          the cloud endpoint of a deployed stack: rules come from it, stopped messages are reported to it
  --rules FILE            rules from a file as patterns.json, looked at again each minute
  --policy LIST           e.g. LOW=allow,MEDIUM=redact,HIGH=block,CRITICAL=block
  --when-guard-fails X    block (default) or allow: the verdict where the guard itself fails
  --max-message-bytes N   1048576 by default
  --agent NAME            who sends, where a check does not say

Environment: SHHH_GUARD_API_KEY, a key for --endpoint (npm run guard-keys). SHHH_GUARD_FINGERPRINT_KEY, at least 16
characters: guards with the same one give a secret the same fingerprint; by default it is made of the API key.`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : 'shhh-guard: an unknown error');
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      listen: { type: 'string', default: '127.0.0.1:7733' },
      'allow-remote': { type: 'boolean', default: false },
      endpoint: { type: 'string' },
      rules: { type: 'string' },
      policy: { type: 'string', default: '' },
      'when-guard-fails': { type: 'string', default: 'block' },
      'max-message-bytes': { type: 'string', default: '1048576' },
      agent: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const listen = parseListen(values.listen, values['allow-remote']);
  if (!listen.ok) throw new Error(listen.error);
  const policy = parsePolicy(values.policy);
  if (typeof policy === 'string') throw new Error(policy);
  const whenGuardFails = values['when-guard-fails'];
  if (whenGuardFails !== 'block' && whenGuardFails !== 'allow')
    throw new Error(`--when-guard-fails ${whenGuardFails} is neither block nor allow.`);
  const maxMessageBytes = Number(values['max-message-bytes']);
  if (!Number.isSafeInteger(maxMessageBytes) || maxMessageBytes < 1)
    throw new Error(`--max-message-bytes ${values['max-message-bytes']} is no number of bytes.`);
  const { endpoint, rules, agent } = values;
  if (endpoint !== undefined && rules !== undefined)
    throw new Error('Rules come from --endpoint or from --rules, not from both.');
  const { SHHH_GUARD_API_KEY: apiKey, SHHH_GUARD_FINGERPRINT_KEY: ownKey } = process.env;
  if (endpoint !== undefined && apiKey === undefined)
    throw new Error(
      '--endpoint needs a key in SHHH_GUARD_API_KEY. Make one with `npm run guard-keys -- create NAME`.',
    );
  const fingerprintKey = ownKey ?? apiKey;

  const at = (path: string): string => `${(endpoint ?? '').replace(/\/+$/, '')}${path}`;
  const recorder =
    endpoint === undefined || apiKey === undefined
      ? undefined
      : createRecorder({ url: at('/v1/blocked'), apiKey });
  const guard = createGuard({
    policy,
    whenGuardFails,
    maxMessageBytes,
    ...(agent !== undefined && { agent }),
    ...(fingerprintKey !== undefined && { fingerprintKey }),
    ...(recorder && { onStopped: (stopped) => recorder.record(stopped) }),
  });
  const source =
    rules !== undefined
      ? filePackSource(rules)
      : endpoint === undefined
        ? undefined
        : httpPackSource({ url: at('/v1/pack'), ...(apiKey !== undefined && { apiKey }) });
  const keeper =
    source &&
    keepCurrent(guard, source, {
      onRefresh: (refresh) =>
        say(
          refresh.outcome === 'taken'
            ? `rules ${refresh.pack} are in force`
            : 'reason' in refresh
              ? `rules ${guard.pack} stay in force: ${refresh.reason}`
              : '',
        ),
    });
  await keeper?.refresh();

  const server = createGuardServer({
    guard,
    // A message of the longest size, escaped or in base64, and what goes with it.
    maxBodyBytes: maxMessageBytes * 2 + 4096,
    ...(recorder && { reports: () => recorder.counts() }),
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.value.port, listen.value.host, resolve);
  });
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : listen.value.port;
  const host = listen.value.host.includes(':') ? `[${listen.value.host}]` : listen.value.host;
  say(`listening on http://${host}:${port}, rules ${guard.pack}`);

  const stop = (): void => {
    keeper?.stop();
    server.close();
    server.closeIdleConnections();
    // What was stopped a moment ago is still told of.
    void recorder?.drain(5_000).then(() => recorder.stop());
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}
