import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { describe, expect, test } from 'vitest';
import { outputOf } from '../../scripts/support/stage.ts';

/** A cloud that answers every call alike. */
const answering = (answer: () => Promise<unknown>): Pick<CloudFormationClient, 'send'> => ({ send: answer });

describe('an output of a stage', () => {
  test('is looked up in the stack of that part', async () => {
    const client = answering(async () => ({
      Stacks: [{ Outputs: [{ OutputKey: 'HealthFunctionName', OutputValue: 'health-fn' }] }],
    }));
    expect(await outputOf('dev', 'assurance', 'HealthFunctionName', undefined, client)).toBe('health-fn');
  });

  test.each([
    [
      'no stack',
      async () => {
        throw new Error('Stack does not exist.');
      },
      'shhh-dev-assurance cannot be read: Stack does not exist. Deploy it, name another --stage, or name it with --function.',
    ],
    [
      'no output',
      async () => ({ Stacks: [{ Outputs: [] }] }),
      'shhh-dev-assurance has no output HealthFunctionName. Deploy it again, or name it with --function.',
    ],
  ])('says what is missing and what to do where there is %s', async (_, answer, words) => {
    await expect(
      outputOf('dev', 'assurance', 'HealthFunctionName', 'name it with --function', answering(answer)),
    ).rejects.toThrow(words);
  });
});
