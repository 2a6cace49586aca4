import {
  CreateStateMachineCommand,
  ListExecutionsCommand,
  SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { createStepFunctionsRotations } from '../../../functions/rotation/adapters/step-functions-rotations.ts';
import { awsOptions } from '../../support/emulator-client.ts';

const client = new SFNClient(awsOptions(inject('endpoint')));

test('a run is started once, and goes on in another execution where one was aborted', async () => {
  const { stateMachineArn = '' } = await client.send(
    new CreateStateMachineCommand({
      name: `rotation-${randomUUID()}`,
      roleArn: 'arn:aws:iam::000000000000:role/any',
      definition: JSON.stringify({
        StartAt: 'Stay',
        States: { Stay: { Type: 'Wait', Seconds: 600, End: true } },
      }),
    }),
  );
  const workflow = createStepFunctionsRotations(client, stateMachineArn);
  const executions = async () => {
    const { executions: all = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
    return all.map(({ name, status }) => `${name ?? ''} ${status ?? ''}`).sort();
  };
  const stop = async (name: string) => {
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    await client.send(new StopExecutionCommand({ executionArn }));
  };
  const again = () => workflow.start('orders-db-1', { secret: 'orders-db', run: 1 });

  await Promise.all([again(), again(), again()]);
  expect(await executions()).toEqual(['orders-db-1 RUNNING']);
  await stop('orders-db-1');
  await Promise.all([again(), again()]);
  expect(await executions()).toEqual(['orders-db-1 ABORTED', 'orders-db-1-2 RUNNING']);
  await stop('orders-db-1-2');
});
