import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';

/** Bounds of every call that a command of a person makes. */
export const bounded = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 },
};

/**
 * An output of a deployed stage.
 * @param part of the stage: `data`, `detection`, `response`, `assurance`
 * @param otherwise what else a person can do if it cannot be read, e.g. `name the table with --table`
 * @throws Error that names the stack, why it cannot be read, and what to do
 */
export async function outputOf(
  stage: string,
  part: string,
  key: string,
  otherwise?: string,
  client: Pick<CloudFormationClient, 'send'> = new CloudFormationClient(bounded),
): Promise<string> {
  const or = otherwise === undefined ? '' : `, or ${otherwise}`;
  const StackName = `shhh-${stage}-${part}`;
  if (stage === 'local' && process.env['AWS_ENDPOINT_URL'] === undefined) {
    throw new Error(
      'The local stage is wherever AWS_ENDPOINT_URL points, and it is not set. Set the variables that the emulator printed when it started.',
    );
  }
  const { Stacks = [] } = await client
    .send(new DescribeStacksCommand({ StackName }))
    .catch((error: unknown) => {
      const why = error instanceof Error ? error.message.replace(/\.$/, '') : 'unknown error';
      throw new Error(
        `The stack ${StackName} cannot be read: ${why}. Deploy it${otherwise === undefined ? ', or' : ','} name another --stage${or}.`,
        {
          cause: error,
        },
      );
    });
  const output = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
  if (output !== undefined) return output;
  throw new Error(`The stack ${StackName} has no output ${key}. Deploy it again${or}.`);
}
