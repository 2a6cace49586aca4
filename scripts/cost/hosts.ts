/** What the shipper costs by where it runs. Pure. */
import type { Inventory } from './inventory.ts';
import { MONTH_SECONDS } from './load.ts';
import type { PriceList } from './prices.ts';

/** Of one processor, for an entry to be followed, verified, packed and sent; on the dear side of what was measured. */
const CPU_MS_PER_ENTRY = 0.25;
/** A processor that is busier than this lets entries wait. */
const BUSY = 0.6;
/** Memory for which Lambda gives one whole vCPU. Source: AWS Lambda developer guide, "Configure function memory". */
const LAMBDA_MB_PER_VCPU = 1_769;
const LAMBDA_MOST_MB = 10_240;
/** Sizes of a Fargate task that are considered, with the least memory from 1 GB on that each allows. */
const FARGATE_SIZES = [
  { vcpu: 0.25, gb: 1 },
  { vcpu: 0.5, gb: 1 },
  { vcpu: 1, gb: 2 },
  { vcpu: 2, gb: 4 },
  { vcpu: 4, gb: 8 },
] as const;

export interface HostCost {
  readonly entriesPerSecond: number;
  readonly vcpuNeeded: number;
  /** US$ a month; absent where no size is large enough. */
  readonly lambda: { readonly memoryMb: number; readonly usd: number } | undefined;
  readonly fargate: { readonly vcpu: number; readonly gb: number; readonly usd: number } | undefined;
}

/** Both hosts at the smallest size that keeps up, without a NAT gateway or public addresses. */
export function hostCost(
  entriesPerSecond: number,
  { functions, shipperRunSeconds }: Inventory,
  { prices }: PriceList,
): HostCost {
  const vcpuNeeded = (entriesPerSecond * CPU_MS_PER_ENTRY) / 1000 / BUSY;
  const memoryMb = Math.max(functions.shipper.memoryMb, Math.ceil(vcpuNeeded * LAMBDA_MB_PER_VCPU));
  const seconds = (MONTH_SECONDS / 60) * shipperRunSeconds;
  const size = FARGATE_SIZES.find(({ vcpu }) => vcpu >= vcpuNeeded);
  const hours = MONTH_SECONDS / 3600;
  return {
    entriesPerSecond,
    vcpuNeeded,
    lambda:
      memoryMb > LAMBDA_MOST_MB
        ? undefined
        : { memoryMb, usd: seconds * (memoryMb / 1024) * prices.lambdaGbSecond.usd },
    fargate: size && {
      ...size,
      usd: hours * (size.vcpu * prices.fargateVcpuHour.usd + size.gb * prices.fargateGbHour.usd),
    },
  };
}
