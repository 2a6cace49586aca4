import type { Logger } from '@aws-lambda-powertools/logger';
import { z } from 'zod';
import { createDynamo } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createDynamoGuardKeys } from './adapters/dynamo-guard-keys.ts';
import { authorizeGuardEnv } from './authorize-guard.env.ts';
import { identify, type GuardKeys } from './domain/guard-keys.ts';

export interface AuthorizeGuardDependencies {
  readonly keys: GuardKeys;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
}

/** Simple response of an HTTP API's Lambda authorizer; the context reaches the handler of the route. */
interface Authorization {
  readonly isAuthorized: boolean;
  readonly context?: { readonly keyId: string; readonly name: string; readonly requestsPerMinute: string };
}

/** Of the event (payload 2.0), what is needed. Headers come in lower case. */
const authorizerEvent = z.object({
  headers: z.object({ authorization: z.string().optional() }).default({}),
  requestContext: z.object({ requestId: z.string().optional() }).default({}),
});

let dependencies: AuthorizeGuardDependencies | undefined;

/** Invoked by the HTTP API before a route, for each key once a minute. */
export const handler = (event: unknown): Promise<Authorization> =>
  authorizeGuard(event, (dependencies ??= build()));

/** Lets in who shows a valid key. Where that cannot be known, nobody is let in, and the API answers 500. */
export async function authorizeGuard(
  event: unknown,
  { keys, logger }: AuthorizeGuardDependencies,
): Promise<Authorization> {
  const parsed = authorizerEvent.safeParse(event);
  const requestId = parsed.data?.requestContext.requestId;
  try {
    const caller = await identify(parsed.data?.headers.authorization, keys);
    if (caller !== undefined)
      return {
        isAuthorized: true,
        context: {
          keyId: caller.keyId,
          name: caller.name,
          requestsPerMinute: String(caller.requestsPerMinute),
        },
      };
    // Nothing of what was shown: it may be a good key with a typing error.
    logger.warn('guard_key_refused', { request_id: requestId });
    return { isAuthorized: false };
  } catch (error) {
    logger.error('guard_key_unknown', { request_id: requestId, ...describeError(error) });
    throw error;
  }
}

function build(): AuthorizeGuardDependencies {
  const env = parseEnv(authorizeGuardEnv, process.env);
  return {
    keys: createDynamoGuardKeys(createDynamo(), env.GUARD_KEYS_TABLE),
    logger: createLogger('guard'),
  };
}
