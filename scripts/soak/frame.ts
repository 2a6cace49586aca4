/** What every soak has in common: a stack of its own, an orderly end, and an exit code that says how it went. */
import { deployLocal, type DeployTarget, type StackOutputs } from '../deploy-local.ts';
import { startEmulator, type Emulator } from '../emulator.ts';

export interface SoakStack {
  readonly emulator: Emulator;
  readonly outputs: StackOutputs;
  /** For the clients of the emulator's services. */
  readonly options: Pick<Emulator, 'endpoint' | 'region' | 'credentials'>;
  /** Stops at the end, the last first, whatever happens. */
  readonly atEnd: (stop: () => Promise<void> | void) => void;
}

/**
 * Runs a soak on a stack of its own; the process's exit code is 0 when it holds, 1 when it does not or cannot run.
 * @param soak resolves with whether what it is about has held
 * @param deployment what its stack has of its own
 */
export async function onOwnStack(
  soak: (stack: SoakStack) => Promise<boolean>,
  deployment: Omit<DeployTarget, 'endpoint' | 'log'> = {},
): Promise<void> {
  const stops: (() => Promise<void> | void)[] = [];
  try {
    const emulator = await startEmulator({ log: console.error });
    stops.push(() => emulator.stop());
    const { endpoint, region, credentials } = emulator;
    const outputs = await deployLocal({ ...deployment, endpoint, log: console.error });
    const holds = await soak({
      emulator,
      outputs,
      options: { endpoint, region, credentials },
      atEnd: (stop) => void stops.push(stop),
    });
    process.exitCode = holds ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : 'soak: an unknown error');
    process.exitCode = 1;
  } finally {
    for (const stop of stops.reverse()) {
      await Promise.resolve()
        .then(stop)
        .catch((error: unknown) =>
          console.error(`soak: ${error instanceof Error ? error.message : 'a part'} did not stop`),
        );
    }
  }
}

/** A flag's number. Ends the process with code 2 and the reason when the text is no whole number of at least 1. */
export function wholeNumber(flag: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  console.error(`--${flag} ${text}: give a whole number of at least 1.`);
  process.exit(2);
}
