import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { replacementAnswer } from '../../contracts/rotation.ts';
import { readJson } from '../../kernel/answers.ts';
import type { Replacements } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 15_000;

/** Asks rotation's function that compares leaks with managed secrets. */
export function createLambdaReplacements(
  client: Pick<LambdaClient, 'send'>,
  FunctionName: string,
): Replacements {
  return {
    async ask(request) {
      const { Payload, FunctionError } = await client.send(
        new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) }),
        { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
      );
      if (FunctionError !== undefined) throw new Error(`Rotation failed to answer: ${FunctionError}.`);
      const answer = replacementAnswer.safeParse(readJson(Payload?.transformToString() ?? ''));
      if (!answer.success) throw new Error('Rotation gave no answer that can be read.');
      return answer.data;
    },
  };
}

/** Where no secret is managed, none is replaced. */
export const NO_REPLACEMENTS: Replacements = { ask: () => Promise.resolve({ answer: 'not_managed' }) };
