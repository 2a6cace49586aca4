/** Calls to servers that speak no HTTP, as the record shows them. */
import { toIso, type Clock } from '../../kernel/clock.ts';
import type { ProviderCall, Told, Unavailable } from '../../kernel/provider-call.ts';

/** A server refused a call, or could not be asked: by its protocol's code, since messages quote what they were sent. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: string;
  /** What else tells apart faults of one code, as the adapter knows it. */
  readonly detail: string | undefined;
  constructor(code: string, detail?: string) {
    super(code);
    this.code = code;
    this.detail = detail;
  }
}

export type Call = <T>(request: string, send: () => Promise<T>) => Promise<T>;

/**
 * One operation's calls, in order.
 * @param faultOf reads a library's error; what it does not know is a surprise, and thrown as such without its message
 * @param explain what a fault means for this operation; `undefined`: that it could not be asked
 */
export async function recordCalls<T>(
  clock: Clock,
  faultOf: (error: unknown) => Fault | undefined,
  operation: (call: Call) => Promise<T>,
  explain: (fault: Fault) => T | undefined,
): Promise<Told<T | Unavailable>> {
  const calls: ProviderCall[] = [];
  const call: Call = async (request, send) => {
    const startedMs = clock.now();
    const note = (answer: string) =>
      calls.push({ request, answer, at: toIso(startedMs), tookMs: clock.now() - startedMs });
    const ended = await send().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if ('value' in ended) {
      note('ok');
      return ended.value;
    }
    const { error } = ended;
    const fault = error instanceof Fault ? error : faultOf(error);
    note(fault?.code ?? 'fault');
    // Without its cause: a library's error may hold what it was to send.
    throw fault ?? new Error(`${request.split(' ')[0] ?? 'call'}: ${nameOf(error)}`);
  };
  try {
    return { answer: await operation(call), calls };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return {
      answer: explain(error) ?? { outcome: 'unavailable', reason: `no usable answer (${error.code})` },
      calls,
    };
  }
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'NonError');

/** A network's or TLS's error code, e.g. `ECONNREFUSED`, `CERT_HAS_EXPIRED`; undefined where it is neither. */
export function networkCode(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AggregateError && cause.errors.length > 0) return networkCode(cause.errors[0]);
    if ('code' in cause && typeof cause.code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(cause.code))
      return cause.code;
  }
  return undefined;
}
