import { describe, expect, test } from 'vitest';
import { withoutTypes } from '../../../functions/ingest/domain/exclusion.ts';
import { FakeLog } from '../../support/ingest/fake-log.ts';
import { Harness } from '../../support/ingest/harness.ts';
import { SHIP_SETTINGS } from '../../../functions/ingest/domain/ship.ts';

const window = (...texts: readonly string[]) => ({
  core: 'aa'.repeat(32),
  fork: 0,
  seqStart: 7,
  seqEnd: 7 + texts.length,
  entries: texts.map((text) => Buffer.from(text)),
  treeHash: '',
  knownAt: 0,
});

describe('types that are not shipped', () => {
  test('are none by default', () => {
    expect(SHIP_SETTINGS.excludedTypes.size).toBe(0);
    const given = window('{"type":"peer_joined"}');
    expect(withoutTypes(given, new Set())).toEqual({ window: given, excluded: new Map() });
  });

  test('are emptied in place and counted; whatever names no such type is shipped as it is', () => {
    const kept = [
      '{"type":"task_progress"}',
      'no json',
      '[{"type":"peer_joined"}]',
      '{"data":{"type":"peer_joined"}}',
      '{"type":7}',
      '',
    ];
    const given = window(
      '{"type":"peer_joined","data":1}',
      ...kept,
      '{"message_type":"availability_broadcast"}',
    );
    const { window: shipped, excluded } = withoutTypes(
      given,
      new Set(['peer_joined', 'availability_broadcast']),
    );
    expect(shipped.entries.map((entry) => Buffer.from(entry).toString())).toEqual(['', ...kept, '']);
    expect([shipped.seqStart, shipped.seqEnd]).toEqual([7, 15]);
    expect([...excluded]).toEqual([
      ['peer_joined', 1],
      ['availability_broadcast', 1],
    ]);
  });
});

describe('a source that is the log itself', () => {
  test('is never waited for: what it does not show is no more, and what it has then is shipped', async () => {
    const log = new FakeLog('aa'.repeat(32));
    log.mayLag = false;
    log.append(...Array.from({ length: 20 }, (_, n) => Buffer.from(String(n))));
    const harness = new Harness(log);
    await harness.run(5_000);
    log.rewrite([Buffer.from('new')]);
    await harness.run(5_000);
    expect(harness.missing(log)).toEqual([]);
    expect(harness.suspicions).toMatchObject([{ suspicion: 'rewritten' }]);
  });
});
