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
   * Runs the effect unless it was done under this key before. A failed effect is forgotten and may run again.
   * @throws what the effect throws; and when another run holds the key at this moment or the memory cannot be read
   */
  run(key: string, effect: () => Promise<void>): Promise<'done' | 'done_before'>;
}

/** Sends an alert to a channel, once per finding and channel. */
export async function sendAlert(
  alert: SecretLeakAlert,
  channel: AlertChannel,
  once: Once,
): Promise<'sent' | 'duplicate'> {
  const outcome = await once.run(`${channel.name}#${alert.finding_id}`, () => channel.send(alert));
  return outcome === 'done' ? 'sent' : 'duplicate';
}
