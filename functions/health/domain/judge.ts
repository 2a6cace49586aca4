import type { ComponentHealth, HealthStatus } from '../../contracts/health.ts';
import type { PeerItem, StatusItem } from '../../contracts/ingest-state.ts';

/** What ingest says of itself. */
export interface LogState {
  readonly peers: readonly PeerItem[];
  readonly statuses: readonly StatusItem[];
  /** Milliseconds since the epoch; 0 once released, absent where no shipper ever ran. */
  readonly leaseExpiresAt?: number;
}

export interface DatabaseState {
  /** Findings that wait for a review. */
  readonly pending: number;
  /** Whether counting stopped there, with more to count. */
  readonly orMore: boolean;
}

export interface QueueState {
  /** Messages that wait for the detector, and those it holds. */
  readonly waiting: number;
  readonly inFlight: number;
  /** Messages that it gave up. */
  readonly dead: number;
}

export interface AlertChannelState {
  /** Subscriptions of the alert topic. */
  readonly confirmed: number;
  readonly unconfirmed: number;
}

/** The shipper is started every minute and reports every few seconds: after this long it is not late, it is gone. */
export const SILENT_AFTER_MS = 90_000;
/** A log with entries to ship that makes no progress for this long is stuck. */
export const STUCK_AFTER_MS = 60_000;
/** Messages of up to 240 KiB that may wait before people ought to know. */
export const MANY_WAITING = 1_000;

const MAX_REASON_CHARACTERS = 160;

const ok = (details: ComponentHealth['details']): ComponentHealth => ({ status: 'ok', details });

/** Are the logs followed? Down when none is. */
export function judgeLogs(state: LogState, nowMs: number): ComponentHealth {
  const { peers, statuses, leaseExpiresAt } = state;
  const lastSeen = Math.max(leaseExpiresAt ?? 0, ...statuses.map(({ updatedAt }) => updatedAt));
  const statusOf = new Map(statuses.map((status) => [status.core, status]));
  const problems = peers.flatMap((peer) => {
    const problem = problemOf(statusOf.get(peer.core), nowMs);
    return problem === undefined ? [] : [`${peer.name ?? peer.core.slice(0, 16)}: ${problem}`];
  });
  const behind = statuses.reduce((sum, s) => sum + Math.max(0, s.remoteLength - s.shippedLength), 0);
  const details = { logs: peers.length, followed: peers.length - problems.length, entriesBehind: behind };
  if (peers.length === 0) {
    return {
      status: 'degraded',
      reason: 'No log is registered, so nothing is watched.',
      nextStep: 'Register the peers to follow, as the README says.',
      details,
    };
  }
  if (nowMs - lastSeen > SILENT_AFTER_MS) {
    return {
      status: 'down',
      reason:
        lastSeen === 0
          ? 'The shipper has not run yet.'
          : `The shipper was last heard of ${Math.round((nowMs - lastSeen) / 1000)} s ago.`,
      nextStep: "Read the shipper's last log lines, and see whether its schedule is enabled.",
      details,
    };
  }
  if (problems.length === 0) return ok(details);
  const [first = '', ...others] = problems;
  return {
    status: problems.length === peers.length ? 'down' : 'degraded',
    reason: `${clip(first)}${others.length > 0 ? `; and ${others.length} more of ${peers.length} logs` : ''}`,
    nextStep: 'See whether the peer runs, offers this log, and can be reached from the shipper’s network.',
    details,
  };
}

function problemOf(status: StatusItem | undefined, nowMs: number): string | undefined {
  if (!status) return 'not followed yet';
  if (nowMs - status.updatedAt > SILENT_AFTER_MS) {
    return `no word of it for ${Math.round((nowMs - status.updatedAt) / 1000)} s`;
  }
  if (!status.connected) return `not connected${status.lastError ? ` (${status.lastError})` : ''}`;
  if (status.lastError) return status.lastError;
  const open = status.remoteLength - status.shippedLength;
  if (open > 0 && nowMs - status.lastProgressAt > STUCK_AFTER_MS) {
    return `${open} entries behind, without progress for ${Math.round((nowMs - status.lastProgressAt) / 1000)} s`;
  }
  return undefined;
}

/** Can findings be read? */
export function judgeDatabase(state: DatabaseState): ComponentHealth {
  return ok({ pendingFindings: state.orMore ? `at least ${state.pending}` : state.pending });
}

/** Does the detector keep up, and did it give anything up? */
export function judgeQueue(state: QueueState): ComponentHealth {
  const details = { waiting: state.waiting, inFlight: state.inFlight, dead: state.dead };
  if (state.dead > 0) {
    return {
      status: 'degraded',
      reason: `${state.dead} messages could not be scanned and lie in the dead-letter queue.`,
      nextStep:
        'Read why in the detector’s log, mend it, then redrive: lib/ingest/runbook.md#EntryDlqNotEmpty.',
      details,
    };
  }
  if (state.waiting > MANY_WAITING) {
    return {
      status: 'degraded',
      reason: `${state.waiting} messages wait for the detector.`,
      nextStep: 'See whether the detector fails, is throttled or needs more concurrency.',
      details,
    };
  }
  return ok(details);
}

/** Would anyone hear an alert? */
export function judgeAlertChannel(state: AlertChannelState): ComponentHealth {
  const details = { subscribers: state.confirmed, unconfirmed: state.unconfirmed };
  if (state.confirmed > 0) return ok(details);
  return {
    status: 'degraded',
    reason:
      state.unconfirmed > 0
        ? 'Nobody has confirmed a subscription of the alert topic.'
        : 'Nobody is subscribed to the alert topic.',
    nextStep:
      state.unconfirmed > 0
        ? 'Follow the link in the confirmation message.'
        : 'Subscribe an address, a queue or a function to the alert topic.',
    details,
  };
}

/** A part that did not answer. @param reason what went wrong, in the service's words */
export function judgeUnanswered(what: string, reason: string): ComponentHealth {
  return {
    status: 'down',
    reason: `${what} did not answer: ${clip(reason)}.`,
    nextStep: 'See whether it exists, the health function may read it, and the service has an incident.',
    details: {},
  };
}

const BY_BADNESS: readonly HealthStatus[] = ['ok', 'degraded', 'down'];

/** The worst of several. */
export function worstOf(statuses: readonly HealthStatus[]): HealthStatus {
  return BY_BADNESS.findLast((status) => statuses.includes(status)) ?? 'ok';
}

function clip(text: string): string {
  return text.length <= MAX_REASON_CHARACTERS ? text : `${text.slice(0, MAX_REASON_CHARACTERS - 1)}…`;
}
