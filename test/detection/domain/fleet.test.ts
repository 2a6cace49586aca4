import { describe, expect, it } from 'vitest';
import { createEntries } from '../../support/fleet/entries.ts';
import { createLeak, LEAK_TYPES } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { projectScanner } from '../support/scanner.ts';

describe('the project’s rules on a fleet’s entries', () => {
  const scanner = projectScanner();

  it('alarm on none of 10,000 entries without a leak', () => {
    const entries = createEntries(createRandom(7));
    const clean = Array.from({ length: 10_000 }, (_, index) =>
      entries.next(index, 1_790_000_000_000 + index),
    );
    expect(
      scanner.scan(clean).map((match) => ({ rule: match.rule, entry: clean[match.entry]?.toString() })),
    ).toEqual([]);
  });

  it.each(LEAK_TYPES)('find every planted %s, each once and nothing else', (type) => {
    const random = createRandom(11);
    const entries = createEntries(random);
    for (let round = 0; round < 60; round += 1) {
      const leak = createLeak(type, random);
      const entry = entries.next(round, 1_790_000_000_000, leak);
      const found = scanner.scan([entry]);
      expect(found.map((match) => match.secretType).toSorted(), entry.toString()).toEqual(
        leak.secrets.map((secret) => secret.type).toSorted(),
      );
      const cut = found.map((match) => match.secret.reveal());
      for (const { secret } of leak.secrets)
        expect(
          cut.some((text) => text === secret || text === JSON.stringify(secret).slice(1, -1)),
          entry.toString(),
        ).toBe(true);
    }
  });
});
