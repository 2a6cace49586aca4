import type { Logger } from '@aws-lambda-powertools/logger';
import type { z } from 'zod';
import { searchRequest, type searchAnswer } from '../contracts/secret-search.ts';
import { createLogger } from '../platform/logger.ts';
import { describeProblems } from '../platform/problems.ts';
import { createRe2Regex } from './adapters/re2-regex.ts';
import { createDetector, type Detector } from './domain/detector.ts';
import { findSecrets } from './domain/find-secrets.ts';
import { compiledPack } from './domain/pack.ts';
import patterns from './patterns.json' with { type: 'json' };

export interface FindSecretsDependencies {
  readonly detector: Detector;
  readonly logger: Pick<Logger, 'warn'>;
}

let dependencies: FindSecretsDependencies | undefined;

/** Invoked by whoever writes texts down that must hold no secret. */
export const handler = async (event: unknown): Promise<z.infer<typeof searchAnswer>> =>
  answerSearch(event, (dependencies ??= build()));

/** @throws Error when it is no question: a fault of the deployment, and nothing may be written then */
export function answerSearch(
  event: unknown,
  { detector, logger }: FindSecretsDependencies,
): z.infer<typeof searchAnswer> {
  const request = searchRequest.safeParse(event);
  if (!request.success) throw new Error(`Not a search: ${describeProblems(request.error)}`);
  const found = [...findSecrets(request.data.texts, detector)];
  if (found.length > 0)
    logger.warn('secrets_found', {
      places: found.length,
      secret_types: [...new Set(found.map(({ secretType }) => secretType))],
    });
  return { found };
}

function build(): FindSecretsDependencies {
  return {
    detector: createDetector(compiledPack.parse(patterns), createRe2Regex),
    logger: createLogger('detection'),
  };
}
