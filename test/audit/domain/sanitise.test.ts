import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { cutFromJson, cutFromText } from '../../../functions/audit/domain/sanitise.ts';
import { canonicalJson } from '../../../functions/kernel/canonical-json.ts';

const spansOf = (text: string, word: string) =>
  [...text.matchAll(new RegExp(word, 'g'))].map(({ index }) => ({
    start: index,
    end: index + word.length,
    secretType: 'some_key',
  }));

describe('cutting secrets out of JSON', () => {
  test('leaves the rest of a text as it was', () => {
    const json = canonicalJson({ text: 'before "hidden" after\n', other: 'kept' });
    expect(JSON.parse(cutFromJson(json, spansOf(json, 'hidden')))).toEqual({
      text: 'before "[SHHH removed a credential: some_key #1]" after\n',
      other: 'kept',
    });
  });

  test('turns a number into text, and keeps two names apart', () => {
    const json = canonicalJson({ hidden: 1, 'hidden ': 2, card: 4_111_111 });
    const spans = [...spansOf(json, 'hidden'), ...spansOf(json, '4111111')].sort((a, b) => a.start - b.start);
    const cut = z.record(z.string(), z.unknown()).parse(JSON.parse(cutFromJson(json, spans)));
    expect(Object.keys(cut)).toHaveLength(3);
    expect(JSON.stringify(cut)).not.toMatch(/hidden|4111111/);
  });

  test('whatever the places, leaves JSON of the same form and nothing of what stood there', () => {
    const place = fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: 'grapheme' }),
          fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
        ),
        fc.array(place, { maxLength: 5 }),
        (value, places) => {
          const json = canonicalJson(
            z.json().parse(JSON.parse(JSON.stringify(value).replaceAll(/\\u[dD][89a-fA-F]../g, ''))),
          );
          const spans: { start: number; end: number; secretType: string }[] = [];
          for (const [start, length] of places.toSorted(([a], [b]) => a - b))
            if (start >= (spans.at(-1)?.end ?? 0) && start + length <= json.length)
              spans.push({ start, end: start + length, secretType: 'x' });
          const cut = cutFromJson(json, spans);
          expect(shapeOf(JSON.parse(cut))).toEqual(shapeOf(JSON.parse(json)));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('cuts plain text', () => {
    expect(cutFromText('a hidden b hidden', spansOf('a hidden b hidden', 'hidden'))).toBe(
      'a [SHHH removed a credential: some_key #1] b [SHHH removed a credential: some_key #2]',
    );
    expect(cutFromText('as it was', [])).toBe('as it was');
  });
});

/** What JSON is without its texts and numbers. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === 'object' && value !== null) return Object.values(value).map(shapeOf).length;
  return typeof value === 'string' || typeof value === 'number' ? 'leaf' : value;
}
