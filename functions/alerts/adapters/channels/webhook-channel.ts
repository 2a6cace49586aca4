import { createHmac } from 'node:crypto';
import type { z } from 'zod';
import type { NoteChannel } from '../../domain/deliver.ts';
import { noteId } from '../../domain/note.ts';
import { alertMessageOf } from '../../domain/render/message.ts';
import { outcomeOf, postJson } from './post-json.ts';
import type { webhookSettings } from './settings.ts';

/**
 * Signs as Standard Webhooks 1.0 does (https://www.standardwebhooks.com): HMAC-SHA-256 over id, time and body. The id
 * stays the same when a message is repeated; a receiver refuses what is older than some minutes.
 */
export function createWebhookChannel(
  settings: () => Promise<z.infer<typeof webhookSettings> | undefined>,
  now: () => number,
): NoteChannel {
  return {
    name: 'webhook',
    async deliver(note) {
      const set = await settings();
      if (!set) return { kind: 'off' };
      const id = noteId(note);
      const timestamp = String(Math.floor(now() / 1000));
      const body = JSON.stringify(alertMessageOf(note));
      const signature = createHmac('sha256', set.secret)
        .update(`${id}.${timestamp}.${body}`)
        .digest('base64');
      const answer = await postJson(set.url, body, {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      });
      if (typeof answer !== 'string' && answer.status >= 200 && answer.status < 300)
        return { kind: 'delivered' };
      return outcomeOf(answer);
    },
  };
}
