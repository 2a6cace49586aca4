import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { reviewAnswer, type ReviewAnswer, type ReviewRequest } from '../../functions/contracts/review.ts';

/** The function answers within 20 s. */
const bounded = { maxAttempts: 2, requestHandler: { connectionTimeout: 3_000, requestTimeout: 25_000 } };
const failure = z.object({ errorMessage: z.string() });

/** Asks the review function. @throws Error that says why there is no answer; whether a decision was written is then unknown */
export async function askReview(request: ReviewRequest, FunctionName: string): Promise<ReviewAnswer> {
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
