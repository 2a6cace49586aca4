import { describe, expect, test } from 'vitest';
import { advanceRevocation } from '../../../functions/revocation/advance-revocation.lambda.ts';
import { FakeRevocationProvider } from '../../support/fake-revocation-provider.ts';
import {
  FakeEvidenceVault,
  FakeReplacements,
  FakeRevocationLimit,
  FakeRevocationStore,
  FakeWorkflow,
} from '../../support/fake-revocation-store.ts';
import { LinesLogger } from '../../support/lines-logger.ts';
import { aCaseId, aLeak, aPolicy, aRevocation } from '../../support/revocation-builder.ts';

const NOW = Date.parse('2026-11-21T08:00:02.000Z');
const order = { caseId: aCaseId(1), run: 1, do: 'revoke' };

function revoker() {
  const store = new FakeRevocationStore();
  store.records.set(aCaseId(1), aRevocation(1));
  const evidence = new FakeEvidenceVault();
  evidence.sealed.set(aLeak(1).fingerprint, 'secret-1');
  const provider = new FakeRevocationProvider({ nowMs: () => NOW });
  provider.add('secret-1', { id: 'id-1', principal: 'agent', kind: 'ordinary', propagationMs: 0 });
  const logger = new LinesLogger();
  const take = (event: unknown) =>
    advanceRevocation(event, {
      ...{
        store,
        evidence,
        logger,
        providers: async () => [provider],
        policy: aPolicy(),
        environment: 'prod' as const,
      },
      ...{ limit: new FakeRevocationLimit(), workflow: new FakeWorkflow(), clock: { now: () => NOW } },
      replacements: new FakeReplacements(),
    });
  return { take, store, evidence, logger, provider };
}

describe('one step', () => {
  test('is taken as it is asked for, and its answer holds nothing but what comes next', async () => {
    const { take, store, logger } = revoker();
    expect(await take({ step: 'identify', ...order })).toEqual({ next: 'go', waitSeconds: 0 });
    expect(store.records.get(aCaseId(1))).toMatchObject({ identity: { id: 'id-1', principal: 'agent' } });
    expect(logger.lines).toEqual([
      {
        level: 'info',
        message: 'revocation_step',
        step: 'identify',
        case_id: aCaseId(1),
        run: 1,
        next: 'go',
        wait_seconds: 0,
      },
    ]);
  });

  test('of a whole run leads to a proof', async () => {
    const { take, store, logger } = revoker();
    for (const step of ['identify', 'prove_live', 'decide', 'contain', 'kill', 'prove_dead'])
      await take({ step, ...order });
    expect(store.records.get(aCaseId(1))).toMatchObject({ status: 'proven_dead', lastSeen: 'dead' });
    expect(JSON.stringify(logger.lines)).not.toContain('secret-1');
  });

  test('that is none is refused without a word of what was sent', async () => {
    const { take } = revoker();
    const hidden = ['hidden', 'words'].join('-');
    for (const event of [
      null,
      { step: hidden, ...order },
      { step: 'kill', ...order, extra: hidden },
      { step: 'kill', ...order, run: 0 },
    ]) {
      const refused = await take(event).then(() => '', String);
      expect(refused).toMatch(/Not a step of a run: /);
      expect(refused).not.toContain(hidden);
    }
  });

  test('that fails tells its error by name alone: the history of the run keeps it', async () => {
    const { take, evidence, logger } = revoker();
    evidence.open = () => Promise.reject(new RangeError('quotes secret-1'));
    const refused = take({ step: 'identify', ...order });
    await expect(refused).rejects.toThrow(/^The step identify failed: RangeError$/);
    await refused.catch((error: unknown) => expect(error).not.toHaveProperty('cause'));
    expect(logger.lines[0]).toMatchObject({
      level: 'error',
      message: 'revocation_step_failed',
      step: 'identify',
    });
  });
});
