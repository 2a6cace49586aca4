/** Steps that are wrong in one place each: the model that holds the real ones has to catch every one of them. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { takeStep } from '../../../functions/rotation/domain/take-step.ts';
import { rotationModel } from './model.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const STEPS = 'functions/rotation/domain/take-step.ts';

/** What is wrong, and how: a text of the source and what stands there instead. */
const MUTANTS: readonly (readonly [wrong: string, from: string, to: string])[] = [
  [
    'verifies nothing',
    "if (tested.verdict === 'passed')\n    return conclude(record, dependencies, {",
    'if (tested)\n    return conclude(record, dependencies, {',
  ],
  [
    'leaves the rotator’s own look as the only test',
    'terms.tests.has(name))\n      .map',
    'false && name)\n      .map',
  ],
  ['takes no claim', 'if (record.claim !== undefined && record.claim.until > nowMs)', 'if (false)'],
  [
    'does not look whether the claim was written',
    'if (!(await store.write(claimed, record.revision, undefined))) return again(1);',
    'await store.write(claimed, record.revision, undefined);',
  ],
  ['waits for no consumer', 'if (late.length === 0) return goOn();', 'return goOn();'],
  [
    'retires the old one before anything else',
    'const { answer, calls } = await rotator.install(order, value);',
    'await rotator.retire(order, order.current);\n    const { answer, calls } = await rotator.install(order, value);',
  ],
  [
    'destroys the old one on the way back',
    ': await rotator.destroy(order, staged?.value);',
    ': await rotator.destroy(order, order.current);',
  ],
  [
    'destroys the new one before the old one is published again',
    "const revived = await revive(opened);\n      if (revived !== 'works') return revived;\n      if (!(await",
    'await opened.rotator.destroy(opened.order, opened.staged?.value);\n      if (!(await',
  ],
  [
    'leaves the new one on the way back',
    ': await rotator.destroy(order, staged?.value);',
    ': NOTHING_TO_DO;',
  ],
  [
    'leaves the label of what it has staged',
    "await vault.unlabel(policy.secret, 'AWSPENDING', toVersion);",
    '',
  ],
  [
    'believes that what was retired is dead',
    "if (answer.outcome !== 'dead') {",
    "if (answer.outcome === 'unavailable') {",
  ],
  [
    'retires what is published again',
    "if (!(await isCurrent(opened, record.toVersion, dependencies.vault))) return turnBack('overtaken');\n    if (record.strategy",
    'if (record.strategy',
  ],
  [
    'tests for ever',
    'if (record.attempts + 1 < most)\n    return {\n      events: [...events, TRIED],',
    'if (record.attempts >= 0)\n    return {\n      events: [...events, TRIED],',
  ],
  [
    'goes on from a wait that never ends',
    'if (nowMs < waitsUntil) return',
    'if (nowMs < waitsUntil + Number.POSITIVE_INFINITY) return',
  ],
  [
    'turns back and forgets to undo',
    'const overtaken = current?.versionId !== fromVersion;',
    "const overtaken = true; if (overtaken) return { events: [{ type: 'moved', move: 'roll_back' }], answer: END };",
  ],
];

const module = z.object({ takeStep: z.custom<typeof takeStep>((value) => typeof value === 'function') });
let tree: string;

beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'shhh-rotation-mutants-'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(tree, 'node_modules'));
  writeFileSync(path.join(tree, 'package.json'), '{"type":"module"}');
  for (const part of ['functions/kernel', 'functions/contracts', 'functions/rotation/domain'])
    cpSync(path.join(ROOT, part), path.join(tree, part), { recursive: true });
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

async function mutated(from: string, to: string, number: number): Promise<typeof takeStep> {
  const source = readFileSync(path.join(ROOT, STEPS), 'utf8');
  expect(source.split(from).length, 'the text to change stands in the source, once').toBe(2);
  const file = path.join(tree, STEPS.replace('.ts', `-${number}.ts`));
  writeFileSync(
    file,
    source.replace(from, () => to),
  );
  const imported: unknown = await import(/* @vite-ignore */ pathToFileURL(file).href);
  return module.parse(imported).takeStep;
}

describe('the model of a rotation', () => {
  test.each(MUTANTS.map((mutant, index) => [...mutant, index] as const))(
    'catches steps that: %s',
    { timeout: 120_000 },
    async (_wrong, from, to, index) => {
      const steps = await mutated(from, to, index);
      const { failed } = await fc.check(rotationModel(steps), { numRuns: 1_500, endOnFailure: true });
      expect(failed).toBe(true);
    },
  );
});
