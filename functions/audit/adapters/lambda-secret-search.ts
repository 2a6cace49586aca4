import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { MAX_SEARCH_BYTES, searchAnswer, type SecretPlace } from '../../contracts/secret-search.ts';
import type { SecretSearch } from '../domain/take-in.ts';

const REQUEST_DEADLINE_MS = 15_000;
/** Texts of one question, at most. */
const MAX_TEXTS = 5_000;

/** Asks detection's function, in as few questions as its requests can hold. */
export function createLambdaSecretSearch(
  client: Pick<LambdaClient, 'send'>,
  FunctionName: string,
): SecretSearch {
  async function ask(texts: readonly string[], from: number): Promise<readonly SecretPlace[]> {
    const { Payload, FunctionError } = await client.send(
      new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify({ texts })) }),
      { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
    );
    // Its message could quote what it was asked about.
    if (FunctionError !== undefined) throw new Error(`The search for secrets failed: ${FunctionError}.`);
    const answer = searchAnswer.safeParse(parseJson(Buffer.from(Payload ?? []).toString()));
    if (!answer.success) throw new Error('The search for secrets gave no answer that can be read.');
    return answer.data.found.map((place) => ({ ...place, text: place.text + from }));
  }

  return {
    async search(texts) {
      const found: SecretPlace[] = [];
      for (let from = 0; from < texts.length;) {
        let [to, bytes] = [from, 0];
        while (to < texts.length && to - from < MAX_TEXTS) {
          bytes += Buffer.byteLength(JSON.stringify(texts[to])) + 1;
          if (bytes > MAX_SEARCH_BYTES && to > from) break;
          to += 1;
        }
        found.push(...(await ask(texts.slice(from, to), from)));
        from = to;
      }
      return found;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
