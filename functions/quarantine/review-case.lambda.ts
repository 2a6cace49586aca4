import type { Logger } from '@aws-lambda-powertools/logger';
import { reviewRequest, type ReviewAnswer } from '../contracts/review.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { describeProblems } from '../platform/problems.ts';
import { createDynamoCaseDesk } from './adapters/dynamo-case-desk.ts';
import { createDynamoQuarantineReader } from './adapters/dynamo-quarantine-reader.ts';
import type { CaseDesk } from './domain/case-book.ts';
import type { QuarantineReader } from './domain/query-quarantine.ts';
import { review } from './domain/review.ts';
import { reviewCaseEnv } from './review-case.env.ts';

export interface ReviewCaseDependencies {
  readonly desk: CaseDesk;
  readonly reader: QuarantineReader;
  readonly logger: Pick<Logger, 'info'>;
}

let dependencies: ReviewCaseDependencies | undefined;

/** Invoked directly, by whoever may invoke it: the reviewer's name is the caller's word. */
export const handler = (request: unknown): Promise<ReviewAnswer> =>
  reviewCase(request, (dependencies ??= build()));

/** Lists and shows cases and findings, and takes decisions about cases. */
export async function reviewCase(
  request: unknown,
  { desk, reader, logger }: ReviewCaseDependencies,
): Promise<ReviewAnswer> {
  const parsed = reviewRequest.safeParse(request);
  if (!parsed.success)
    return { answer: 'refused', why: 'bad_request', message: describeProblems(parsed.error) };
  const answer = await review(parsed.data, { desk, reader });
  logger.info('review', {
    request: parsed.data.do,
    answer: answer.answer,
    ...('caseId' in parsed.data && { case_id: parsed.data.caseId }),
    ...('reviewer' in parsed.data && { reviewer: parsed.data.reviewer }),
    ...(answer.answer === 'refused' && { why: answer.why }),
    ...(answer.answer === 'case' && { status: answer.case.status }),
  });
  return answer;
}

function build(): ReviewCaseDependencies {
  const env = parseEnv(reviewCaseEnv, process.env);
  const client = createDynamo();
  return {
    logger: createLogger('quarantine'),
    reader: createDynamoQuarantineReader({ client, tableName: env.QUARANTINE_TABLE, clock: systemClock }),
    desk: createDynamoCaseDesk({
      client,
      caseTable: env.CASE_TABLE,
      metricsTable: env.METRICS_TABLE,
      clock: systemClock,
      memoryDays: env.CASE_MEMORY_DAYS,
    }),
  };
}
