import type { Settings } from './settings.ts';

export const dev: Settings = {
  stage: 'dev',
  architecture: 'arm64',
  findingRetentionDays: { LOW: 31, MEDIUM: 31, HIGH: 31, CRITICAL: 31 },
  caseMemoryDays: 400,
  logRetentionDays: 30,
  keepData: false,
  tracing: true,
  shipper: {
    host: 'lambda',
    drivers: ['tcp'],
    excludedTypes: [],
    container: { cpuUnits: 512, memoryMb: 1024 },
    runSeconds: 65,
    spacingMs: 40,
  },
  consoleUrl: 'https://shhh.example.com',
  guard: {
    requestsPerSecond: 50,
    burst: 100,
    policy: { LOW: 'redact', MEDIUM: 'redact', HIGH: 'block', CRITICAL: 'block' },
  },
  audit: { lockDays: 1 },
  revocation: { publicProviders: true, addresses: {} },
  rotation: {},
  reports: {
    timeZone: 'UTC',
    schedules: [
      { last: 'weekly', frameworks: ['pci-dss-4.0.1'] },
      { last: 'monthly', frameworks: ['gdpr', 'iso-27001-2022'] },
      { last: 'quarterly', frameworks: ['pci-dss-4.0.1', 'soc2', 'hipaa'] },
    ],
    pdf: true,
  },
  detector: { maxConcurrency: 10 },
};
