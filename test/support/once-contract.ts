import { beforeEach, describe, expect, test } from 'vitest';
import type { Once } from '../../functions/alerts/domain/send-alert.ts';

/** What every memory of done things holds. @param create an empty one */
export function onceContract(create: () => Promise<Once>): void {
  describe('does a thing once', () => {
    let once: Once;
    let effects: string[];
    const effect = (name: string) => async () => void effects.push(name);

    beforeEach(async () => {
      once = await create();
      effects = [];
    });

    test('runs an effect the first time and says of a repetition that it was done before', async () => {
      expect(await once.run('sns#a', effect('a'))).toBe('done');
      expect(await once.run('sns#a', effect('a'))).toBe('done_before');
      expect(effects).toEqual(['a']);
    });

    test('keeps keys apart: the same finding on another channel is another thing', async () => {
      await once.run('sns#a', effect('sns'));
      expect(await once.run('mail#a', effect('mail'))).toBe('done');
      expect(effects).toEqual(['sns', 'mail']);
    });

    test('hands on the failure of an effect and lets it run again', async () => {
      const failing = async () => {
        throw new Error('throttled');
      };
      await expect(once.run('sns#a', failing)).rejects.toThrow('throttled');
      expect(await once.run('sns#a', effect('a'))).toBe('done');
      expect(effects).toEqual(['a']);
    });

    test('does not run an effect beside itself', async () => {
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      let started = () => {};
      const running = new Promise<void>((resolve) => (started = resolve));
      const first = once.run('sns#a', async () => {
        started();
        await held;
        effects.push('first');
      });
      await running;
      expect(await once.run('sns#a', effect('second'))).toBe('held');
      release();
      expect(await first).toBe('done');
      expect(effects).toEqual(['first']);
    });
  });
}
