import { defineConfig } from 'vitest/config';

/**
 * Fast first: `unit` needs nothing but the native layer, `adapters` an emulator with nothing in it,
 * `journeys` the whole application deployed on one.
 */
export default defineConfig({
  test: {
    reporters: ['default'],
    // More than the two processors that CI has: tests of processes and networks wait more than they work.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/adapters/**', 'test/journeys/**', 'test/platform/deployed/**'],
          globalSetup: ['test/support/setup.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'adapters',
          include: ['test/**/adapters/**/*.test.ts', 'test/platform/deployed/**/*.test.ts'],
          globalSetup: ['test/support/emulator-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'journeys',
          include: ['test/journeys/**/*.test.ts'],
          globalSetup: ['test/support/deployed-setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // One stack for all of them: two journeys at once would see each other's findings.
          fileParallelism: false,
        },
      },
    ],
  },
});
