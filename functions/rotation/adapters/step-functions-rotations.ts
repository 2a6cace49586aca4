import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  StartExecutionCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { RotationWorkflow } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 6_000;
/** Executions of one run that may have been cut off, one after the other. */
const MAX_EXECUTIONS = 20;

/**
 * Runs as executions of a state machine, named after what they do. One whose execution was aborted or timed out goes on
 * in another one with a number, for a name is taken for 90 days:
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export function createStepFunctionsRotations(
  client: Pick<SFNClient, 'send'>,
  stateMachineArn: string,
): RotationWorkflow {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });

  /** @returns false where the name was used */
  async function started(name: string, input: string): Promise<boolean> {
    try {
      await client.send(new StartExecutionCommand({ stateMachineArn, name, input }), bounded());
      return true;
    } catch (error) {
      if (error instanceof ExecutionAlreadyExists) return false;
      throw error;
    }
  }

  async function isRunning(name: string): Promise<boolean> {
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    const { status } = await client.send(new DescribeExecutionCommand({ executionArn }), bounded());
    return status === 'RUNNING';
  }

  return {
    async start(run, order) {
      const input = JSON.stringify(order);
      for (let number = 1; number <= MAX_EXECUTIONS; number += 1) {
        const name = number === 1 ? run : `${run}-${number}`;
        if ((await started(name, input)) || (await isRunning(name))) return;
      }
      throw new Error(`${MAX_EXECUTIONS} executions of ${run} have ended before it did.`);
    },
  };
}
