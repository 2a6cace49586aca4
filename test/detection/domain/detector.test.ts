import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DetectedMatch } from '../../../functions/detection/domain/detector.ts';
import { detect } from '../../../functions/detection/domain/detect.ts';
import { redact } from '../../../functions/detection/domain/redact.ts';
import { createLeak, type LeakType } from '../../support/fleet/leaks.ts';
import { ALPHABETS, createRandom } from '../../support/fleet/random.ts';
import { brokenInvariant } from '../../support/detector-invariants.ts';
import { createBatch, ENCODERS, TRICKS } from '../../support/disguises.ts';
import { batchOf, NOW } from '../support/batches.ts';
import { projectScanner } from '../support/scanner.ts';

const detector = projectScanner();
const token = (seed: number, type: LeakType = 'github-pat'): string =>
  createLeak(type, createRandom(seed)).text;
const shown = (matches: readonly DetectedMatch[], text: string): unknown[] =>
  matches.map(({ offset, length, secret, disguises }) => ({
    there: Buffer.from(text).toString('utf8', offset, offset + length),
    secret: secret.reveal(),
    disguises,
  }));

describe('what is encoded', () => {
  it.each(Object.entries(ENCODERS))('is found in %s, exactly where it stands', (name, encode) => {
    const secret = token(1);
    const encoded = encode(secret);
    const text = `näive – "${encoded}" after`;
    const [match, ...others] = detector.scan([text]);
    expect(others).toEqual([]);
    expect(match?.secret.reveal()).toBe(secret);
    const from = Buffer.byteLength('näive – "');
    expect(match?.offset).toBe(from);
    const unpadded = name === 'base64 of UTF-16' ? encoded.replace(/A=*$/, '') : encoded.replace(/=+$/, '');
    expect(match?.length).toBe(unpadded.length);
  });

  it('is found after an escaped line end, which else would read as part of the token', () => {
    const text = JSON.stringify({ data: `first\n${token(2)}` });
    expect(shown(detector.scan([text]), text)).toEqual([
      { there: token(2), secret: token(2), disguises: ['escapes'] },
    ]);
  });

  it.each([
    (value: string) => JSON.stringify({ data: `DB_PASSWORD=${value}\nnext line` }),
    (value: string) => JSON.stringify({ data: `mysqldump --password=${value}\r\nnext line` }),
    (value: string) => JSON.stringify({ data: JSON.stringify({ data: `curl -u ${value}:b1\nnext` }) }),
    (value: string) => `<a data-secret=&quot;${value}&quot;>`,
    (value: string) => `storage_key=&#34;${value}&#34; next`,
  ])('ends a value that has no form of its own: %s', (place) => {
    const value = createRandom(7).text(ALPHABETS.alphanumeric, 20);
    const text = place(value);
    const [match, ...others] = detector.scan([text]);
    expect(others).toEqual([]);
    expect(match?.secret.reveal().replace(/:b1$/, '')).toBe(value);
    expect(text.slice(match?.offset, (match?.offset ?? 0) + (match?.length ?? 0))).toBe(
      match?.secret.reveal(),
    );
  });

  it('is cut with a value that it ends, for in a file of settings a backslash may be part of a password', () => {
    const rest = createRandom(8).text(ALPHABETS.alphanumeric, 12);
    const text = `DB_PASSWORD=${createRandom(7).text(ALPHABETS.alphanumeric, 20)}\\n${rest}`;
    const cut = detector.scan([text]).flatMap(({ covers }) => covers);
    expect(Math.max(...cut.map(({ offset, length }) => offset + length))).toBe(text.length);
  });

  it('is found in base64 lines within a string of JSON', () => {
    const log = `${'some output before '.repeat(9)}${token(3)}${' and after it'.repeat(9)}`;
    const text = JSON.stringify({ data: ENCODERS['base64 in lines'](log) });
    expect(detector.scan([text]).map((match) => match.secret.reveal())).toEqual([token(3)]);
  });

  it('is undone three times over, and no more', () => {
    const nested = (times: number): string => {
      let text = ` ${token(4)}`;
      for (let time = 0; time < times; time += 1) text = ENCODERS.base64(text);
      return text;
    };
    expect(detector.scan([nested(3)]).map(({ disguises }) => disguises)).toEqual([
      ['base64', 'base64', 'base64'],
    ]);
    expect(detector.scan([nested(4)])).toEqual([]);
  });

  it('leaves what stands there plainly as it is', () => {
    const text = `plain ${token(5)} and ${ENCODERS.hex(token(6))}`;
    expect(shown(detector.scan([text]), text)).toEqual([
      { there: token(5), secret: token(5), disguises: [] },
      { there: ENCODERS.hex(token(6)), secret: token(6), disguises: ['hex'] },
    ]);
  });
});

describe('what is disguised', () => {
  it.each(Object.entries(TRICKS))('is found through %s', (_name, trick) => {
    const text = `see "${trick(token(7))}" there`;
    expect(shown(detector.scan([text]), text)).toMatchObject([{ there: trick(token(7)), secret: token(7) }]);
  });

  it('is what its checksum proves, though its pieces look like another provider’s token', () => {
    // One of its pieces of four is `xoxo`.
    const secret = token(1_532_890_772);
    const text = `x ${TRICKS['dashes after four'](secret)} y`;
    expect(shown(detector.scan([text]), text)).toMatchObject([{ secret }]);
  });

  it('is found where the prefix is in another case', () => {
    const text = `key ${token(8).replace('ghp_', 'GhP_')}`;
    expect(shown(detector.scan([text]), text)).toMatchObject([{ secret: token(8), disguises: ['case'] }]);
  });

  it('is found in a list of pieces that is joined', () => {
    const text = `["${token(9).slice(0, 9)}", "${token(9).slice(9)}"].join("")`;
    expect(shown(detector.scan([text]), text)).toMatchObject([
      { secret: token(9), disguises: ['concatenation'] },
    ]);
  });

  it.each([
    ['reversed', (text: string) => Array.from(text).toReversed().join('')],
    ['with separators at uneven places', (text: string) => text.replace(/^(.{5})(.{9})(.{4})/, '$1 $2 $3 ')],
    [
      'in ROT13',
      (text: string) =>
        text.replaceAll(/[a-z]/g, (char) => String.fromCharCode(((char.charCodeAt(0) - 84) % 26) + 97)),
    ],
  ])('is not found %s: a stated limit', (_name, trick) => {
    expect(detector.scan([trick(token(10))])).toEqual([]);
  });
});

describe('a secret split over two messages', () => {
  const message = (author: string, data: string): string =>
    JSON.stringify({ author, type: 'task_progress', data: { text: data } });
  const found = (...entries: readonly string[]): unknown[] =>
    (detect([batchOf(entries)], detector, NOW)[0] ?? []).map((detection) => {
      const { position, disguise, redactedKey } = detection.toFinding(() => 'ab'.repeat(32));
      return { position, disguise, redactedKey };
    });
  const [head, tail] = [token(11).slice(0, 22), token(11).slice(22)];
  const key = `${token(11).slice(0, 4)}****${token(11).slice(-4)}`;
  const both = (second: number): unknown[] => [
    { position: 0, disguise: 'split', redactedKey: key },
    { position: second, disguise: 'split', redactedKey: key },
  ];

  it('is found in both, if one agent wrote them one after the other', () =>
    expect(found(message('a', `the key is ${head}`), message('a', `${tail} is the rest`))).toEqual(both(1)));

  it('is found across another agent’s message and behind a label', () =>
    expect(
      found(message('a', `key: ${head}...`), message('b', 'unrelated'), message('a', `part 2: ${tail}`)),
    ).toEqual(both(2)));

  it('is not looked for across agents', () =>
    expect(found(message('a', `the key is ${head}`), message('b', `${tail} is the rest`))).toEqual([]));

  it('is found in text that is no JSON', () =>
    expect(found(`first ${head}`, `${tail} last`)).toEqual(both(1)));
});

describe('every batch of planted secrets', () => {
  it('gives each secret once, exact, redacted for good, and what its entries give one by one', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(brokenInvariant(createBatch(seed), detector)).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });

  it('names a key of two literals by itself, where the second literal has the form of another key', () => {
    // A SendGrid key of which what follows the joint begins with `bu_`, as Browser Use's keys do.
    expect(brokenInvariant(createBatch(2_131_369_435), detector)).toBeUndefined();
  });
});

describe('hostile text', () => {
  it.each(['%25', '\\\\', '\\u005c', '&amp;', '" + "', 'a1 ', 'ghp_', 'GHP_a', 'QUFB', '4141', '\u200bа'])(
    'of nothing but %s costs time in proportion to its length',
    (unit) => {
      const timeOf = (bytes: number): number => {
        const text = unit.repeat(bytes / Buffer.byteLength(unit));
        const attempts = [1, 2, 3].map(() => {
          const start = process.cpuUsage();
          detector.scan([text]);
          const { user, system } = process.cpuUsage(start);
          return (user + system) / 1000;
        });
        return Math.min(...attempts);
      };
      // A square would take 64 times as long. In ms of the processor: a busy machine keeps others waiting.
      expect(timeOf(131_072)).toBeLessThan(32 * Math.max(timeOf(16_384), 10));
    },
  );

  it('of one value over and over is not listed anew for each time that it was found', () => {
    const text = ENCODERS.base64('VkZa&#38;token='.repeat(2000));
    const matches = detector.scan([text]);
    expect(matches.length).toBeGreaterThan(100);
    expect(matches.flatMap(({ covers }) => covers).length).toBeLessThan(10_000);
  });

  it('before half a secret in the next message is gone through once, dots and quotes and all', () => {
    const token = 'x9fK2mXwz4KpVq8rT2aLd7Qn';
    const halves = [`${'.'.repeat(400)}a`, `${token} and more`, `\\"${token} `.repeat(2000)];
    expect(detector.scan(halves, () => 'one agent')).toEqual([]);
  });
});

describe('tokens in another case', () => {
  it('are all found, however many stand together', () => {
    const tokens = Array.from({ length: 100 }, (_, index) => token(index, 'stripe-secret-key'));
    const text = tokens.map((one) => one.replace('sk_live_', 'SK_LIVE_')).join(',');
    expect(detector.scan([text]).map((match) => match.secret.reveal())).toEqual(tokens);
  });
});

describe('an entry that holds more that is encoded than is decoded of one', () => {
  const secret = token(5);
  const hidden = Buffer.from(`the key is ${secret}, keep it`).toString('base64');
  /** Dashes at equal steps in so many ways that each of these is looked into several times, with what follows. */
  const greedy = (times: number): string => 'a1-b2-c3-d4-----------------'.repeat(times);
  const from = (count: number): readonly DetectedMatch[] => detector.scan([`${greedy(count)} ${hidden}`]);
  /** Times from which on the secret is not decoded any more: found by halving. */
  const edge = (() => {
    let [low, high] = [0, 4_096];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (from(middle).some((match) => match.secret.reveal() === secret)) low = middle;
      else high = middle;
    }
    return high;
  })();

  it('is decoded up to its bound', () => {
    expect(edge).toBeGreaterThan(20);
    const below = from(edge - 1);
    expect(below.map((match) => match.secret.reveal())).toContain(secret);
    expect(below.filter(({ rule }) => rule === 'UNDECODED')).toEqual([]);
  });

  it('is withheld where it was not', () => {
    const text = Buffer.from(`${greedy(edge)} ${hidden}`);
    const matches = detector.scan([text]);
    expect(matches.map((match) => match.secret.reveal())).not.toContain(secret);
    const cuts = matches.map(({ covers, secret: found }) => ({
      covers,
      secret: Buffer.from(found.reveal()),
      placeholder: '[…]',
    }));
    expect(redact(text, cuts).bytes.toString()).not.toContain(hidden.slice(16, 40));
  });

  it('is told as what it is where nothing else is found in it', () => {
    const text = Buffer.from(greedy(500));
    const matches = detector.scan([text]);
    expect(matches).toMatchObject([{ entry: 0, rule: 'UNDECODED', severity: 'MEDIUM', confidence: 0.5 }]);
  });

  it('leaves the other entries of a batch as they are', () => {
    const matches = detector.scan([`${greedy(edge)} ${hidden}`, `"${hidden}"`]);
    expect(matches.filter(({ entry }) => entry === 1).map((match) => match.secret.reveal())).toEqual([
      secret,
    ]);
  });
});
