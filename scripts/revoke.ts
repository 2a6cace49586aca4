/** `npm run revoke -- CASE --why … | show CASE | approve CASE … | reject CASE … | undo CASE …`: revocations, by hand. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import {
  revocationAnswer,
  type RevocationAnswer,
  type RevocationRequest,
} from '../functions/contracts/revocation.ts';
import { parseRevokeCommand, renderRevocation } from './revoke/commands.ts';
import { outputOf } from './support/stage.ts';

/** The function answers within 20 s. */
const bounded = { maxAttempts: 2, requestHandler: { connectionTimeout: 3_000, requestTimeout: 25_000 } };
const text = { type: 'string' } as const;
const failure = z.object({ errorMessage: z.string() });

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { why: text, by: text, stage: text },
  });
  const command = parseRevokeCommand(positionals, values, userInfo().username);
  if (!command.ok) throw new Error(command.error);
  const answer = await ask(
    command.value,
    await outputOf(values.stage ?? 'dev', 'response', 'RevocationDeskName'),
  );
  console.log(renderRevocation(answer));
  if (answer.answer === 'refused') process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : 'revoke: an unknown error');
  process.exitCode = 2;
}

async function ask(request: RevocationRequest, FunctionName: string): Promise<RevocationAnswer> {
  const { FunctionError, Payload } = await new LambdaClient(bounded).send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) }),
  );
  const payload: unknown = JSON.parse(Payload?.transformToString() ?? 'null');
  if (FunctionError !== undefined) {
    const told = failure.safeParse(payload);
    throw new Error(
      `The function ${FunctionName} failed: ${told.data?.errorMessage ?? FunctionError}. What was written: \`show\` tells; asking again does no harm.`,
    );
  }
  return revocationAnswer.parse(payload);
}
