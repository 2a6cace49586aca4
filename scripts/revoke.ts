/** `npm run revoke -- CASE --why … | show CASE | approve CASE … | reject CASE … | undo CASE …`: revocations, by hand. */
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { revocationAnswer } from '../functions/contracts/revocation.ts';
import { parseRevokeCommand, renderRevocation } from './revoke/commands.ts';
import { askFunction } from './support/ask-function.ts';
import { outputOf } from './support/stage.ts';

const text = { type: 'string' } as const;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { why: text, by: text, stage: text },
  });
  const command = parseRevokeCommand(positionals, values, userInfo().username);
  if (!command.ok) throw new Error(command.error);
  const desk = await outputOf(values.stage ?? 'dev', 'response', 'RevocationDeskName');
  const answer = revocationAnswer.parse(await askFunction(desk, command.value));
  console.log(renderRevocation(answer));
  if (answer.answer === 'refused') process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : 'revoke: an unknown error');
  process.exitCode = 2;
}
