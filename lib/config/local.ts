import { dev } from './dev.ts';
import type { Settings } from './settings.ts';

/** The emulator: the host's architecture, for its functions run as processes of the host. */
export const local: Settings = {
  ...dev,
  stage: 'local',
  architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
  logRetentionDays: 7,
  tracing: false,
  // What leaks on a developer's machine goes to stand-ins or to nobody: `-c providerAddresses={"aws.sts":"http://…"}`.
  revocation: { publicProviders: false, addresses: {} },
  // On an arm64 host the function runs as a process of that host, where there is no binary for it.
  reports: { ...dev.reports, pdf: process.arch === 'x64' },
  // Each is a process on one machine with everything else: two that take full batches do more than ten that start.
  detector: { maxConcurrency: 2 },
};
