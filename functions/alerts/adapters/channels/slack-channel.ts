import { ErrorCode, WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { NoteChannel, Outcome } from '../../domain/deliver.ts';
import { noteId } from '../../domain/note.ts';
import { slackMessage, slackReply } from '../../domain/render/slack.ts';
import type { slackSettings } from './settings.ts';

const DEADLINE_MS = 5_000;

const RATE_LIMITED: string = ErrorCode.RateLimitedError;
const PLATFORM: string = ErrorCode.PlatformError;

/** Answers of Slack that no repetition changes: a person has to mend token, channel or message. */
const FINAL = new Set([
  'account_inactive',
  'channel_not_found',
  'invalid_auth',
  'invalid_blocks',
  'is_archived',
  'missing_scope',
  'msg_too_long',
  'no_permission',
  'not_authed',
  'not_in_channel',
  'restricted_action',
  'token_expired',
  'token_revoked',
]);

const coded = z.object({
  code: z.string(),
  retryAfter: z.number().optional(),
  data: z.object({ error: z.string() }).optional(),
});
const posted = z.object({ ok: z.literal(true), ts: z.string().min(1) });
const history = z.object({
  ok: z.literal(true),
  messages: z.array(
    z.object({
      ts: z.string(),
      metadata: z.object({ event_payload: z.object({ note_id: z.string().optional() }) }).optional(),
    }),
  ),
});

/** A message for each episode, changed as it goes on, with what changed in its thread. */
export function createSlackChannel(
  settings: () => Promise<z.infer<typeof slackSettings> | undefined>,
): NoteChannel {
  return {
    name: 'slack',
    async deliver(note, { reference, attempted }) {
      const set = await settings();
      if (!set) return { kind: 'off' };
      const slack = new WebClient(set.token, {
        slackApiUrl: set.baseUrl.endsWith('/') ? set.baseUrl : `${set.baseUrl}/`,
        timeout: DEADLINE_MS,
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        allowAbsoluteUrls: false,
      });
      const { channel } = set;
      /** Slack has no key against repetition: where an answer was lost, look whether the message is there. */
      const alreadyThere = async (call: () => Promise<unknown>): Promise<string | undefined> => {
        if (!attempted) return undefined;
        const { messages } = history.parse(await call());
        return messages.find(({ metadata }) => metadata?.event_payload.note_id === noteId(note))?.ts;
      };
      try {
        const message = slackMessage(note);
        if (reference === undefined) {
          const recent = () =>
            slack.conversations.history({ channel, limit: 100, include_all_metadata: true });
          const ts =
            (await alreadyThere(recent)) ??
            posted.parse(await slack.chat.postMessage({ channel, ...message })).ts;
          return { kind: 'delivered', reference: ts };
        }
        // The change may be made twice, the reply may not: it comes last.
        posted.parse(await slack.chat.update({ channel, ts: reference, ...message }));
        const thread = () =>
          slack.conversations.replies({ channel, ts: reference, limit: 100, include_all_metadata: true });
        if ((await alreadyThere(thread)) === undefined)
          posted.parse(await slack.chat.postMessage({ channel, thread_ts: reference, ...slackReply(note) }));
        return { kind: 'delivered', reference };
      } catch (error) {
        return outcomeOf(error);
      }
    },
  };
}

function outcomeOf(error: unknown): Outcome {
  const known = coded.safeParse(error);
  if (!known.success) return { kind: 'retry', reason: 'an answer that is not one of Slack' };
  const { code, retryAfter, data } = known.data;
  if (code === RATE_LIMITED)
    return { kind: 'retry', reason: 'rate limited', afterMs: (retryAfter ?? 1) * 1_000 };
  if (code === PLATFORM) {
    const answer = data?.error ?? '';
    if (FINAL.has(answer)) return { kind: 'refused', reason: `Slack: ${answer}` };
  }
  return { kind: 'retry', reason: code };
}
