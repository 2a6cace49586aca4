/**
 * Buttons pressed in Slack. Who sent a request is proven by its signature, and only that:
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 * What is in it: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { approvalButton } from '../../contracts/revocation.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import type { ReplayBook } from '../domain/ports.ts';

/** What a person puts into the secret; `{}` is off. */
export const slackDeskSettings = z.strictObject({
  /** The app's signing secret. */
  signingSecret: z.string().min(16),
  /** Ids of the people who may decide, e.g. `U0123456789`. */
  approvers: z.array(z.string().regex(/^[UW][A-Z0-9]+$/)).min(1),
  /** Where answers go; Slack names an address under it with each press. */
  answersUnder: z.url({ protocol: /^https?$/ }).default('https://hooks.slack.com/'),
});
export type SlackDeskSettings = z.infer<typeof slackDeskSettings>;

export interface SignedRequest {
  readonly body: string;
  /** Seconds since the epoch, as the header has them. */
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/** Older or younger than this, a request is nobody's: Slack's own advice. */
const WINDOW_SECONDS = 300;

/** @returns nothing where Slack has sent it just now and for the first time; else why it is refused */
export async function verifySlackRequest(
  { body, timestamp, signature }: SignedRequest,
  signingSecret: string,
  nowMs: number,
  replays: ReplayBook,
): Promise<Result<undefined, 'unsigned' | 'forged' | 'old' | 'replayed'>> {
  if (timestamp === undefined || signature === undefined) return err('unsigned');
  if (!/^\d{1,12}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(signature)) return err('forged');
  const expected = `v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature))) return err('forged');
  const sentMs = Number(timestamp) * 1000;
  if (Math.abs(nowMs - sentMs) > WINDOW_SECONDS * 1000) return err('old');
  const name = createHash('sha256').update(signature).digest('hex');
  // Kept until the timestamp alone refuses it.
  return (await replays.first(name, sentMs + 2 * WINDOW_SECONDS * 1000)) ? ok(undefined) : err('replayed');
}

/** A press of one of our two buttons. */
export interface Press {
  readonly button: z.infer<typeof approvalButton>;
  readonly userId: string;
  /** As the record names who decided: `slack:T0123/U0456 (ann)`. */
  readonly by: string;
  readonly responseUrl: string | undefined;
}

const payload = z.object({
  type: z.literal('block_actions'),
  user: z.object({
    id: z.string().min(1).max(32),
    username: z.string().optional(),
    name: z.string().optional(),
  }),
  team: z.object({ id: z.string().min(1).max(32) }).nullish(),
  response_url: z.string().optional(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })).min(1),
});

/** @param body as it was signed: a form with one field */
export function readPress(body: string): Result<Press, 'unreadable' | 'another_button'> {
  const parsed = payload.safeParse(jsonOf(new URLSearchParams(body).get('payload') ?? ''));
  if (!parsed.success) return err('unreadable');
  const { user, team, actions, response_url: responseUrl } = parsed.data;
  const action = actions.find(({ action_id: id }) => id.startsWith('shhh_revocation_'));
  const button = approvalButton.safeParse(jsonOf(action?.value ?? ''));
  if (!button.success) return err('another_button');
  const called = (user.username ?? user.name ?? '').replaceAll(/[^\w.-]/g, '').slice(0, 80);
  return ok({
    button: button.data,
    userId: user.id,
    by: `slack:${team?.id ?? 'unknown'}/${user.id}${called === '' ? '' : ` (${called})`}`,
    responseUrl,
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const ANSWER_MS = 1_500;

/**
 * Tells who pressed, and only them, what became of it. Slack waits three seconds for us, and the decision is written:
 * an answer that does not arrive changes nothing.
 * @returns whether Slack took it
 */
export async function answerPress(
  responseUrl: string | undefined,
  text: string,
  { answersUnder }: SlackDeskSettings,
): Promise<boolean> {
  if (responseUrl === undefined || !isUnder(responseUrl, answersUnder)) return false;
  try {
    const { ok: taken } = await fetch(responseUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, text }),
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return taken;
  } catch {
    return false;
  }
}

function isUnder(address: string, base: string): boolean {
  const url = URL.parse(address);
  const root = new URL(base);
  return url?.origin === root.origin && url.pathname.startsWith(root.pathname) && url.username === '';
}
