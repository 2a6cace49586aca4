import {
  ExecutionAlreadyExists,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { Workflow } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 6_000;

/** Runs as executions of a state machine, named after what they do. */
export function createStepFunctionsWorkflow(
  client: Pick<SFNClient, 'send'>,
  stateMachineArn: string,
): Workflow {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  return {
    async start(name, order) {
      try {
        await client.send(
          new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(order) }),
          bounded(),
        );
      } catch (error) {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      }
    },

    async resume(token) {
      try {
        await client.send(new SendTaskSuccessCommand({ taskToken: token, output: '{}' }), bounded());
      } catch (error) {
        if (!(error instanceof TaskDoesNotExist) && !(error instanceof TaskTimedOut)) throw error;
      }
    },
  };
}
