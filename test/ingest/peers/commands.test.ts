import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { peerItem } from '../../../functions/contracts/ingest-state.ts';
import { parsePeersCommand, renderPeers, renderSuspicions } from '../../../scripts/peers/commands.ts';

const KEY = 'ab'.repeat(32);
const refusal = (...words: readonly string[]): string => {
  const parsed = parsePeersCommand(words, undefined);
  return parsed.ok ? '' : parsed.error;
};

describe('registering peers', () => {
  test.each([
    ['10.0.3.7:4977', '10.0.3.7', 4977],
    ['agents.example.org:1', 'agents.example.org', 1],
    ['[2001:db8::7]:65535', '2001:db8::7', 65_535],
  ])('adds %s as an item that the shipper can read', (address, host, port) => {
    const parsed = parsePeersCommand(['add', address, KEY.toUpperCase()], 'first');
    const item = parsed.ok && parsed.value.do === 'add' ? parsed.value.item : undefined;
    expect(peerItem.parse(item)).toEqual({ pk: 'PEER', sk: KEY, core: KEY, host, port, name: 'first' });
  });

  test.each([
    [['hyperswarm:' + KEY.toUpperCase(), KEY], { driver: 'hyperswarm', topic: KEY, core: KEY }],
    [['sidecar:agents/7', KEY], { driver: 'sidecar', directory: 'agents/7', core: KEY }],
    [
      ['json-lines:export/7.jsonl'],
      {
        driver: 'json-lines',
        path: 'export/7.jsonl',
        core: createHash('sha256').update('json-lines:export/7.jsonl').digest('hex'),
      },
    ],
  ])('adds %j as an item that its driver can read', (words, expected) => {
    const parsed = parsePeersCommand(['add', ...words], undefined);
    const item = parsed.ok && parsed.value.do === 'add' ? parsed.value.item : undefined;
    expect(peerItem.parse(item)).toEqual({ pk: 'PEER', sk: expected.core, ...expected });
    expect(renderPeers(item === undefined ? [] : [item], [], 0)).toContain(words[0]?.toLowerCase());
  });

  test('refuses a topic that is none, and a key for a file', () => {
    expect(refusal('add', 'hyperswarm:abc', KEY)).toContain('no topic');
    expect(refusal('add', 'json-lines:a.jsonl', KEY)).toContain('no key');
    expect(refusal('add', 'sidecar:a')).toContain('an address and a key');
  });

  test('marks an index, and shows which logs it listed', () => {
    const parsed = parsePeersCommand(['add', 'host:1', KEY], 'all of them', true);
    const item = parsed.ok && parsed.value.do === 'add' ? peerItem.parse(parsed.value.item) : undefined;
    expect(item?.isIndex).toBe(true);
    const listed = peerItem.parse({
      ...item,
      sk: 'cd'.repeat(32),
      core: 'cd'.repeat(32),
      name: 'agent',
      isIndex: false,
      listedBy: KEY,
    });
    const shown = renderPeers(item === undefined ? [] : [item, listed], [], 0);
    expect(shown).toMatch(/all of them \(index\)/);
    expect(shown).toMatch(/agent \(listed\)/);
  });

  test.each(['10.0.3.7', ':4977', 'host:0', 'host:65536', 'host:port', '2001:db8::7:4977', '[host]:1', ''])(
    'refuses the address %j and says how to write one',
    (address) => expect(refusal('add', address, KEY)).toContain('HOST:PORT'),
  );

  test('refuses a key that is none, and says where to find it', () => {
    for (const key of ['abc', KEY.slice(1), `${KEY}0`, 'zz'.repeat(32)]) {
      expect(refusal('add', 'host:1', key)).toContain('core.key');
      expect(refusal('remove', key)).toContain('core.key');
    }
  });

  test('shows the usage for anything else', () => {
    for (const words of [
      [],
      ['ad'],
      ['add', 'host:1'],
      ['add', 'host:1', KEY, 'more'],
      ['remove'],
      ['list', 'all'],
    ]) {
      expect(refusal(...words)).toContain('npm run peers -- add HOST:PORT KEY');
    }
  });

  test('lists each log with where it stands and what troubles it', () => {
    const peer = peerItem.parse({
      pk: 'PEER',
      sk: KEY,
      core: KEY,
      host: '2001:db8::7',
      port: 4977,
      name: 'first',
    });
    const other = { ...peer, core: 'cd'.repeat(32), sk: 'cd'.repeat(32), name: undefined };
    const status = {
      pk: 'STATUS' as const,
      sk: KEY,
      core: KEY,
      connected: false,
      remoteLength: 10,
      fork: 0,
      shippedLength: 7,
      lastProgressAt: 1_000,
      updatedAt: 1_000,
      lastError: 'unreachable: no',
    };
    const text = renderPeers([peer, { ...other, name: 'second' }], [status], 6_000);
    expect(text).toMatch(
      /first +(ab)+ +\[2001:db8::7\]:4977 +not connected +7 of 10 +5 s ago +unreachable: no/,
    );
    expect(text).toMatch(/second .* never seen/);
    expect(renderPeers([], [], 0)).toBe('No log is followed yet.');
  });
});

test('suspicions are shown with their evidence, the newest first', () => {
  const evidence = { met: { code: 'INVALID_SIGNATURE', length: 9 } };
  const item = {
    pk: 'SUSPICION' as const,
    sk: `${KEY}#bad-proof`,
    core: KEY,
    peer: '10.0.0.1:4000',
    suspicion: 'bad-proof' as const,
    firstAt: 0,
    lastAt: 60_000,
    times: 2,
    firstEvidence: {},
    lastEvidence: evidence,
  };
  const shown = renderSuspicions([item, { ...item, suspicion: 'conflict', lastAt: 120_000 }]);
  expect(shown.indexOf('conflict')).toBeLessThan(shown.indexOf('bad-proof'));
  expect(shown).toContain('in 2 runs');
  expect(shown).toContain(JSON.stringify(evidence));
  expect(parsePeersCommand(['suspicions'], undefined)).toEqual({ ok: true, value: { do: 'suspicions' } });
  expect(renderSuspicions([])).toContain('Nothing');
});
