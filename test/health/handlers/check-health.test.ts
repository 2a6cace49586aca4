import { describe, expect, test, vi } from 'vitest';
import { healthReport } from '../../../functions/contracts/health.ts';
import { answerHealth } from '../../../functions/health/check-health.lambda.ts';
import { checkHealth, type Probes } from '../../../functions/health/domain/check-health.ts';
import { healthyProbes, NOW } from '../../support/health-probes.ts';

const clock = { now: () => NOW };

async function answer(overrides: Partial<Probes> = {}) {
  const logger = { info: vi.fn(), warn: vi.fn() };
  const metrics = { addMetric: vi.fn(), publishStoredMetrics: vi.fn() };
  const report = await answerHealth({ probes: healthyProbes(overrides), clock, logger, metrics });
  return { report, logger, metrics };
}

const failing = (name: string) => async () => {
  throw Object.assign(new Error('a message that may quote what was asked for'), { name });
};

describe('check-health', () => {
  test('answers the contract, and counts what waits for a review', async () => {
    const { report, metrics, logger } = await answer();
    expect(healthReport.parse(report)).toEqual(report);
    expect(report).toMatchObject({ status: 'ok', checkedAt: '2026-11-21T08:30:00.000Z' });
    expect(metrics.addMetric.mock.calls).toEqual([
      ['UnhealthyComponents', 'Count', 0],
      ['QuarantineSize', 'Count', 3],
    ]);
    expect(metrics.publishStoredMetrics).toHaveBeenCalledOnce();
    expect(logger.info).toHaveBeenCalledWith('health_checked', { status: 'ok' });
  });

  test.each(['logs', 'database', 'queue', 'alertChannel'] as const)(
    'answers when %s cannot be looked at, and looks at the others',
    async (component) => {
      const { report, metrics } = await answer({ [component]: failing('AccessDeniedException') });
      expect(report.status).toBe('down');
      expect(report.components[component]).toMatchObject({
        status: 'down',
        reason: expect.stringMatching(/did not answer: AccessDeniedException\.$/) as unknown,
      });
      const statuses = Object.values(report.components).map(({ status }) => status);
      expect(statuses.filter((status) => status === 'ok')).toHaveLength(3);
      expect(metrics.addMetric).toHaveBeenCalledWith('UnhealthyComponents', 'Count', 1);
      expect(JSON.stringify(report)).not.toContain('quote');
    },
  );

  test('does not report a size that it could not count: none is not zero', async () => {
    const { metrics } = await answer({ database: failing('ResourceNotFoundException') });
    expect(metrics.addMetric).not.toHaveBeenCalledWith(
      'QuarantineSize',
      expect.anything(),
      expect.anything(),
    );
  });

  test('says in its log what is wrong', async () => {
    const { logger } = await answer({ queue: async () => ({ waiting: 0, inFlight: 0, dead: 2 }) });
    expect(logger.warn).toHaveBeenCalledExactlyOnceWith('health_checked', {
      status: 'degraded',
      unhealthy: { queue: expect.objectContaining({ status: 'degraded' }) as unknown },
    });
  });

  test('does not wait for a part that hangs, even one that ignores its signal', async () => {
    const { report } = await checkHealth(healthyProbes({ database: () => new Promise(() => undefined) }), {
      clock,
      deadline: () => AbortSignal.timeout(20),
    });
    expect(report.components.database).toMatchObject({
      status: 'down',
      reason: 'The quarantine table did not answer: it took too long.',
    });
    expect(report.components.logs.status).toBe('ok');
  });

  test('is not thrown off by a probe that throws before it waits', async () => {
    const { report } = await answer({
      logs: () => {
        throw new Error('not even a promise');
      },
    });
    expect(report.components.logs.status).toBe('down');
  });
});
