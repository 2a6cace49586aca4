import { describe, expect, test } from 'vitest';
import { toAlert } from '../../functions/alerts/domain/alert.ts';
import type { AlertChannel } from '../../functions/alerts/domain/send-alert.ts';
import { secretLeakAlert } from '../../functions/contracts/alerts.ts';
import { aFinding } from './finding-builder.ts';

export interface ChannelUnderTest {
  readonly channel: AlertChannel;
  /** The alerts that a subscriber got, once it has `count`. */
  readonly received: (count: number) => Promise<unknown[]>;
}

/** What every alert channel holds. */
export function alertChannelContract(create: () => Promise<ChannelUnderTest>): void {
  describe('delivers alerts', () => {
    test('hands a subscriber the alert of the contract', async () => {
      const { channel, received } = await create();
      const alert = toAlert({ ...aFinding(), version: 1 });
      await channel.send(alert);
      const [got] = await received(1);
      expect(secretLeakAlert.parse(got)).toEqual(alert);
    });

    test('delivers an alert about an agent with any name', async () => {
      const { channel, received } = await create();
      const agents = ['агент-\u{1F916}', '\u0000\u001b[31m\r\n', 'x'.repeat(256)];
      for (const [position, agent] of agents.entries()) {
        await channel.send(toAlert({ ...aFinding({ position, agent }), version: 1 }));
      }
      const got = (await received(3)).map((alert) => secretLeakAlert.parse(alert).agent);
      expect(got.sort()).toEqual(agents.sort());
    });
  });
}
