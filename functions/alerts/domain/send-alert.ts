import type { SecretLeakAlert } from '../../contracts/alerts.ts';

/** One way to reach people. */
export interface AlertChannel {
  /** Lower-case word that tells channels apart, e.g. `sns`. */
  readonly name: string;
  /** @throws when the channel has not accepted the alert, or does not say so in time */
  send(alert: SecretLeakAlert): Promise<void>;
}

/** Remembers what was done under a key. */
export interface Once {
  /**
   * Runs the effect unless it was done under this key before, or another run is doing it: `held`, whose end nobody
   * knows yet. A failed effect is forgotten and may run again.
   * @throws what the effect throws, and when the memory cannot be read
   */
  run(key: string, effect: () => Promise<void>): Promise<'done' | 'done_before' | 'held'>;
}

const OUTCOMES = { done: 'sent', done_before: 'duplicate', held: 'in_progress' } as const;

/**
 * Sends an alert to a channel, once per finding and channel.
 * @returns `in_progress` when another run is sending it: whether it will succeed is not known, so ask again later
 */
export async function sendAlert(
  alert: SecretLeakAlert,
  channel: AlertChannel,
  once: Once,
): Promise<(typeof OUTCOMES)[keyof typeof OUTCOMES]> {
  return OUTCOMES[await once.run(`${channel.name}#${alert.finding_id}`, () => channel.send(alert))];
}
