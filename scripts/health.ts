/**
 * `npm run health -- [--stage local|dev|prod] [--function NAME]`: asks the health function of a deployed stage.
 * Exit code: 0 ok, 1 degraded, 2 down or no answer.
 */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { parseArgs } from 'node:util';
import { askHealth, type Cloud } from './health/ask.ts';
import { EXIT_CODES, renderReport } from './health/render.ts';
import { outputOf } from './support/stage.ts';

/** The function answers within 30 s, whatever hangs behind it. */
const bounded = { maxAttempts: 2, requestHandler: { connectionTimeout: 3_000, requestTimeout: 40_000 } };

function createCloud(): Cloud {
  const lambda = new LambdaClient(bounded);
  return {
    findFunction: (stage) =>
      outputOf(stage, 'assurance', 'HealthFunctionName', 'name the function with --function'),
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
