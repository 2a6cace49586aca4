/** The guard as a hook before a Hypercore's `append`. */
import type { MessageContext } from '../domain/judge-message.ts';
import { noticeFor } from '../domain/notice.ts';
import type { CheckResult, Guard } from './guard.ts';
import { MessageBlocked } from './send.ts';

/** State of an encoding while it works, as the package compact-encoding has it. */
interface EncodingState {
  start: number;
  end: number;
  buffer: Uint8Array | null;
}

/** A value encoding as Hypercore keeps it. Source: README of compact-encoding. */
interface ValueEncoding {
  preencode(state: EncodingState, value: unknown): void;
  encode(state: EncodingState, value: unknown): void;
  decode(state: EncodingState): unknown;
}

/** The part of a Hypercore 11, or of a session of one, that is guarded. */
export interface AppendableCore {
  append(blocks: unknown, options?: unknown): Promise<unknown>;
  readonly valueEncoding?: ValueEncoding | null | undefined;
  readonly session?: (options?: unknown) => AppendableCore;
}

/**
 * Puts the guard before a core's `append`, for one block and for a batch, and before that of every session that is
 * opened from it from now on. A batch is appended whole or not at all. What is checked are the very bytes of the block.
 *
 * Not guarded: sessions that were opened before, whoever opens the same storage elsewhere, and a session with an
 * encoding of its own for each append.
 * @param contextOf what is known of a block beside it; `value` is what was handed to `append`
 * @returns takes the guard away again
 * @throws from `append`, MessageBlocked
 */
export function guardCore(
  core: AppendableCore,
  guard: Guard,
  contextOf: (value: unknown) => MessageContext = () => ({}),
): () => void {
  const append = core.append.bind(core);
  const session = core.session?.bind(core);
  const hooks: Partial<AppendableCore> = {
    append: async (blocks: unknown, options?: unknown) => {
      const encoding = encodingOf(core, options);
      const pass = (value: unknown): unknown => passBlock(guard, encoding, value, contextOf(value));
      return append(Array.isArray(blocks) ? blocks.map(pass) : pass(blocks), options);
    },
    ...(session !== undefined && {
      session: (options?: unknown) => {
        const opened = session(options);
        guardCore(opened, guard, contextOf);
        return opened;
      },
    }),
  };
  // Own properties, in front of the class's methods: Hypercore's own write stream goes through them as well.
  Object.assign(core, hooks);
  return () => {
    for (const hook of Object.keys(hooks)) Reflect.deleteProperty(core, hook);
  };
}

function encodingOf(core: AppendableCore, options: unknown): ValueEncoding | undefined {
  if (typeof options === 'object' && options !== null && 'valueEncoding' in options && options.valueEncoding)
    throw new TypeError('A guarded core takes its value encoding when it is opened, not for an append.');
  return core.valueEncoding ?? undefined;
}

function passBlock(
  guard: Guard,
  encoding: ValueEncoding | undefined,
  value: unknown,
  context: MessageContext,
): unknown {
  const block = encodeBlock(encoding, value);
  const result = guard.check(block, context);
  if (result.verdict === 'allow') return value;
  if (result.verdict === 'block') throw new MessageBlocked(result);
  const redacted = Buffer.from(result.redacted);
  if (encoding === undefined) return redacted;
  const decoded = decodeBlock(encoding, redacted);
  // A length before a text no longer fits after a cut: what would be appended must be what was looked at.
  if (decoded === undefined || !encodeBlock(encoding, decoded.value).equals(redacted))
    throw new MessageBlocked(blocked(result));
  return decoded.value;
}

function encodeBlock(encoding: ValueEncoding | undefined, value: unknown): Buffer {
  if (encoding === undefined) {
    if (typeof value === 'string') return Buffer.from(value);
    if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    throw new TypeError('A core without a value encoding takes bytes or text.');
  }
  const state: EncodingState = { start: 0, end: 0, buffer: null };
  encoding.preencode(state, value);
  const block = Buffer.alloc(state.end);
  encoding.encode({ start: 0, end: block.length, buffer: block }, value);
  return block;
}

function decodeBlock(encoding: ValueEncoding, block: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: encoding.decode({ start: 0, end: block.length, buffer: block }) };
  } catch {
    return undefined;
  }
}

const blocked = (result: CheckResult): CheckResult => ({
  ...result,
  verdict: 'block',
  noticeForSender: noticeFor('block', result.findings),
});
