/** Sends a request that a declaration describes, and reads what comes back. */
import type { Unavailable } from '../kernel/provider-call.ts';
import { readJson, type ReadAnswer } from '../kernel/answers.ts';
import { renderRequest, Unfilled, type Lookup, type RequestTemplate } from '../kernel/render-request.ts';
import { refuseBaseUrl, type HttpExchange } from './http.ts';

export type Answered = ReadAnswer & { readonly headers: Headers };

/** It cannot even be asked: the reason says what to set up. */
export interface Impossible {
  readonly outcome: 'impossible';
  readonly reason: string;
}

export interface DeclaredQuestion {
  readonly request: RequestTemplate;
  /** The provider's address. */
  readonly base: string;
  /** Under which name the address is configured. */
  readonly where: string;
  readonly lookup: Lookup;
  /** Who asks, for the provider's logs. */
  readonly agent: string;
}

export async function askDeclared(
  exchange: HttpExchange,
  { request, base, where, lookup, agent }: DeclaredQuestion,
): Promise<Answered | Unavailable | Impossible> {
  const refused = refuseBaseUrl(base);
  if (refused !== undefined) return { outcome: 'impossible', reason: `${where} cannot be used: ${refused}` };
  let rendered;
  try {
    rendered = renderRequest(request, base, lookup, agent);
  } catch (error) {
    if (!(error instanceof Unfilled)) throw error;
    return { outcome: 'impossible', reason: `{{${error.placeholder}}} is not known of this credential` };
  }
  const outcome = await exchange.send(rendered);
  if (outcome.kind === 'answer') {
    const { status, body, headers } = outcome;
    return { status, body, json: readJson(body), headers };
  }
  const { reason, retryAfterSeconds } = outcome;
  return { outcome: 'unavailable', reason, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}
