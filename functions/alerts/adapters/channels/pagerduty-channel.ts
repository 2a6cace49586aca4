import { z } from 'zod';
import type { NoteChannel } from '../../domain/deliver.ts';
import { pagerDutyChange, pagerDutyEvent } from '../../domain/render/pagerduty.ts';
import { outcomeOf, postJson } from './post-json.ts';
import type { pagerDutySettings } from './settings.ts';

const accepted = z.object({ status: z.literal('success') });

/** An incident for each episode; its end is a change event as well. */
export function createPagerDutyChannel(
  settings: () => Promise<z.infer<typeof pagerDutySettings> | undefined>,
): NoteChannel {
  return {
    name: 'pagerduty',
    async deliver(note) {
      const set = await settings();
      if (!set) return { kind: 'off' };
      const base = set.baseUrl.replace(/\/+$/, '');
      const calls: (readonly [string, unknown])[] = [['/v2/enqueue', pagerDutyEvent(note, set.routingKey)]];
      // Last, for it has no key against repetition.
      if (note.kind === 'resolve') calls.push(['/v2/change/enqueue', pagerDutyChange(note, set.routingKey)]);
      for (const [path, body] of calls) {
        const answer = await postJson(`${base}${path}`, JSON.stringify(body), {});
        const good =
          typeof answer !== 'string' && answer.status === 202 && accepted.safeParse(answer.body).success;
        if (!good) return outcomeOf(answer);
      }
      return { kind: 'delivered' };
    },
  };
}
