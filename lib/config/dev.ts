import type { Settings } from './settings.ts';

export const dev: Settings = {
  stage: 'dev',
  architecture: 'arm64',
  findingRetentionDays: { LOW: 31, MEDIUM: 31, HIGH: 31, CRITICAL: 31 },
  caseMemoryDays: 400,
  logRetentionDays: 30,
  keepData: false,
  tracing: true,
  shipper: { runSeconds: 65, spacingMs: 60 },
  consoleUrl: 'https://shhh.example.com',
  guard: {
    requestsPerSecond: 50,
    burst: 100,
    policy: { LOW: 'redact', MEDIUM: 'redact', HIGH: 'block', CRITICAL: 'block' },
  },
  detector: { maxConcurrency: 10 },
};
