/** The guard as a step of a Node stream. */
import { isUtf8 } from 'node:buffer';
import { Transform, type TransformCallback } from 'node:stream';
import type { Message, MessageContext } from '../domain/judge-message.ts';
import type { CheckResult, Guard } from './guard.ts';
import { MessageBlocked, type Encoding } from './send.ts';

/** What happens to a message that is blocked: the stream ends with {@link MessageBlocked}, or goes on without it. */
export type WhenBlocked = 'fail' | 'drop';

interface StreamOptions {
  /** Default `fail`. */
  readonly whenBlocked?: WhenBlocked;
  /** Is told of each message that was redacted or blocked. */
  readonly onStopped?: (result: CheckResult) => void;
  readonly context?: MessageContext;
}

export interface ObjectStreamOptions<T> extends StreamOptions {
  /** What the detector would see of a chunk. */
  readonly encoding: Encoding<T>;
}

/** A stream in object mode: each chunk is a message. */
export function guardObjectStream<T>(guard: Guard, options: ObjectStreamOptions<T>): Transform {
  const { encoding } = options;
  return new Transform({
    objectMode: true,
    transform(chunk: T, _encoding, done) {
      attempt(done, () => {
        const passed = pass(guard, encoding.encode(chunk), options);
        if (passed === undefined) return undefined;
        return passed.verdict === 'redact' ? encoding.decode(passed.redacted) : chunk;
      });
    },
  });
}

export interface ByteStreamOptions extends StreamOptions {
  /** Longest line in bytes; a longer one ends the stream. Default 1 MiB, which is also what a guard checks by default. */
  readonly maxLineBytes?: number;
}

const MIB = 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * A stream of bytes: each line is a message, wherever the chunks break, as in JSON lines. A line is held back until its
 * end has come. Limits: a secret across lines, such as a PEM block that is not within one JSON string, is looked at
 * line by line, as the detector would if each line were an entry; protocols that are not made of lines need
 * {@link guardObjectStream} behind their own framing.
 */
export function guardByteStream(guard: Guard, options: ByteStreamOptions = {}): Transform {
  const { maxLineBytes = MIB } = options;
  let held: Buffer[] = [];
  let heldBytes = 0;

  function line(bytes: Buffer, end: string): Buffer {
    const message: Message = isUtf8(bytes) ? bytes.toString('utf8') : bytes;
    const passed = pass(guard, message, options);
    return passed === undefined
      ? Buffer.alloc(0)
      : Buffer.concat([Buffer.from(passed.redacted), Buffer.from(end)]);
  }

  function hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    heldBytes += bytes.length;
    if (heldBytes > maxLineBytes)
      throw new Error(
        `A line is longer than ${maxLineBytes} bytes: the guard sends nothing that it has not seen whole. Send shorter lines, or raise maxLineBytes.`,
      );
    held.push(bytes);
  }

  function release(end: string): Buffer {
    const whole = Buffer.concat(held);
    held = [];
    heldBytes = 0;
    return line(whole, end);
  }

  return new Transform({
    transform(chunk: Buffer | string, encoding, done) {
      attempt(done, () => {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
        const out: Buffer[] = [];
        let from = 0;
        for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
          hold(bytes.subarray(from, at));
          out.push(release('\n'));
          from = at + 1;
        }
        hold(bytes.subarray(from));
        return out.length === 0 ? undefined : Buffer.concat(out);
      });
    },
    flush(done) {
      attempt(done, () => (heldBytes === 0 ? undefined : release('')));
    },
  });
}

/** @returns undefined where the message is dropped; throws MessageBlocked where the stream is to end with it */
function pass(guard: Guard, message: Message, options: StreamOptions): CheckResult | undefined {
  const result = guard.check(message, options.context);
  if (result.verdict !== 'allow') options.onStopped?.(result);
  if (result.verdict !== 'block') return result;
  if (options.whenBlocked === 'drop') return undefined;
  throw new MessageBlocked(result);
}

function attempt(done: TransformCallback, produce: () => unknown): void {
  let produced: unknown;
  try {
    produced = produce();
  } catch (error) {
    done(error instanceof Error ? error : new Error('The guard failed.'));
    return;
  }
  done(null, produced);
}
