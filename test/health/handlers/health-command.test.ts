import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { checkHealth } from '../../../functions/health/domain/check-health.ts';
import { askHealth, type Cloud } from '../../../scripts/health/ask.ts';
import { EXIT_CODES, renderReport } from '../../../scripts/health/render.ts';
import { healthyProbes, NOW } from '../../support/health-probes.ts';

const options = { clock: { now: () => NOW }, deadline: () => AbortSignal.timeout(1_000) };
const { report: healthy } = await checkHealth(healthyProbes(), options);

function cloudWith(overrides: Partial<Cloud> = {}): Cloud & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    findFunction: async (stage) => {
      asked.push(stage);
      return 'health-fn';
    },
    invoke: async (name) => {
      asked.push(name);
      return { payload: JSON.stringify(healthy) };
    },
    ...overrides,
  };
}

describe('npm run health', () => {
  test('asks the function of the stage', async () => {
    const cloud = cloudWith();
    expect(await askHealth({ stage: 'prod' }, cloud)).toEqual(healthy);
    expect(cloud.asked).toEqual(['prod', 'health-fn']);
  });

  test('asks the function that is named without looking for it', async () => {
    const cloud = cloudWith();
    await askHealth({ stage: 'dev', functionName: 'mine' }, cloud);
    expect(cloud.asked).toEqual(['mine']);
  });

  const rejecting = (message: string) => async () => {
    throw new Error(message);
  };

  test.each<[string, Partial<Cloud>, RegExp]>([
    [
      'no permission',
      { invoke: rejecting('not authorized') },
      /health-fn cannot be invoked: not authorized\. Look whether/,
    ],
    [
      'a crash',
      {
        invoke: async () => ({
          functionError: 'Unhandled',
          payload: '{"errorMessage":"environment is not usable"}',
        }),
      },
      /health-fn failed: environment is not usable\. Its log says more/,
    ],
    ['a timeout', { invoke: async () => ({ functionError: 'Unhandled', payload: '' }) }, /failed: Unhandled/],
    [
      'another function',
      { invoke: async () => ({ payload: '{"hello":1}' }) },
      /answered something that is no health report/,
    ],
  ])('names the thing, the reason and the next step for %s', async (_, overrides, words) => {
    await expect(askHealth({ stage: 'dev' }, cloudWith(overrides))).rejects.toThrow(words);
  });

  test('prints a table that aligns, and under it what is wrong and what to do', async () => {
    const { report } = await checkHealth(
      healthyProbes({ alertChannel: async () => ({ confirmed: 0, unconfirmed: 0 }) }),
      options,
    );
    expect(stripVTControlCharacters(renderReport('local', report)).split('\n')).toEqual([
      'SHHH local is degraded (2026-11-21T08:30:00.000Z)',
      '',
      'part           status    measured',
      '─────────────  ────────  ────────────────────────────────────',
      'logs           ok        logs 1, followed 1, entries behind 0',
      'database       ok        pending findings 3',
      'queue          ok        waiting 2, in flight 1, dead 0',
      'alert channel  degraded  subscribers 0, unconfirmed 0',
      '',
      'alert channel: Nobody is subscribed to the alert topic.',
      '  → Subscribe an address, a queue or a function to the alert topic.',
    ]);
  });

  test('exits with success only when all is well', () => {
    expect(EXIT_CODES).toEqual({ ok: 0, degraded: 1, down: 2 });
  });
});
