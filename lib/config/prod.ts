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
  // As patterns/audit.yaml says: seven years, what most rules on records ask for.
  audit: {},
  detector: { maxConcurrency: 50 },
};
