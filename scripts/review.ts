/** `npm run review -- list | findings | show CASE | confirm CASE --reason … | …`: the cases of a deployed stage, and decisions about them. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { reviewAnswer, type ReviewAnswer, type ReviewRequest } from '../functions/contracts/review.ts';
import { parseReviewCommand, renderAnswer, type ReviewCommand } from './review/commands.ts';
import { outputOf } from './support/stage.ts';

/** The function answers within 20 s. */
const bounded = { maxAttempts: 2, requestHandler: { connectionTimeout: 3_000, requestTimeout: 25_000 } };
const text = { type: 'string' } as const;
const failure = z.object({ errorMessage: z.string() });

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ status: text, severity: text, type: text, agent: text, fingerprint: text },
      ...{ from: text, until: text, limit: text, cursor: text },
      ...{ reason: text, reviewer: text, seen: text, stage: text },
    },
  });
  const command = parseReviewCommand(positionals, values, userInfo().username);
  if (!command.ok) throw new Error(command.error);
  const answer = await run(
    command.value,
    await outputOf(values.stage ?? 'dev', 'response', 'ReviewFunctionName'),
  );
  console.log(renderAnswer(answer));
  if (answer.answer === 'refused') process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : 'review: an unknown error');
  process.exitCode = 2;
}

async function run(command: ReviewCommand, functionName: string): Promise<ReviewAnswer> {
  if (command.do === 'ask') return ask(command.request, functionName);
  const seen = await ask({ do: 'show', caseId: command.request.caseId }, functionName);
  if (seen.answer !== 'case') return seen;
  return ask({ ...command.request, seen: seen.case.decisions }, functionName);
}

async function ask(request: ReviewRequest, FunctionName: string): Promise<ReviewAnswer> {
  const { FunctionError, Payload } = await new LambdaClient(bounded).send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) }),
  );
  const payload: unknown = JSON.parse(Payload?.transformToString() ?? 'null');
  if (FunctionError !== undefined) {
    const told = failure.safeParse(payload);
    throw new Error(
      `The review function ${FunctionName} failed: ${told.data?.errorMessage ?? FunctionError}. Whether the decision was written: \`show\` tells.`,
    );
  }
  return reviewAnswer.parse(payload);
}
