import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commitmentOf, openContent, sealContent } from '../../../functions/audit/domain/commitment.ts';
import {
  GENESIS,
  readEntry,
  readStandingAlone,
  refusalOf,
  writeEntry,
} from '../../../functions/audit/domain/entry.ts';
import type { AuditEvent } from '../../../functions/contracts/audit.ts';
import { anEvent } from '../support/event-builder.ts';

const START = { size: 0, hash: GENESIS };
const AT = Date.UTC(2026, 10, 21, 8, 31);

describe('entries', () => {
  test('are canonical JSON with place, chain and own hash', () => {
    const { bytes, head } = writeEntry(anEvent(), START, AT);
    const { hash, ...rest } = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
    expect(Object.keys(rest)).toEqual(Object.keys(rest).sort());
    expect(rest).toEqual({
      ...anEvent(),
      v: 1,
      seq: 0,
      prev_hash: GENESIS,
      logged_at: '2026-11-21T08:31:00.000Z',
    });
    // What anybody can compute: the same text without its member `hash`.
    const without = Buffer.from(bytes)
      .toString()
      .replace(`"hash":"${String(hash)}",`, '');
    expect(createHash('sha256').update(without).digest('hex')).toBe(hash);
    expect(head).toEqual({ size: 1, hash });
  });

  test('follow each other, and no other entry fits in between', () => {
    const first = writeEntry(anEvent(), START, AT);
    const second = writeEntry(anEvent({ id: 'second' }), first.head, AT);
    const third = writeEntry(anEvent({ id: 'third' }), second.head, AT);
    expect(readEntry(second.bytes, first.head)).toMatchObject({ ok: true, value: { head: second.head } });
    expect(readEntry(third.bytes, first.head)).toEqual({ ok: false, error: 'says that it is entry 2' });
    const fork = writeEntry(anEvent({ id: 'other' }), START, AT);
    expect(readEntry(second.bytes, fork.head).ok).toBe(false);
  });

  test('no bit of one can be changed', () => {
    const { bytes } = writeEntry(anEvent({ subject: 'agent \u00e9 \u{1F916}' }), START, AT);
    for (let at = 0; at < bytes.length * 8; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7));
      expect(readEntry(changed, START).ok).toBe(false);
    }
  });

  test('written in any other way are refused', () => {
    const text = Buffer.from(writeEntry(anEvent(), START, AT).bytes).toString();
    for (const other of [
      `${text} `,
      text.replace('":', '": '),
      text.replace('{"actor":"detector",', '{"actor":"detector","actor":"detector",'),
      text.replace('0.98', '9.8e-1'),
      text.replace('"finding"', '"\\u0066inding"'),
      text.replace('"v":1', '"v":1,"w":2'),
    ]) {
      expect(other).not.toBe(text);
      expect(readEntry(Buffer.from(other), START).ok).toBe(false);
    }
  });

  test('of any event can be read again, or the event was refused', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
        fc.string({ minLength: 1 }),
        (data, id) => {
          const event = anEvent({ id, data: data as ReturnType<typeof anEvent>['data'] });
          if (refusalOf(event) !== undefined) return;
          const { bytes, head } = writeEntry(event, START, AT);
          const read = readEntry(bytes, START);
          expect(read.ok && read.value.head).toEqual(head);
          expect(read.ok && JSON.stringify(read.value.entry.data)).toBeDefined();
        },
      ),
    );
  });

  test('an event that is too long, or that JSON has no one way to write, is refused without a word of it', () => {
    expect(refusalOf(anEvent())).toBeUndefined();
    expect(refusalOf(anEvent({ data: { text: 'x'.repeat(64_000) } }))).toMatch(
      /^has 64\d{3} bytes of at most 64000/,
    );
    expect(refusalOf(anEvent({ data: { text: '\ud800' } }))).toMatch('no one way to write');
    expect(refusalOf(anEvent({ subject: '' }))).toBe('is not of the form of an entry');
  });

  test.each([
    ['{"__proto__":null}', false],
    ['{"1":{"__proto__":{"hidden":true}},"0":1}', false],
    ['{"text":"\\"__proto__\\":1"}', true],
  ])('a member that readers may not show is refused: %s', (json, isTaken) => {
    const data = JSON.parse(json) as AuditEvent['data'];
    const refusal = refusalOf(anEvent({ data }));
    if (isTaken) expect(refusal).toBeUndefined();
    else expect(refusal).toContain('__proto__');
  });

  test('the longest event fits a bundle', () => {
    const base = JSON.stringify(anEvent({ data: { text: '' } })).length;
    const event = anEvent({ data: { text: 'x'.repeat(64_000 - base) } });
    expect(refusalOf(event)).toBeUndefined();
    expect(
      writeEntry(event, { size: Number.MAX_SAFE_INTEGER - 1, hash: GENESIS }, AT).bytes.length,
    ).toBeLessThan(65_536);
  });
});

describe('commitments', () => {
  test('open with what was committed to, and with nothing else', () => {
    const [salt, content] = [randomBytes(32), Buffer.from('jane@example.com')];
    const commitment = commitmentOf(salt, content);
    const sealed = sealContent(salt, content);
    expect(openContent(commitment, sealed)).toEqual(content);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openContent(commitment, changed)).toBeUndefined();
    }
    expect(openContent(commitment, sealed.subarray(0, 20))).toBeUndefined();
  });

  test('to the same content differ, so that a guess cannot be tested once the salt is gone', () => {
    const content = Buffer.from('jane@example.com');
    expect(commitmentOf(randomBytes(32), content)).not.toBe(commitmentOf(randomBytes(32), content));
  });

  test('refuse a salt of another length', () => {
    expect(() => commitmentOf(randomBytes(31), Buffer.alloc(1))).toThrow('32 bytes');
  });
});

describe('reading an entry', () => {
  const written = (data: unknown) => {
    const { bytes } = writeEntry(
      anEvent({ data: data as AuditEvent['data'] }),
      { size: 0, hash: GENESIS },
      0,
    );
    return Buffer.from(bytes).toString();
  };

  test('accepts whatever was written, and nothing that says the same in another way', () => {
    const value = fc.jsonValue({ maxDepth: 3 }).map((each) => JSON.parse(JSON.stringify(each)) as unknown);
    const wellFormed = fc.dictionary(fc.oneof(fc.string({ unit: 'grapheme' }), fc.nat().map(String)), value);
    fc.assert(
      fc.property(wellFormed, fc.nat(), (data, at) => {
        const json = JSON.stringify(data);
        fc.pre(json.isWellFormed() && !json.includes('\\ud') && !json.includes('"__proto__":'));
        const text = written({ ...data, hash: `,"hash":"${'0'.repeat(64)}"`, 10: 1, 9: 2 });
        expect(readStandingAlone(Buffer.from(text)).ok).toBe(true);
        // White space outside of strings, and members in another order, leave its meaning and change its bytes.
        const spaced = JSON.stringify(JSON.parse(text), null, 1);
        expect(readStandingAlone(Buffer.from(spaced))).toEqual({
          ok: false,
          error: 'is not written canonically',
        });
        const members = Object.entries(JSON.parse(text) as object);
        const turned = members
          .slice((at % (members.length - 1)) + 1)
          .concat(members.slice(0, (at % (members.length - 1)) + 1));
        expect(readStandingAlone(Buffer.from(JSON.stringify(Object.fromEntries(turned)))).ok).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    [
      'an escape that need not be one',
      (text: string) => text.replace('"detector"', String.raw`"\u0064etector"`),
    ],
    ['a number in another form', (text: string) => text.replace('"v":1', '"v":1.0')],
    ['a member twice', (text: string) => text.replace('"v":1', '"v":1,"v":1')],
    ['a lone surrogate', (text: string) => text.replace('"detector"', String.raw`"\ud800"`)],
    [
      'numbers as names in the order of numbers',
      (text: string) => text.replace('"10":1,"9":2', '"9":2,"10":1'),
    ],
  ])('refuses %s', (_, change) => {
    const text = written({ 10: 1, 9: 2 });
    expect(change(text)).not.toBe(text);
    expect(readStandingAlone(Buffer.from(change(text)))).toEqual({
      ok: false,
      error: 'is not written canonically',
    });
  });
});
