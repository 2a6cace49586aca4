import { systemClock } from '../../kernel/clock.ts';
import type { Pacer } from '../domain/ports.ts';

export const systemPacer: Pacer = {
  now: () => systemClock.now(),
  sleep: (ms, stop) =>
    new Promise((resolve) => {
      if (stop.aborted) {
        resolve();
        return;
      }
      const wake = (): void => {
        clearTimeout(timer);
        stop.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, ms));
      stop.addEventListener('abort', wake, { once: true });
    }),
};
