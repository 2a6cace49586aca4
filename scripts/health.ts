/**
 * `npm run health -- [--stage local|dev|prod] [--function NAME]`: asks the health function of a deployed stage.
 * Exit code: 0 ok, 1 degraded, 2 down or no answer.
 */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { parseArgs } from 'node:util';
import { askHealth, type Cloud } from './health/ask.ts';
import { EXIT_CODES, renderReport } from './health/render.ts';

/** The function answers within 30 s, whatever hangs behind it. */
const bounded = { maxAttempts: 2, requestHandler: { connectionTimeout: 3_000, requestTimeout: 40_000 } };

function createCloud(): Cloud {
  const cloudFormation = new CloudFormationClient(bounded);
  const lambda = new LambdaClient(bounded);
  return {
    async stackOutputs(StackName) {
      const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
      return Object.fromEntries(
        (Stacks[0]?.Outputs ?? []).flatMap(({ OutputKey, OutputValue }) =>
          OutputKey === undefined || OutputValue === undefined ? [] : [[OutputKey, OutputValue]],
        ),
      );
    },
    async invoke(FunctionName) {
      const { FunctionError, Payload } = await lambda.send(
        new InvokeCommand({ FunctionName, Payload: '{}' }),
      );
      return {
        payload: Payload?.transformToString() ?? '',
        ...(FunctionError === undefined ? {} : { functionError: FunctionError }),
      };
    },
  };
}

try {
  const { values } = parseArgs({ options: { stage: { type: 'string' }, function: { type: 'string' } } });
  const stage = values.stage ?? 'dev';
  if (stage === 'local' && process.env['AWS_ENDPOINT_URL'] === undefined) {
    throw new Error(
      'The local stage is wherever AWS_ENDPOINT_URL points, and it is not set. Set the variables that the emulator printed when it started.',
    );
  }
  const report = await askHealth(
    { stage, ...(values.function === undefined ? {} : { functionName: values.function }) },
    createCloud(),
  );
  console.log(renderReport(stage, report));
  process.exitCode = EXIT_CODES[report.status];
} catch (error) {
  console.error(error instanceof Error ? error.message : 'health: an unknown error');
  process.exitCode = 2;
}
