import type { TestProject } from 'vitest/node';
import { startEmulator } from '../../scripts/emulator.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of an emulator with nothing in it, shared by the test files of a run: name what you create after your test. */
    endpoint: string;
  }
}

/** One bare emulator for the whole run. */
export default async function provideEmulator(project: TestProject): Promise<() => Promise<void>> {
  const emulator = await startEmulator({ log: console.error });
  project.provide('endpoint', emulator.endpoint);
  return () => emulator.stop();
}
