import { styleText } from 'node:util';
import { say } from './terminal.ts';

export interface Timeline {
  /** @param at epoch milliseconds; now by default */
  readonly tell: (what: string, how: string, at?: number) => void;
  /** Tells it when it has happened, and only once. @param at RFC 3339; undefined: it has not happened yet */
  readonly once: (what: string, how: string, at: string | undefined) => void;
}

/** Says what happens, with the time since it began. */
export function startTimeline(beganAt: number): Timeline {
  const told = new Set<string>();
  const tell = (what: string, how: string, at = Date.now()) =>
    say(
      `${`+${((at - beganAt) / 1000).toFixed(1)} s`.padStart(9)}  ${what.padEnd(22)} ${styleText('dim', how)}`,
    );
  return {
    tell,
    once(what, how, at) {
      if (at === undefined || told.has(what)) return;
      told.add(what);
      tell(what, how, Date.parse(at));
    },
  };
}
