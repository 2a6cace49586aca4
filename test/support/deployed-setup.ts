import type { TestProject } from 'vitest/node';
import { deployLocal, type StackOutputs } from '../../scripts/deploy-local.ts';
import { startEmulator, type Emulator } from '../../scripts/emulator.ts';
import { freePort } from './providers/sts-stand-in.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The whole application, deployed on an emulator of its own. */
    deployed: Pick<Emulator, 'endpoint' | 'region' | 'credentials' | 'logFile'> & {
      readonly emulatorPid: number;
      readonly outputs: StackOutputs;
      /** Where the deployed system looks for STS; nothing listens there unless a journey starts it. */
      readonly stsPort: number;
    };
  }
}

/** One stack for all journeys of a run. */
export default async function provideDeployed(project: TestProject): Promise<() => Promise<void>> {
  const emulator = await startEmulator({ log: console.error });
  try {
    const { endpoint, region, credentials, logFile, pid } = emulator;
    const stsPort = await freePort();
    const outputs = await deployLocal({
      endpoint,
      providerAddresses: { 'aws.sts': `http://127.0.0.1:${stsPort}` },
      rotationPolicies: 'test/support/rotation/policies.yaml',
      log: console.error,
    });
    project.provide('deployed', {
      endpoint,
      region,
      credentials,
      logFile,
      emulatorPid: pid,
      outputs,
      stsPort,
    });
  } catch (error) {
    await emulator.stop();
    throw error;
  }
  return () => emulator.stop();
}
