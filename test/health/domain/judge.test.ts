import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  judgeAlertChannel,
  judgeDatabase,
  judgeLogs,
  judgeQueue,
  MANY_WAITING,
  SILENT_AFTER_MS,
  STUCK_AFTER_MS,
  worstOf,
  type LogState,
} from '../../../functions/health/domain/judge.ts';
import { aFollowedLog, NOW } from '../../support/health-probes.ts';

const held = { leaseExpiresAt: NOW + 20_000 };
const other = 'cd'.repeat(32);
const join = (...logs: Pick<LogState, 'peers' | 'statuses'>[]): LogState => ({
  peers: logs.flatMap(({ peers }) => peers),
  statuses: logs.flatMap(({ statuses }) => statuses),
  ...held,
});

describe('logs', () => {
  test('are ok when every registered log is followed', () => {
    expect(judgeLogs(join(aFollowedLog(), aFollowedLog({}, other)), NOW)).toEqual({
      status: 'ok',
      details: { logs: 2, followed: 2, entriesBehind: 0 },
    });
  });

  test('are degraded when none is registered: nothing is watched', () => {
    expect(judgeLogs({ peers: [], statuses: [] }, NOW)).toMatchObject({
      status: 'degraded',
      reason: 'No log is registered, so nothing is watched.',
      nextStep: expect.stringContaining('Register') as unknown,
    });
  });

  test('are down when the shipper never ran', () => {
    expect(judgeLogs({ peers: aFollowedLog().peers, statuses: [] }, NOW)).toMatchObject({
      status: 'down',
      reason: 'The shipper has not run yet.',
    });
  });

  test.each([
    [SILENT_AFTER_MS, 'ok'],
    [SILENT_AFTER_MS + 1, 'down'],
  ])('with the shipper silent for %i ms are %s', (silence, status) => {
    const log = aFollowedLog({ updatedAt: NOW - silence });
    expect(judgeLogs({ ...log, leaseExpiresAt: 0 }, NOW).status).toBe(status);
  });

  test('stay ok in the moment between two runs, when the lease is released', () => {
    expect(judgeLogs({ ...aFollowedLog(), leaseExpiresAt: 0 }, NOW).status).toBe('ok');
  });

  test('are down when the shipper holds the lease and follows none of them', () => {
    const log = aFollowedLog({ connected: false, lastError: 'ECONNREFUSED' }, other, 'build-agents');
    expect(judgeLogs({ ...log, ...held }, NOW)).toMatchObject({
      status: 'down',
      reason: 'build-agents: not connected (ECONNREFUSED)',
    });
  });

  test.each([
    ['not connected', { connected: false }],
    ['behind: the peer was restored', { lastError: 'behind: the peer was restored' }],
    ['no word of it for 91 s', { updatedAt: NOW - 91_000 }],
    [
      '40 entries behind, without progress for 61 s',
      { remoteLength: 140, lastProgressAt: NOW - STUCK_AFTER_MS - 1_000 },
    ],
  ])('are degraded when one of them is %s', (reason, ailment) => {
    const judged = judgeLogs(join(aFollowedLog(), aFollowedLog(ailment, other)), NOW);
    expect(judged).toMatchObject({ status: 'degraded', details: { logs: 2, followed: 1 } });
    expect(judged.reason).toContain(`${other.slice(0, 16)}: ${reason}`);
  });

  test('are degraded when a newly registered one is not followed yet', () => {
    const judged = judgeLogs(join(aFollowedLog(), { ...aFollowedLog({}, other, 'new'), statuses: [] }), NOW);
    expect(judged).toMatchObject({ status: 'degraded', reason: 'new: not followed yet' });
  });

  test('that are behind and catching up are ok: a backlog is work, not a fault', () => {
    const log = aFollowedLog({ remoteLength: 1_000_000, lastProgressAt: NOW - STUCK_AFTER_MS });
    expect(judgeLogs({ ...log, ...held }, NOW)).toMatchObject({
      status: 'ok',
      details: { entriesBehind: 999_900 },
    });
  });

  test('say one reason and count the others', () => {
    const ill = { connected: false, lastError: 'x'.repeat(500) };
    const judged = judgeLogs(
      join(aFollowedLog(), aFollowedLog(ill, other), aFollowedLog(ill, 'ef'.repeat(32))),
      NOW,
    );
    expect(judged.reason).toMatch(/…; and 1 more of 3 logs$/);
    expect(judged.reason?.length).toBeLessThan(200);
  });
});

describe('the database', () => {
  test('is ok when it can be read, and says when it stopped counting', () => {
    expect(judgeDatabase({ pending: 3, orMore: false })).toEqual({
      status: 'ok',
      details: { pendingFindings: 3 },
    });
    expect(judgeDatabase({ pending: 9_000, orMore: true }).details).toEqual({
      pendingFindings: 'at least 9000',
    });
  });
});

describe('the queue', () => {
  test.each([
    [{ waiting: MANY_WAITING, inFlight: 9, dead: 0 }, 'ok', undefined],
    [{ waiting: MANY_WAITING + 1, inFlight: 9, dead: 0 }, 'degraded', /wait for the detector/],
    [{ waiting: 0, inFlight: 0, dead: 1 }, 'degraded', /dead-letter/],
  ])('%o is %s', (state, status, reason) => {
    const judged = judgeQueue(state);
    expect(judged.status).toBe(status);
    if (reason) expect(judged.reason).toMatch(reason);
  });
});

describe('the alert channel', () => {
  test.each([
    [{ confirmed: 1, unconfirmed: 0 }, 'ok', undefined],
    [{ confirmed: 0, unconfirmed: 2 }, 'degraded', /Nobody has confirmed/],
    [{ confirmed: 0, unconfirmed: 0 }, 'degraded', /Nobody is subscribed/],
  ])('%o is %s', (state, status, reason) => {
    const judged = judgeAlertChannel(state);
    expect(judged.status).toBe(status);
    if (reason) expect(judged.reason).toMatch(reason);
  });
});

describe('everything that is not ok', () => {
  test('says why and what to do', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.nat(3), fc.nat(2000), (confirmed, dead, waiting) => {
        for (const judged of [
          judgeAlertChannel({ confirmed, unconfirmed: dead }),
          judgeQueue({ waiting, inFlight: 0, dead }),
        ]) {
          const told = judged.reason !== undefined && judged.nextStep !== undefined;
          expect(told).toBe(judged.status !== 'ok');
        }
      }),
    );
  });

  test('makes the whole as bad as its worst part', () => {
    const status = fc.constantFrom('ok', 'degraded', 'down');
    fc.assert(
      fc.property(fc.array(status, { minLength: 1 }), (statuses) => {
        const worst = worstOf(statuses);
        expect(statuses).toContain(worst);
        if (worst !== 'down') expect(statuses).not.toContain('down');
        if (worst === 'ok') expect(statuses).not.toContain('degraded');
      }),
    );
  });
});
