/** What is rotated, how, when, tested by what, and what counts when somebody is late or the secret has leaked. */
import { z } from 'zod';
import { rotationStrategy } from '../../contracts/rotation.ts';
import type { RotatorDescription, VerifierDescription } from './ports.ts';
import { generator } from './generator.ts';
import { schedule } from './schedule.ts';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
type Unit = keyof typeof SECONDS;
const isUnit = (text: string): text is Unit => text in SECONDS;

/** `90s`, `15m`, `24h` or `30d`, read as whole seconds. */
const duration = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,6}[smhd]$/, 'a duration is a number and a unit: 90s, 15m, 24h or 30d')
    .transform((text) => {
      const unit = text.slice(-1);
      return Number(text.slice(0, -1)) * (isUnit(unit) ? SECONDS[unit] : 0);
    })
    .refine((seconds) => seconds >= least && seconds <= most, `a duration of ${least} to ${most} seconds`);

const DAY = 86_400;
const YEAR = 365 * DAY;
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a name is lower-case words with hyphens');
/** A name or an ARN of Secrets Manager. */
const secretId = z.string().regex(/^[A-Za-z0-9/_+=.@:-]{1,256}$/, 'a name or an ARN of Secrets Manager');
const environment = z.enum(['local', 'dev', 'prod']);

const test = z.strictObject({
  name,
  kind: z.string().min(1),
  settings: z.record(z.string(), z.json()).default({}),
});

const managedSecret = z.strictObject({
  name,
  secret: secretId,
  /** What rules of detection and alerts call it. */
  secretType: name,
  /** Stages in which it is managed; absent means all. */
  environments: z.array(environment).min(1).optional(),
  strategy: rotationStrategy,
  rotator: z.strictObject({
    kind: z.string().min(1),
    settings: z.record(z.string(), z.json()).default({}),
  }),
  /** The secret of who may change it. */
  authority: secretId.optional(),
  /** Absent: only by age, by a person or in an emergency. */
  schedule: schedule.optional(),
  /** It is rotated when its version is older, whatever the schedule says. */
  maxAge: duration(3_600, 2 * YEAR),
  generator: name.optional(),
  tests: z.array(test).min(1, 'at least one test: what nobody has tested is not promoted'),
  /** Who uses it and says which version it uses. */
  consumers: z.array(name).default([]),
  acknowledge: z
    .strictObject({
      within: duration(0, 7 * DAY),
      /** What is done when a consumer is late: wait for a person, go on without it, or go back. */
      otherwise: z.enum(['hold', 'go_on', 'roll_back']),
      /** How long a person is waited for, and what counts when nobody comes. */
      hold: duration(60, 7 * DAY).default(DAY),
      afterHold: z.enum(['go_on', 'roll_back']).default('roll_back'),
    })
    .prefault({ within: '15m', otherwise: 'hold' }),
  /** How long the old credential lives on when all have acknowledged. */
  grace: duration(0, 7 * DAY).prefault('5m'),
  /** The provider tells that the old credential is used still: how long that is waited for, and what counts then. */
  stillUsed: z
    .strictObject({ within: duration(0, 7 * DAY), otherwise: z.enum(['go_on', 'roll_back']) })
    .prefault({ within: '1h', otherwise: 'roll_back' }),
  onLeak: z.strictObject({
    /** Whether a leak or a threat starts a rotation at once. */
    rotate: z.boolean(),
    /** `first`: nothing valid is published until the new one is; the record shows how long. `last`: no gap. */
    oldDies: z.enum(['first', 'last']),
    /** With `last`: how long revocation waits for the replacement; then what has leaked dies all the same. */
    dieWithin: duration(1, 3_600).prefault('60s'),
    /** Names of the tests that are run; the others are recorded as skipped. */
    tests: z.array(name).min(1, 'at least one test also in an emergency'),
    acknowledge: duration(0, DAY),
    otherwise: z.enum(['go_on', 'roll_back']),
    grace: duration(0, DAY),
  }),
  manualSteps: z.array(z.string().min(1)).default([]),
});

/** As people write it; what it reads is what the domain works with. */
export const rotationPolicies = z
  .strictObject({
    version: z.literal(1),
    generators: z.record(name, generator),
    secrets: z.array(managedSecret),
  })
  .superRefine(({ generators, secrets }, context) => {
    const problem = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path: ['secrets', ...path], message });
    secrets.forEach((each, index) => {
      if (secrets.findIndex((other) => other.name === each.name) < index)
        problem([index, 'name'], 'there are two secrets of this name');
      if (each.generator !== undefined && !(each.generator in generators))
        problem(
          [index, 'generator'],
          `there is no generator of this name: ${known(Object.keys(generators))}`,
        );
      const tests = each.tests.map((one) => one.name);
      tests.forEach((one, at) => {
        if (tests.indexOf(one) < at)
          problem([index, 'tests', at, 'name'], 'there are two tests of this name');
      });
      each.onLeak.tests.forEach((one, at) => {
        if (!tests.includes(one))
          problem([index, 'onLeak', 'tests', at], `there is no test of this name: ${known(tests)}`);
      });
      if (each.onLeak.oldDies === 'first' && each.onLeak.otherwise === 'roll_back')
        problem([index, 'onLeak', 'otherwise'], 'what has died first cannot be gone back to: go_on');
      const { oldDies, dieWithin, acknowledge, grace } = each.onLeak;
      if (oldDies === 'last' && acknowledge + grace >= dieWithin)
        problem(
          [index, 'onLeak', 'dieWithin'],
          `what has leaked would die after ${dieWithin} s, while consumers have ${acknowledge + grace} s: lengthen it, or give them less`,
        );
      if (each.authority === each.secret)
        problem([index, 'authority'], 'a secret is no authority over itself');
    });
  });
export type RotationPolicies = z.output<typeof rotationPolicies>;
export type ManagedSecret = RotationPolicies['secrets'][number];

const known = (names: readonly string[]): string => `known are ${names.join(', ') || 'none'}`;

/** A problem and its place in the document. */
export interface PolicyProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Whether the kinds that policies name exist, can do what is asked, and understand their settings. */
export function checkKinds(
  { secrets }: RotationPolicies,
  rotators: readonly RotatorDescription[],
  verifiers: readonly VerifierDescription[],
): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  secrets.forEach(({ strategy, rotator, tests, authority }, index) => {
    const problem = (path: readonly (string | number)[], message: string) =>
      problems.push({ path: ['secrets', index, ...path], message });
    const settings = (path: readonly (string | number)[], schema: z.ZodType, given: unknown) => {
      const read = schema.safeParse(given);
      for (const issue of read.error?.issues ?? [])
        problem([...path, 'settings', ...issue.path.map(String)], issue.message);
    };
    const kind = rotators.find((each) => each.kind === rotator.kind);
    if (kind === undefined)
      problem(['rotator', 'kind'], `there is no rotator of this kind: ${known(rotators.map((r) => r.kind))}`);
    else {
      settings(['rotator'], kind.settings, rotator.settings);
      if (strategy !== 'external' && kind.settings.safeParse(rotator.settings).success) {
        if (kind.overlap(strategy, rotator.settings) === undefined)
          problem(['strategy'], `the rotator ${kind.kind} cannot rotate by this strategy`);
        if (kind.needsAuthority(strategy, rotator.settings) && authority === undefined)
          problem(
            ['authority'],
            `the rotator ${kind.kind} needs the secret of who may change the credential`,
          );
      }
    }
    tests.forEach((each, at) => {
      const verifier = verifiers.find((one) => one.kind === each.kind);
      if (verifier === undefined)
        problem(
          ['tests', at, 'kind'],
          `there is no test of this kind: ${known(verifiers.map((v) => v.kind))}`,
        );
      else settings(['tests', at], verifier.settings, each.settings);
    });
  });
  return problems;
}

/** What counts for one rotation: the policy's terms, or those for emergencies. */
export interface Terms {
  readonly tests: ReadonlySet<string>;
  readonly acknowledgeSeconds: number;
  readonly late: 'hold' | 'go_on' | 'roll_back';
  readonly graceSeconds: number;
  readonly stillUsed: { readonly within: number; readonly otherwise: 'go_on' | 'roll_back' };
  readonly oldDies: 'first' | 'last';
}

export function termsOf(policy: ManagedSecret, emergency: boolean): Terms {
  const { onLeak, acknowledge, grace, stillUsed, tests } = policy;
  if (emergency)
    return {
      tests: new Set(onLeak.tests),
      acknowledgeSeconds: onLeak.acknowledge,
      late: onLeak.otherwise,
      graceSeconds: onLeak.grace,
      stillUsed: { within: 0, otherwise: 'go_on' },
      oldDies: onLeak.oldDies,
    };
  return {
    tests: new Set(tests.map((each) => each.name)),
    acknowledgeSeconds: acknowledge.within,
    late: acknowledge.otherwise,
    graceSeconds: grace,
    stillUsed,
    oldDies: 'last',
  };
}

/** Those that are managed in a stage. */
export function managedIn({ secrets }: RotationPolicies, stage: string): readonly ManagedSecret[] {
  return secrets.filter(({ environments }) => environments?.some((each) => each === stage) ?? true);
}
