/** The guard as a hook before anything that sends. */
import type { Message, MessageContext } from '../domain/judge-message.ts';
import type { CheckResult, Guard } from './guard.ts';

/** A message was not sent. Its text is the notice for the sender, which names rules and fingerprints and no secret. */
export class MessageBlocked extends Error {
  override readonly name = 'MessageBlocked';
  readonly result: CheckResult;

  constructor(result: CheckResult) {
    super(result.noticeForSender ?? 'SHHH did not send this message.');
    this.result = result;
  }
}

/** How a value becomes the very bytes that go over the wire, and back. */
export interface Encoding<T> {
  encode(value: T): Message;
  decode(encoded: Message): T;
}

const utf8 = (encoded: Message): string =>
  typeof encoded === 'string' ? encoded : Buffer.from(encoded).toString('utf8');

/** A value that is sent as JSON. @param parse checks what came back from a redaction, e.g. a schema's `parse` */
export function jsonEncoding<T>(parse: (value: unknown) => T): Encoding<T> {
  return {
    encode: (value) => JSON.stringify(value),
    decode: (encoded) => parse(JSON.parse(utf8(encoded))),
  };
}

export const textEncoding: Encoding<string> = { encode: (value) => value, decode: utf8 };

/**
 * Puts the guard before any function that sends: `send` gets the message as it may be sent, or is not called at all.
 * @param encoding what the detector would see of the message: the bytes that are sent
 * @param contextOf what the sender says of a message beside it
 * @returns a function like `send`; it rejects with {@link MessageBlocked}
 */
export function guardSend<T, Rest extends readonly unknown[], R>(
  guard: Guard,
  send: (message: T, ...rest: Rest) => Promise<R>,
  encoding: Encoding<T>,
  contextOf: (message: T, ...rest: Rest) => MessageContext = () => ({}),
): (message: T, ...rest: Rest) => Promise<R> {
  return async (message, ...rest) => {
    const result = guard.check(encoding.encode(message), contextOf(message, ...rest));
    if (result.verdict === 'block') throw new MessageBlocked(result);
    return send(result.verdict === 'redact' ? encoding.decode(result.redacted) : message, ...rest);
  };
}
