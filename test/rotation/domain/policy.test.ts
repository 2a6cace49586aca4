import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { rotationKinds } from '../../../functions/rotation/adapters/kinds.ts';
import { compilePolicies } from '../../../functions/rotation/domain/compile-policies.ts';
import { DEFAULT_GENERATOR, generator, newPassword } from '../../../functions/rotation/domain/generator.ts';
import { termsOf } from '../../../functions/rotation/domain/policy.ts';
import { aManagedSecret } from '../../support/rotation-builder.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const { rotators, verifiers } = rotationKinds();
const compile = (text: string) => compilePolicies('rotation.yaml', text, rotators, verifiers);

const SOUND = `version: 1
generators:
  plain: { length: 32, classes: [lower, digits] }
secrets:
  - name: signing-key
    secret: shhh/signing-key
    secretType: signing-key
    strategy: generate_only
    rotator: { kind: random }
    schedule: { at: rate(30 days) }
    maxAge: 90d
    generator: plain
    tests:
      - { name: form, kind: form }
    onLeak: { rotate: true, oldDies: last, tests: [form], acknowledge: 10s, otherwise: go_on, grace: 0s }
`;

describe('a rotation policy', () => {
  test('is read where it is sound', () => {
    expect(compile(SOUND)).toMatchObject({ ok: true });
  });

  test.each([
    ['rate(30 days)', 'rate(1 hours)', /:10: secrets\.0\.schedule\.at: not more often/],
    ['rate(30 days)', 'every monday', /:10: .*a schedule is rate\(30 days\) or cron/],
    ['rate(30 days)', 'cron(0 4 1 * MON *)', /exactly one is a \?/],
    ['maxAge: 90d', 'maxAge: 90 days', /:11: secrets\.0\.maxAge: a duration is a number and a unit/],
    [
      'kind: random',
      'kind: randm',
      /:9: secrets\.0\.rotator\.kind: there is no rotator of this kind: known are/,
    ],
    ['rotator: { kind: random }', 'rotator: { kind: random, settings: { feild: a } }', /:9: .*settings/],
    ['kind: form', 'kind: from', /:14: secrets\.0\.tests\.0\.kind: there is no test of this kind/],
    [
      'strategy: generate_only',
      'strategy: dual_phase',
      /:8: secrets\.0\.strategy: the rotator random cannot/,
    ],
    ['generator: plain', 'generator: plane', /:12: secrets\.0\.generator: there is no generator/],
    ['tests: [form]', 'tests: [from]', /:15: secrets\.0\.onLeak\.tests\.0: there is no test of this name/],
    ['acknowledge: 10s', 'acknowledge: 60s', /onLeak\.dieWithin: .* after 60 s, while consumers have 60 s/],
    [
      'oldDies: last, tests: [form], acknowledge: 10s, otherwise: go_on',
      'oldDies: first, tests: [form], acknowledge: 10s, otherwise: roll_back',
      /died first cannot be gone back to/,
    ],
    ['      - { name: form, kind: form }\n', '      []\n', /at least one test/],
    ['length: 32', 'length: 12', /:3: generators\.plain\.length: at least 20/],
  ])('with %s as %s is refused, with the line and what to write', (from, to, why) => {
    const compiled = compile(SOUND.replace(from, to));
    expect(compiled.ok).toBe(false);
    if (!compiled.ok) expect(compiled.error.join('\n')).toMatch(why);
  });

  test('of the docs is a sound one, and so is what is shipped', () => {
    const docs = readFileSync(path.join(ROOT, 'docs/rotation.md'), 'utf8');
    const examples = [...docs.matchAll(/```yaml\n(version: 1[\s\S]*?)```/g)].map(([, yaml]) => yaml ?? '');
    expect(examples.length).toBeGreaterThan(0);
    for (const text of [...examples, readFileSync(path.join(ROOT, 'patterns/rotation.yaml'), 'utf8')]) {
      const compiled = compile(text);
      expect(compiled.ok ? [] : compiled.error).toEqual([]);
    }
  });

  test('has other terms in an emergency, and leaves no test out silently', () => {
    const policy = aManagedSecret();
    expect([...termsOf(policy, false).tests]).toEqual(['signs-in', 'may-read']);
    expect(termsOf(policy, true)).toMatchObject({ late: 'go_on', acknowledgeSeconds: 10, graceSeconds: 0 });
    expect([...termsOf(policy, true).tests]).toEqual(['signs-in']);
  });
});

describe('a generated password', () => {
  test('has its length, every class, and no other character', () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.nat(1_000_000)),
        fc.subarray(['lower', 'upper', 'digits'] as const, { minLength: 1 }),
        fc.constantFrom('', '-_'),
        (numbers, classes, symbols) => {
          const asked = generator.safeParse({ length: 40, classes, symbols, without: '0O1lI' });
          if (!asked.success) return;
          const below = (limit: number) => (numbers.next().value ?? 0) % limit;
          const password = newPassword(asked.data, below).reveal();
          expect(password).toHaveLength(40);
          expect(password).not.toMatch(/[0O1lI]/);
          const patterns = { lower: /[a-z]/, upper: /[A-Z]/, digits: /[0-9]/ };
          for (const each of classes) expect(password).toMatch(patterns[each]);
          expect(password).toMatch(/^[A-Za-z0-9_-]+$/);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('is not to be guessed where no generator is named', () => {
    expect(generator.safeParse(DEFAULT_GENERATOR).success).toBe(true);
  });
});
