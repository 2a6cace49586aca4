import { describe, expect, test } from 'vitest';
import { toAlert } from '../../../functions/alerts/domain/alert.ts';
import { sendAlert } from '../../../functions/alerts/domain/send-alert.ts';
import { alertChannelContract } from '../../support/alert-channel-contract.ts';
import { createFakeAlertChannel } from '../../support/fake-alert-channel.ts';
import { createFakeOnce } from '../../support/fake-once.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { onceContract } from '../../support/once-contract.ts';

const alert = toAlert({ ...aFinding(), version: 1 });

describe('sendAlert', () => {
  test('tells a channel once of a finding', async () => {
    const channel = createFakeAlertChannel();
    const once = createFakeOnce();
    expect(await sendAlert(alert, channel, once)).toBe('sent');
    expect(await sendAlert(alert, channel, once)).toBe('duplicate');
    expect(channel.received).toEqual([alert]);
  });

  test('tells every channel: one that was told does not speak for another', async () => {
    const once = createFakeOnce();
    const [one, other] = [createFakeAlertChannel(), { ...createFakeAlertChannel(), name: 'other' }];
    await sendAlert(alert, one, once);
    expect(await sendAlert(alert, other, once)).toBe('sent');
  });
});

describe('the memory in memory', () => {
  onceContract(async () => createFakeOnce());
});

describe('the channel in memory', () => {
  alertChannelContract(async () => {
    const channel = createFakeAlertChannel();
    return { channel, received: async () => channel.received };
  });
});
