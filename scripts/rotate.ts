/** `npm run rotate -- SECRET --why … | show SECRET | history SECRET | go-on SECRET … | roll-back SECRET …`: rotations, by hand. */
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { rotationAnswer } from '../functions/contracts/rotation.ts';
import { parseRotateCommand, renderRotation } from './rotate/commands.ts';
import { askFunction } from './support/ask-function.ts';
import { outputOf } from './support/stage.ts';

const text = { type: 'string' } as const;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { why: text, by: text, stage: text, emergency: { type: 'boolean' } },
  });
  const command = parseRotateCommand(positionals, values, userInfo().username);
  if (!command.ok) throw new Error(command.error);
  const desk = await outputOf(values.stage ?? 'dev', 'response', 'RotationDeskName');
  const answer = rotationAnswer.parse(await askFunction(desk, command.value));
  console.log(renderRotation(answer));
  if (answer.answer === 'refused') process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : 'rotate: an unknown error');
  process.exitCode = 2;
}
