import { describe, expect, test } from 'vitest';
import { account, type SoakFinding, type SoakLeak } from '../../../scripts/soak/account.ts';
import { renderPlot } from '../../../scripts/soak/plot.ts';

const START = Date.UTC(2026, 10, 21, 9);
const leak = (seq: number, fork = 0): SoakLeak => ({
  core: 'ab'.repeat(32),
  fork,
  seq,
  secret: `head-${String(seq)}-${String(fork)}-tail`,
  appendedAt: START + seq,
});
const found = ({ core, seq, secret }: SoakLeak, fork = 0): SoakFinding => ({
  core,
  fork,
  position: seq,
  redactedKey: `${secret.slice(0, 6)}****${secret.slice(-8)}`,
  detectedAt: new Date(START + seq + 250).toISOString(),
  fingerprint: secret,
  correlationId: `abab.${String(fork)}.${String(seq)}`,
  rule: 'A_RULE',
});

describe('the account of a soak', () => {
  test('counts what was found, and how late', () => {
    expect(account([leak(1), leak(2)], [found(leak(2)), found(leak(1))])).toMatchObject({
      planted: 2,
      quarantined: 2,
      duplicates: 0,
      lost: 0,
      falseAlarms: [],
      p50Ms: 250,
      p99Ms: 250,
    });
  });

  test('takes a finding under another fork for the same, and tells two leaks in one place apart', () => {
    const planted = [leak(1), leak(2, 0), leak(2, 1)];
    const findings = [found(leak(1), 3), found(leak(2, 1), 1), found(leak(2, 0))];
    expect(account(planted, findings)).toMatchObject({ quarantined: 3, duplicates: 0, lost: 0 });
  });

  test('tells a second finding of a leak from one of what nobody planted', () => {
    const findings = [found(leak(1)), found(leak(1), 1), found(leak(9))];
    expect(account([leak(1), leak(3)], findings)).toMatchObject({
      quarantined: 1,
      duplicates: 1,
      falseAlarms: [found(leak(9))],
      lost: 1,
    });
  });
});

describe('the plot', () => {
  const plot = { title: 'a < b & c', durationMs: 120_000, events: [{ at: 60_000, kind: 'shipper killed' }] };

  test('holds a point for each leak and a line for each blow, inside its frame', () => {
    const svg = renderPlot({
      ...plot,
      lags: [0, 1, 500, 10_000_000].map((ms, n) => ({ at: n * 50_000, ms })),
    });
    const points = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="1.6"/g)];
    expect(points).toHaveLength(4);
    for (const [, x, y] of points) {
      expect(Number(x)).toBeLessThanOrEqual(960);
      expect(Number(y)).toBeGreaterThan(40);
      expect(Number(y)).toBeLessThan(420);
    }
    expect(svg).toContain('a &lt; b &amp; c');
    expect(svg.match(/shipper killed/g)).toHaveLength(1);
  });
});
