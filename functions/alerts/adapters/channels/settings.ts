/** What each channel has to know, as JSON in its secret in Secrets Manager. `{}` is a channel that is off. */
import { z } from 'zod';

const httpUrl = z.url({ protocol: /^https?$/ });

export const slackSettings = z.object({
  /** Bot token with `chat:write`, and `channels:history` to look whether a lost answer meant acceptance. */
  token: z.string().min(1),
  /** Id of the conversation, e.g. `C0123456789`. */
  channel: z.string().min(1),
  baseUrl: httpUrl.default('https://slack.com/api/'),
});
export const pagerDutySettings = z.object({
  routingKey: z.string().min(1),
  baseUrl: httpUrl.default('https://events.pagerduty.com'),
});
export const webhookSettings = z.object({
  url: httpUrl,
  /** Shared with the receiver; signs what is sent. */
  secret: z.string().min(16),
});
export const emailSettings = z.object({
  from: z.string().min(3),
  to: z.array(z.string().min(3)).min(1).max(50),
});
