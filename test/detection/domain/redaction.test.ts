/**
 * What is left of a secret after redaction, shown by what cannot be told: two texts that differ in nothing but the
 * secret are the same once redacted. Then no character of it is left beyond the kept ends of the placeholder, plainly
 * or in any encoding whatever, and nothing depends on which pieces a test happens to look for.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENCODERS, TRICKS, type Encoder, type Trick } from '../../support/disguises.ts';
import { redactedAlike } from '../../support/redacted-alike.ts';
import { createLeak, LEAK_TYPES, type LeakType } from '../../support/fleet/leaks.ts';
import { ALPHABETS, createRandom } from '../../support/fleet/random.ts';
import { readsLikeText } from '../../../functions/detection/domain/signals.ts';
import { projectScanner } from '../support/scanner.ts';

const detector = projectScanner();
const ENCODER_NAMES = Object.keys(ENCODERS).filter((name): name is Encoder => name in ENCODERS);
/** Each as wide for one secret as for another: what is around them in turn then stands at the same alignment. */
const EVEN: Readonly<Record<Encoder, (text: string) => string>> = {
  ...ENCODERS,
  entities: (text) =>
    Array.from(text, (char) => `&#${String(char.charCodeAt(0)).padStart(3, '0')};`).join(''),
};
const TRICK_NAMES = Object.keys(TRICKS).filter((name): name is Trick => name in TRICKS);

/** Types of a fixed length, so that what follows a secret stands in the same place whichever it is. */
const FIXED = LEAK_TYPES.filter((type) => type !== 'jwt' && type !== 'database-url');
/** Those with a form of their own count even where seeing them took a guess. */
const FORMED = FIXED.filter(
  (type) => !['aws-secret-access-key', 'private-key', 'twilio-api-key'].includes(type),
);

interface Plan {
  readonly type: LeakType;
  readonly seeds: readonly [number, number];
  readonly inside: readonly [string, string];
  readonly outside: readonly [string, string];
}

const seeds = fc.tuple(fc.nat(), fc.nat()).filter(([a, b]) => a !== b);
/** Words, numbers and other scripts, at any length: they move the secret to every alignment. */
const words = fc
  .array(
    fc.constantFrom('so', 'it', 'was', 'kept', '42', 'in', 'the', 'lease', 'ok.', 'a', 'naïve', '結果', '✅'),
    {
      maxLength: 12,
    },
  )
  .map((chosen) => chosen.join(' '));
const ascii = words.map((text) => text.replaceAll(/[^ -~]/g, '-'));
const planOf = (types: readonly LeakType[]): fc.Arbitrary<Plan> =>
  fc.record({
    type: fc.constantFrom(...types),
    seeds,
    inside: fc.tuple(ascii, ascii),
    outside: fc.tuple(words, words),
  });

const leakOf = (type: LeakType, seed: number): { text: string; secrets: readonly string[] } => {
  const { variable, text, companion, secrets } = createLeak(type, createRandom(seed));
  const more = companion === undefined ? '' : `\n${companion.variable}=${companion.text}`;
  // The host is part of the address and no secret.
  const value = text.replace(/@db-\d+/, '@db-7');
  return { text: `${variable}=${value}${more}`, secrets: secrets.map(({ secret }) => secret) };
};
const tokenOf = (type: LeakType, seed: number): { text: string; secrets: readonly string[] } => {
  const { text } = createLeak(type, createRandom(seed));
  return { text, secrets: [text] };
};

/** The text around, and the secret between, each at its level of encoding. */
const placed =
  (
    plan: Plan,
    leak: (type: LeakType, seed: number) => { text: string; secrets: readonly string[] },
    hide: (text: string) => string,
  ) =>
  (seed: number) => {
    const { text, secrets } = leak(plan.type, seed);
    // Of thousands of random tokens one reads like words and is let go where no checksum speaks for it: a stated limit.
    fc.pre(!secrets.some((secret) => readsLikeText(secret)));
    const [before, after] = plan.inside;
    const hidden = hide(`${before} ${text} ${after}`);
    return { entries: [Buffer.from(`${plan.outside[0]} "${hidden}" ${plan.outside[1]}`)], secrets };
  };

const nothingIsLeft = (
  types: readonly LeakType[],
  leak: (type: LeakType, seed: number) => { text: string; secrets: readonly string[] },
  hide: (text: string) => string,
  numRuns: number,
): void => {
  fc.assert(
    fc.property(planOf(types), (plan) => {
      expect(redactedAlike(detector, plan.seeds, placed(plan, leak, hide))).toBeUndefined();
    }),
    { numRuns },
  );
};

describe('of a secret that stands plainly', () => {
  it('nothing is left', () => nothingIsLeft(LEAK_TYPES, leakOf, (text) => text, 200));
  it('nothing is left in a string of JSON', () =>
    nothingIsLeft(LEAK_TYPES, leakOf, (text) => JSON.stringify({ text }).slice(1, -1), 200));
});

describe.each(ENCODER_NAMES)('of a secret in %s', (outer) => {
  it('nothing is left', () => nothingIsLeft(FIXED, leakOf, EVEN[outer], 60));
  it.each(ENCODER_NAMES)('inside of which is %s, nothing is left', (inner) =>
    nothingIsLeft(FIXED, leakOf, (text) => EVEN[outer](`see ${EVEN[inner](text)} there`), 12),
  );
  it('inside of two more, nothing is left', () => {
    fc.assert(
      fc.property(
        planOf(FORMED),
        fc.constantFrom(...ENCODER_NAMES),
        fc.constantFrom(...ENCODER_NAMES),
        (plan, middle, inner) => {
          const hide = (text: string): string =>
            EVEN[outer](`1st ${EVEN[middle](`2nd ${EVEN[inner](text)} .`)} .`);
          expect(redactedAlike(detector, plan.seeds, placed(plan, leakOf, hide))).toBeUndefined();
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe.each(TRICK_NAMES)('of a secret behind %s', (trick) => {
  const hidden = (type: LeakType, seed: number) => {
    const { text, secrets } = tokenOf(type, seed);
    // Pieces between separators without two digits among them are taken for words: a stated limit.
    fc.pre(/\d.*\d/.test(text));
    return { text: `"${TRICKS[trick](text)}"`, secrets };
  };
  it('nothing is left', () => nothingIsLeft(FORMED, hidden, (text) => text, 60));
});

describe('of a secret split over two messages', () => {
  it('nothing is left in either', () => {
    fc.assert(
      fc.property(
        planOf(['github-pat', 'npm-token', 'google-api-key', 'sendgrid-api-key', 'digitalocean-pat']),
        fc.integer({ min: 20, max: 60 }),
        (plan, at) => {
          const build = (seed: number) => {
            const { text, secrets } = tokenOf(plan.type, seed);
            // Twenty characters in a row must stand in one half, and a dot ends a row.
            const cut = Math.min(Math.max(at, plan.type === 'sendgrid-api-key' ? 24 : 20), text.length - 4);
            const message = (data: string): Buffer =>
              Buffer.from(JSON.stringify({ author: 'a', type: 'task_progress', data: { text: data } }));
            return {
              entries: [
                message(`${plan.outside[0]} ${text.slice(0, cut)}`),
                message(`${text.slice(cut)} ${plan.outside[1]}`),
              ],
              secrets,
            };
          };
          expect(redactedAlike(detector, plan.seeds, build, () => 'one agent')).toBeUndefined();
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("of AWS's secret keys without a digit, one in a thousand", () => {
  const plan: Plan = {
    type: 'aws-secret-access-key',
    seeds: [312_214_457, 1_384_149_282],
    inside: ['', ''],
    outside: ['', ''],
  };
  const build = placed(plan, leakOf, EVEN.base64);
  it('nothing is left', () => {
    const [secrets] = plan.seeds.map((seed) => build(seed).secrets);
    expect(secrets).toContainEqual(expect.stringMatching(/^[A-Za-z/+]{40}$/));
    expect(redactedAlike(detector, plan.seeds, build)).toBeUndefined();
  });
});

describe('of a secret that stands in a text more than once', () => {
  it('nothing is left of any, each in its own spelling', () => {
    fc.assert(
      fc.property(
        planOf(FORMED),
        fc.array(fc.constantFrom(...ENCODER_NAMES), { minLength: 1, maxLength: 3 }),
        (plan, others) => {
          const build = (seed: number) => {
            const { text, secrets } = tokenOf(plan.type, seed);
            const again = others.map((name) => `"${ENCODERS[name](text)}"`).join(` ${plan.inside[0]} `);
            return {
              entries: [
                Buffer.from(`${plan.outside[0]} ${text} ${plan.inside[1]} ${again} ${plan.outside[1]}`),
              ],
              secrets,
            };
          };
          expect(redactedAlike(detector, plan.seeds, build)).toBeUndefined();
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('of a password that is named once and stands there again without its name', () => {
  const again = (numRuns: number, hide: (text: string) => string): void => {
    fc.assert(
      fc.property(planOf(['aws-secret-access-key']), (plan) => {
        const build = (seed: number) => {
          const password = createRandom(seed).text(ALPHABETS.alphanumeric, 20);
          const hidden = hide(`${plan.inside[0]} ${password} ${plan.inside[1]}`);
          const text = `${plan.outside[0]} DB_PASSWORD="${password}" ${plan.outside[1]} "${hidden}"`;
          return { entries: [Buffer.from(text)], secrets: [password] };
        };
        expect(redactedAlike(detector, plan.seeds, build)).toBeUndefined();
      }),
      { numRuns },
    );
  };
  it('nothing is left plainly', () => again(50, (text) => text));
  it.each(ENCODER_NAMES)('nothing is left in %s', (name) => again(50, EVEN[name]));
  it.each(ENCODER_NAMES)('nothing is left in %s inside of any other', (inner) => {
    for (const outer of ENCODER_NAMES) again(5, (text) => EVEN[outer](`see ${EVEN[inner](text)} there`));
  });
});
