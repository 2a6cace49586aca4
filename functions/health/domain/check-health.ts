import { z } from 'zod';
import type { ComponentHealth, HealthReport } from '../../contracts/health.ts';
import { toIso, type Clock } from '../../kernel/clock.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import {
  judgeAlertChannel,
  judgeDatabase,
  judgeLogs,
  judgeQueue,
  judgeUnanswered,
  worstOf,
  type AlertChannelState,
  type DatabaseState,
  type LogState,
  type QueueState,
} from './judge.ts';

/** Looks at one part. @throws when it cannot be looked at, and when the signal aborts */
export type Probe<T> = (signal: AbortSignal) => Promise<T>;

export interface Probes {
  readonly logs: Probe<LogState>;
  readonly database: Probe<DatabaseState>;
  readonly queue: Probe<QueueState>;
  readonly alertChannel: Probe<AlertChannelState>;
}

export interface CheckOptions {
  readonly clock: Clock;
  /** A signal that aborts when a probe has taken long enough. */
  readonly deadline: () => AbortSignal;
}

export interface Checked {
  readonly report: HealthReport;
  /** Findings that wait for a review; absent where they could not be counted. */
  readonly pending?: number;
}

/** Looks at every part at once. One that fails or hangs is a line of the answer, never the end of it. */
export async function checkHealth(probes: Probes, { clock, deadline }: CheckOptions): Promise<Checked> {
  const [logs, database, queue, alertChannel] = await Promise.all([
    look(probes.logs, deadline()),
    look(probes.database, deadline()),
    look(probes.queue, deadline()),
    look(probes.alertChannel, deadline()),
  ]);
  const now = clock.now();
  const components = {
    logs: judged(logs, 'The ingest table', (state) => judgeLogs(state, now)),
    database: judged(database, 'The quarantine table', judgeDatabase),
    queue: judged(queue, 'The entry queue', judgeQueue),
    alertChannel: judged(alertChannel, 'The alert topic', judgeAlertChannel),
  };
  return {
    report: {
      status: worstOf(Object.values(components).map(({ status }) => status)),
      checkedAt: toIso(now),
      components,
    },
    ...(database.ok ? { pending: database.value.pending } : {}),
  };
}

function judged<T>(
  state: Result<T, string>,
  what: string,
  judge: (state: T) => ComponentHealth,
): ComponentHealth {
  return state.ok ? judge(state.value) : judgeUnanswered(what, state.error);
}

/** A probe that ignores its signal is not waited for either. */
async function look<T>(probe: Probe<T>, signal: AbortSignal): Promise<Result<T, string>> {
  const late = new Promise<Result<T, string>>((resolve) => {
    signal.addEventListener('abort', () => resolve(err('it took too long')), { once: true });
  });
  try {
    return await Promise.race([probe(signal).then((state): Result<T, string> => ok(state)), late]);
  } catch (error) {
    if (signal.aborted) return err('it took too long');
    if (error instanceof z.ZodError) return err('what it holds has an unknown form');
    return err(error instanceof Error ? error.name : 'unknown error');
  }
}
