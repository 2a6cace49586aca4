import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  EMPTY_EDGE,
  edgePaths,
  entriesOf,
  growLog,
  readEdge,
} from '../../../functions/audit/domain/grow-log.ts';
import { anEvent } from '../support/event-builder.ts';
import { buildLog } from '../support/log-builder.ts';

const NOW = Date.UTC(2026, 10, 21);
const objectsAt = (files: ReadonlyMap<string, Uint8Array>, size: number) =>
  edgePaths(size).map((path) => files.get(path));

test('the edge that was written is the edge that the next batch goes on from', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 4 }), (batches) => {
      const { files, head } = buildLog(batches);
      const edge = readEdge(head, objectsAt(files, head.size));
      expect(edge.ok && edge.value.size).toBe(head.size);
    }),
    { numRuns: 15 },
  );
});

test('how a log was cut into batches does not change what its full tiles and its root are', () => {
  const [one, many] = [buildLog([700]), buildLog([1, 254, 2, 300, 143])];
  expect(many.head).toEqual(one.head);
  for (const [path, bytes] of one.files)
    if (!path.startsWith('checkpoint')) expect(many.files.get(path)).toEqual(bytes);
});

test('no object is written twice', () => {
  const events = (count: number) => Array.from({ length: count }, (_, at) => anEvent({ id: `e${at}` }));
  const head = buildLog([300]).head;
  const first = growLog(EMPTY_EDGE, entriesOf(events(300), head, NOW).entries);
  const second = growLog(first.edge, entriesOf(events(5), head, NOW).entries);
  const paths = [...first.files, ...second.files].map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  expect(second.files.map(({ path }) => path)).toEqual(['tile/0/001.p/49', 'tile/entries/001.p/49']);
});

test('an edge that is not what the head speaks of is refused, whatever was changed', () => {
  const { files, head } = buildLog([300]);
  const objects = objectsAt(files, head.size);
  for (const [at, bytes] of objects.entries()) {
    const missing = objects.map((each, index) => (index === at ? undefined : each));
    expect(readEdge(head, missing).ok).toBe(false);
    const changed = Buffer.from(bytes ?? []);
    changed[40 % changed.length] = (changed[40 % changed.length] ?? 0) ^ 1;
    expect(
      readEdge(
        head,
        objects.map((each, index) => (index === at ? changed : each)),
      ).ok,
    ).toBe(false);
  }
  expect(readEdge({ ...head, root: buildLog([299]).head.root }, objects).ok).toBe(false);
});
