import { brotliDecompressSync } from 'node:zlib';
import { z } from 'zod';
import {
  compressedEntryMessage,
  entryMessage,
  type CompressedEntryMessage,
  type EntryBatch,
} from '../../contracts/ingest.ts';
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
  return parsed.data.Records.map(({ messageId, body }) => ({ messageId, body, batches: readBatches(body) }));
}

function readBatches(body: string): Result<readonly EntryBatch[], string> {
  const json = parseJson(body);
  if (!json.ok) return json;
  const packed = compressedEntryMessage.safeParse(json.value);
  const content = packed.success ? unpack(packed.data) : json;
  if (!content.ok) return content;
  const message = entryMessage.safeParse(content.value);
  return message.success ? ok(message.data.batches) : err(describeProblems(message.error));
}

/** Unpacks no more than the message said it holds, which its schema bounds: one that lies costs no memory. */
function unpack({ bytes, data }: CompressedEntryMessage): Result<unknown, string> {
  try {
    const content = brotliDecompressSync(Buffer.from(data, 'base64'), { maxOutputLength: bytes });
    return parseJson(content.toString('utf8'));
  } catch {
    return err('the compressed content is damaged, or longer than it says');
  }
}

function parseJson(text: string): Result<unknown, string> {
  try {
    const json: unknown = JSON.parse(text);
    return ok(json);
  } catch {
    // The parser's message quotes the text.
    return err('the body is no JSON');
  }
}
