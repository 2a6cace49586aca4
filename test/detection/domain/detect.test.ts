import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../functions/contracts/finding.ts';
import { finding } from '../../../functions/contracts/finding.ts';
import type { EntryBatch } from '../../../functions/contracts/ingest.ts';
import { detect } from '../../../functions/detection/domain/detect.ts';
import { createEntries } from '../../support/fleet/entries.ts';
import { createLeak, LEAK_TYPES } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { batchOf, CORE, NOW, segmentsOf } from '../support/batches.ts';
import { projectScanner } from '../support/scanner.ts';

const scanner = projectScanner();
const findingsIn = (batch: EntryBatch): readonly Finding[] =>
  (detect([batch], scanner, NOW)[0] ?? []).map((detection) =>
    detection.toFinding((secret) => createHash('sha256').update(secret.reveal()).digest('hex')),
  );
const token = (seed: number): string => createLeak('github-pat', createRandom(seed)).text;

describe('detect', () => {
  it('says where, who, when and what of a log entry', () => {
    const text = token(1);
    const entry = JSON.stringify({
      index: 4,
      timestamp: '2026-11-21T08:59:59.500Z',
      author: '12D3KooWpeer',
      type: 'task_progress',
      data: { message_id: 'msg-7', output: `remote: ${text}` },
      hash: 'cafe',
    });
    const [found] = findingsIn(batchOf([entry], 4));
    expect(finding.parse(found)).toMatchObject({
      core: CORE,
      position: 4,
      agent: '12D3KooWpeer',
      entryType: 'task_progress',
      messageId: 'msg-7',
      entryTimestamp: '2026-11-21T08:59:59.500Z',
      secretType: 'github-pat',
      offset: entry.indexOf(text),
      length: text.length,
      redactedKey: `${text.slice(0, 4)}****${text.slice(-4)}`,
    });
    expect(found?.redactedContent).toContain('remote: [SHHH removed a credential here: github-pat ghp_****');
    expect(JSON.stringify(found)).not.toContain(text);
  });

  it('knows a leak again that comes under a new fork, and tells another secret in its place from it', () => {
    const ids = (text: string, fork: number) =>
      findingsIn({ ...batchOf([`T=${text}`], 9), fork }).map(({ findingId }) => findingId);
    expect(ids(token(3), 1)).toEqual(ids(token(3), 0));
    expect(ids(token(4), 1)).not.toEqual(ids(token(3), 0));
  });

  it('reads a BZZZ message’s sender and falls back to the entry’s hash as its id', () => {
    const bzzz = JSON.stringify({
      type: 'task_help_request',
      from: 'peer-b',
      hash: 'beef',
      data: { t: token(2) },
    });
    expect(findingsIn(batchOf([bzzz]))).toMatchObject([
      { agent: 'peer-b', messageId: 'beef', entryType: 'task_help_request' },
    ]);
  });

  it.each([
    ['text that is no JSON', `export TOKEN=${token(3)}`],
    ['binary', Buffer.concat([Buffer.from([0xff, 0, 0xc3]), Buffer.from(token(3)), Buffer.from([0xfe])])],
    ['a JSON string', JSON.stringify(token(3))],
    ['JSON whose fields are of other kinds', JSON.stringify({ author: 7, type: [], data: token(3) })],
  ])('scans %s all the same', (_name, entry) => {
    expect(findingsIn(batchOf([entry]))).toMatchObject([{ agent: 'unknown', secretType: 'github-pat' }]);
  });

  it('keeps a secret out of the fields that it stands in', () => {
    const text = token(4);
    const entry = JSON.stringify({ author: text, type: text, data: { message_id: text } });
    for (const found of findingsIn(batchOf([entry])))
      expect(JSON.stringify(found)).not.toContain(text.slice(6, 30));
  });

  it('finds nothing in empty entries', () => expect(findingsIn(batchOf(['', Buffer.alloc(0)]))).toEqual([]));

  it('counts latency from the entry’s own time, never from the future', () => {
    const of = (timestamp: string): number | undefined =>
      detect([batchOf([JSON.stringify({ timestamp, data: token(5) })])], scanner, NOW)[0]?.[0]?.leakedAt;
    expect(of(new Date(NOW - 900).toISOString())).toBe(NOW - 900);
    expect(of(new Date(NOW + 9000).toISOString())).toBe(NOW);
    expect(of('yesterday')).toBe(NOW - 200);
  });
});

describe('segments', () => {
  const identity = ({ findingId, rule, offset, length, fingerprint }: Finding): unknown => ({
    findingId,
    rule,
    offset,
    length,
    fingerprint,
  });

  it('of a long entry give what the whole entry gives', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1100, max: 5000 }), (seed, owned) => {
        const random = createRandom(seed);
        const entries = createEntries(random);
        const entry = Buffer.concat(
          Array.from({ length: 12 }, (_, index) =>
            entries.next(
              index,
              NOW,
              index % 3 === 0 ? createLeak(random.pick(LEAK_TYPES), random) : undefined,
            ),
          ),
        );
        expect(findingsIn(segmentsOf(entry, owned)).map(identity)).toEqual(
          findingsIn(batchOf([entry])).map(identity),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('show nothing around a finding that may stand in a secret of the segment before', () => {
    const entry = Buffer.from(`${'A1b2'.repeat(700)} ${token(6)} ${'C3d4'.repeat(100)}`);
    const [found] = findingsIn(segmentsOf(entry, 1500));
    expect(found?.redactedContent).toMatch(/^\[SHHH removed [^\]]*\]$/);
  });
});
