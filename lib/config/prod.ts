import { dev } from './dev.ts';
import type { Settings } from './settings.ts';

export const prod: Settings = {
  ...dev,
  stage: 'prod',
  logRetentionDays: 365,
  keepData: true,
  // Each traced run costs; turn it on while you look for something.
  tracing: false,
  guard: { ...dev.guard, requestsPerSecond: 500, burst: 1_000 },
  // Seven years: what most rules on records ask for.
  audit: { lockDays: 2_557 },
  detector: { maxConcurrency: 50 },
};
