import type { SecretLeakAlert } from '../../functions/contracts/alerts.ts';
import type { AlertChannel } from '../../functions/alerts/domain/send-alert.ts';

export interface FakeAlertChannel extends AlertChannel {
  readonly received: SecretLeakAlert[];
}

/** A channel in memory. @param failing decides, by the alert and the attempts at it so far, whether it is refused */
export function createFakeAlertChannel(
  failing: (alert: SecretLeakAlert, attempt: number) => boolean = () => false,
): FakeAlertChannel {
  const attempts = new Map<string, number>();
  const received: SecretLeakAlert[] = [];
  return {
    name: 'fake',
    received,
    async send(alert) {
      const attempt = (attempts.get(alert.finding_id) ?? 0) + 1;
      attempts.set(alert.finding_id, attempt);
      if (failing(alert, attempt))
        throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottledException' });
      received.push(structuredClone(alert));
    },
  };
}
