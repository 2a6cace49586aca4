import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';

/** The desks answer within 20 s. */
const DESK_WAIT_MS = 25_000;
const failure = z.object({ errorMessage: z.string() });

/** What a function answers. @throws Error naming it and what it said, where it failed */
export async function askFunction(
  FunctionName: string,
  request: unknown,
  requestTimeout = DESK_WAIT_MS,
): Promise<unknown> {
  const bounded = { maxAttempts: 2, requestHandler: { connectionTimeout: 3_000, requestTimeout } };
  const { FunctionError, Payload } = await new LambdaClient(bounded).send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) }),
  );
  const payload: unknown = JSON.parse(Payload?.transformToString() ?? 'null');
  if (FunctionError === undefined) return payload;
  const told = failure.safeParse(payload);
  throw new Error(
    `The function ${FunctionName} failed: ${told.data?.errorMessage ?? FunctionError}. What was written: \`show\` tells; asking again does no harm.`,
  );
}
