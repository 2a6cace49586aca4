import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';

const bounded = { maxAttempts: 3, requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 } };

/**
 * An output of a deployed stage.
 * @param part of the stage: `data`, `detection`, `response`, `assurance`
 * @throws Error that names the stack, why it cannot be read, and what to do
 */
export async function outputOf(stage: string, part: string, key: string): Promise<string> {
  const StackName = `shhh-${stage}-${part}`;
  if (stage === 'local' && process.env['AWS_ENDPOINT_URL'] === undefined) {
    throw new Error(
      'The local stage is wherever AWS_ENDPOINT_URL points, and it is not set. Set the variables that the emulator printed when it started.',
    );
  }
  const { Stacks = [] } = await new CloudFormationClient(bounded)
    .send(new DescribeStacksCommand({ StackName }))
    .catch((error: unknown) => {
      const why = error instanceof Error ? error.message.replace(/\.$/, '') : 'unknown error';
      throw new Error(`The stack ${StackName} cannot be read: ${why}. Deploy it, or name another --stage.`, {
        cause: error,
      });
    });
  const output = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
  if (output !== undefined) return output;
  throw new Error(`The stack ${StackName} has no output ${key}. Deploy it again.`);
}
