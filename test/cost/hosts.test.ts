import { describe, expect, it } from 'vitest';
import { hostCost } from '../../scripts/cost/hosts.ts';
import { readPriceList } from '../../scripts/cost/prices.ts';
import { smallInventory } from './small-deployment.ts';

const at = (rate: number) => hostCost(rate, smallInventory(), readPriceList());

describe('the hosts of the shipper', () => {
  it('agree with a case computed by hand', () => {
    const { lambda, fargate } = at(1);
    expect(lambda?.usd).toBeCloseTo(43_800 * 65 * 0.0000133334, 2);
    expect(fargate).toMatchObject({ vcpu: 0.25, gb: 1 });
    expect(fargate?.usd).toBeCloseTo(730 * (0.25 * 0.03238 + 0.00356), 6);
  });

  it('grow with the load, until nothing is large enough', () => {
    const costs = [1, 100, 1_000, 3_000, 8_000].map(at);
    for (const [index, { lambda, fargate }] of costs.slice(1).entries()) {
      expect(lambda?.usd ?? 0).toBeGreaterThanOrEqual(costs[index]?.lambda?.usd ?? 0);
      expect(fargate?.usd ?? 0).toBeGreaterThanOrEqual(costs[index]?.fargate?.usd ?? 0);
    }
    expect(at(100_000)).toMatchObject({ lambda: undefined, fargate: undefined });
  });
});
