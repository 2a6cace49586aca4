import type { Settings } from './settings.ts';

export const dev: Settings = {
  stage: 'dev',
  architecture: 'arm64',
  findingRetentionDays: 31,
  logRetentionDays: 30,
  keepData: false,
  tracing: true,
  shipper: { runSeconds: 65, spacingMs: 60 },
  detector: { maxConcurrency: 10 },
};
