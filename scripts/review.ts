/** `npm run review -- list | findings | show CASE | confirm CASE --reason … | …`: the cases of a deployed stage, and decisions about them. */
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import type { ReviewAnswer } from '../functions/contracts/review.ts';
import { askReview } from './review/ask.ts';
import { parseReviewCommand, renderAnswer, type ReviewCommand } from './review/commands.ts';
import { outputOf } from './support/stage.ts';

const text = { type: 'string' } as const;

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
  if (command.do === 'ask') return askReview(command.request, functionName);
  const seen = await askReview({ do: 'show', caseId: command.request.caseId }, functionName);
  if (seen.answer !== 'case') return seen;
  return askReview({ ...command.request, seen: seen.case.decisions }, functionName);
}
