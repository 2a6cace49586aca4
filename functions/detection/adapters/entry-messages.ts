import { z } from 'zod';
import { entryBatch, type EntryBatch } from '../../contracts/ingest.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';
import type { QueueMessage } from '../domain/scan-messages.ts';

const sqsEvent = z.object({
  Records: z.array(z.object({ messageId: z.string(), body: z.string() })),
});

/**
 * Reads what SQS hands over.
 * @throws Error when the event is none of SQS's: nothing could be tried again then
 */
export function readMessages(event: unknown): readonly QueueMessage[] {
  const parsed = sqsEvent.safeParse(event);
  if (!parsed.success) throw new Error(`This is no event of SQS: ${describeProblems(parsed.error)}`);
  return parsed.data.Records.map(({ messageId, body }) => ({ messageId, body, batch: readBatch(body) }));
}

function readBatch(body: string): Result<EntryBatch, string> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    // The parser's message quotes the text.
    return err('the body is no JSON');
  }
  const batch = entryBatch.safeParse(json);
  return batch.success ? ok(batch.data) : err(describeProblems(batch.error));
}
