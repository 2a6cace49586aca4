import type { TestProject } from 'vitest/node';
import { deployLocal, type StackOutputs } from '../../scripts/deploy-local.ts';
import { startEmulator, type Emulator } from '../../scripts/emulator.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The whole application, deployed on an emulator of its own. */
    deployed: Pick<Emulator, 'endpoint' | 'region' | 'credentials' | 'logFile'> & {
      readonly emulatorPid: number;
      readonly outputs: StackOutputs;
    };
  }
}

/** One stack for all journeys of a run. */
export default async function provideDeployed(project: TestProject): Promise<() => Promise<void>> {
  const emulator = await startEmulator({ log: console.error });
  try {
    const { endpoint, region, credentials, logFile, pid } = emulator;
    const outputs = await deployLocal({ endpoint, log: console.error });
    project.provide('deployed', { endpoint, region, credentials, logFile, emulatorPid: pid, outputs });
  } catch (error) {
    await emulator.stop();
    throw error;
  }
  return () => emulator.stop();
}
