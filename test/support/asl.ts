/**
 * A small interpreter of Amazon's States Language, as far as our definitions use it, one transition a call: tests put
 * crashes, repeats and time between any two of them. Written from the specification (states-language.net), and refuses
 * whatever it does not know.
 */
import { z } from 'zod';

const choice = z.strictObject({ Variable: z.string(), StringEquals: z.string(), Next: z.string() });
const catcher = z.strictObject({
  ErrorEquals: z.tuple([z.literal('States.ALL')]),
  ResultPath: z.null(),
  Next: z.string(),
});
const retrier = z.strictObject({
  ErrorEquals: z.tuple([z.literal('States.ALL')]),
  IntervalSeconds: z.number(),
  MaxAttempts: z.number(),
  BackoffRate: z.number(),
  MaxDelaySeconds: z.number(),
});
const state = z.discriminatedUnion('Type', [
  z.strictObject({
    Type: z.literal('Task'),
    Resource: z.enum(['arn:aws:states:::lambda:invoke', 'arn:aws:states:::lambda:invoke.waitForTaskToken']),
    Parameters: z.strictObject({ FunctionName: z.string(), Payload: z.record(z.string(), z.string()) }),
    ResultSelector: z.record(z.string(), z.string()).optional(),
    ResultPath: z.string().nullable(),
    TimeoutSeconds: z.number().optional(),
    TimeoutSecondsPath: z.string().optional(),
    Retry: z.tuple([retrier]).optional(),
    Catch: z.tuple([catcher]),
    Next: z.string(),
  }),
  z.strictObject({ Type: z.literal('Choice'), Choices: z.array(choice), Default: z.string() }),
  z.strictObject({ Type: z.literal('Wait'), SecondsPath: z.string(), Next: z.string() }),
  z.strictObject({ Type: z.literal('Succeed') }),
  z.strictObject({ Type: z.literal('Fail'), Error: z.string(), Cause: z.string() }),
]);
const definition = z.strictObject({
  Comment: z.string(),
  StartAt: z.string(),
  TimeoutSeconds: z.number(),
  States: z.record(z.string(), state),
});
type Data = Record<string, unknown>;
type Task = Extract<z.infer<typeof state>, { Type: 'Task' }>;

export type Invoke = (payload: Data) => Promise<unknown>;

const known = new WeakMap<object, z.infer<typeof definition>>();

/** Ten thousand executions of one definition read it once. */
function parsed(document: object): z.infer<typeof definition> {
  const read = known.get(document) ?? definition.parse(document);
  known.set(document, read);
  return read;
}

/** One execution. */
export class Execution {
  readonly #states: z.infer<typeof definition>['States'];
  readonly #name: string;
  readonly #timeoutMs: number;
  #startedMs: number | undefined;
  /** Every state that was entered, and every input that one got. */
  readonly history: { state: string; data: Data }[] = [];
  at: string;
  data: Data;
  ended: 'no' | 'succeeded' | 'failed' = 'no';
  /** Until when it waits, epoch milliseconds. */
  waitsUntil = 0;
  /** Of a task that waits for a callback. */
  token: string | undefined;
  #attempts = 0;

  constructor(name: string, document: object, input: Data) {
    const { StartAt, States, TimeoutSeconds } = parsed(document);
    this.#name = name;
    this.#timeoutMs = TimeoutSeconds * 1000;
    this.#states = States;
    this.at = StartAt;
    this.data = structuredClone(input);
    this.#enter(StartAt);
  }

  /** A callback: the task that waits has succeeded. @returns whether it was waited for */
  succeed(token: string): boolean {
    if (this.token !== token) return false;
    this.token = undefined;
    const task = this.#task();
    this.#enter(task.Next);
    return true;
  }

  /** Takes one transition, if its time has come. */
  async step(nowMs: number, invoke: Invoke): Promise<void> {
    if (this.ended !== 'no' || nowMs < this.waitsUntil) return;
    this.#startedMs ??= nowMs;
    if (nowMs - this.#startedMs > this.#timeoutMs) {
      this.ended = 'failed';
      return;
    }
    const now = this.#states[this.at];
    if (now === undefined) throw new Error(`There is no state ${this.at}.`);
    switch (now.Type) {
      case 'Succeed':
        this.ended = 'succeeded';
        return;
      case 'Fail':
        this.ended = 'failed';
        return;
      case 'Choice': {
        this.#enter(
          now.Choices.find((each) => this.#path(each.Variable) === each.StringEquals)?.Next ?? now.Default,
        );
        return;
      }
      case 'Wait': {
        const { Next } = now;
        this.waitsUntil = nowMs + z.number().positive().parse(this.#path(now.SecondsPath)) * 1000;
        this.#enter(Next);
        return;
      }
      case 'Task':
        return this.#take(now, nowMs, invoke);
    }
  }

  async #take(task: Task, nowMs: number, invoke: Invoke): Promise<void> {
    const callback = task.Resource.endsWith('waitForTaskToken');
    if (callback && this.token !== undefined) {
      // Its time is over, for waitsUntil has passed.
      this.token = undefined;
      this.#fail(task, nowMs);
      return;
    }
    const token = `${this.#name}/${this.history.length}`;
    const context = (path: string) => (path === '$$.Task.Token' ? token : this.#path(path));
    const payload = Object.fromEntries(
      Object.entries(task.Parameters.Payload).map(([key, value]) =>
        key.endsWith('.$') ? [key.slice(0, -2), context(value)] : [key, value],
      ),
    );
    if (callback) {
      this.token = token;
      this.waitsUntil =
        nowMs +
        z
          .number()
          .min(1)
          .parse(this.#path(task.TimeoutSecondsPath ?? '')) *
          1000;
    }
    try {
      const answer = { Payload: await invoke(payload) };
      if (callback) return;
      if (task.ResultPath !== null) {
        const told = Object.entries(task.ResultSelector ?? {}).map(([key, path]): [string, unknown] => [
          key.replace(/\.\$$/, ''),
          pathIn(answer, path),
        ]);
        this.data = { ...this.data, [task.ResultPath.slice(2)]: Object.fromEntries(told) };
      }
      this.#enter(task.Next);
    } catch {
      this.token = undefined;
      this.waitsUntil = 0;
      this.#fail(task, nowMs);
    }
  }

  #fail(task: Task, nowMs: number): void {
    const retry = task.Retry?.[0];
    if (retry && this.#attempts < retry.MaxAttempts) {
      const delay = retry.IntervalSeconds * retry.BackoffRate ** this.#attempts;
      this.#attempts += 1;
      this.waitsUntil = nowMs + Math.min(delay, retry.MaxDelaySeconds) * 1000;
    } else this.#enter(task.Catch[0].Next);
  }

  #enter(name: string): void {
    if (!(name in this.#states)) throw new Error(`There is no state ${name}.`);
    this.at = name;
    this.#attempts = 0;
    this.history.push({ state: name, data: structuredClone(this.data) });
  }

  #task(): Task {
    const now = this.#states[this.at];
    if (now?.Type !== 'Task') throw new Error(`${this.at} is no task.`);
    this.waitsUntil = 0;
    return now;
  }

  #path(path: string): unknown {
    return pathIn(this.data, path);
  }
}

function pathIn(data: unknown, path: string): unknown {
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, key) => z.record(z.string(), z.unknown()).parse(value)[key], data);
}
