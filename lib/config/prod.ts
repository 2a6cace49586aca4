import { dev } from './dev.ts';
import type { Settings } from './settings.ts';

export const prod: Settings = {
  ...dev,
  stage: 'prod',
  logRetentionDays: 365,
  keepData: true,
  detector: { maxConcurrency: 50 },
};
