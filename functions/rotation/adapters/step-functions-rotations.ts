import { ExecutionAlreadyExists, StartExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { RotationWorkflow } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 6_000;

/** Runs as executions of a state machine, named after what they do. */
export function createStepFunctionsRotations(
  client: Pick<SFNClient, 'send'>,
  stateMachineArn: string,
): RotationWorkflow {
  return {
    async start(name, order) {
      try {
        await client.send(
          new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(order) }),
          { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
        );
      } catch (error) {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      }
    },
  };
}
