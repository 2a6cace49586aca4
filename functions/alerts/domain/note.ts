/** What a channel is handed: one message about a group, complete in itself, so that the newest one is enough. */
import { z } from 'zod';
import { severity } from '../../contracts/finding.ts';
import { labelName } from './labels.ts';
import { channelName } from './sigma/rule.ts';

const labels = z.partialRecord(labelName, z.string());
const epochMs = z.int().nonnegative();
const count = z.int().nonnegative();

export const note = z.strictObject({
  version: z.literal(1),
  group: z.string().regex(/^[0-9a-f]{32}$/),
  episode: z.int().positive(),
  /** Numbers the messages of an episode. */
  revision: z.int().positive(),
  kind: z.enum(['open', 'update', 'resolve']),
  at: epochMs,
  severity,
  route: z.string(),
  /** What the alerts have in common. */
  labels,
  /** The most severe first; texts are those of its newest alert. */
  rules: z
    .array(
      z.strictObject({
        name: z.string(),
        title: z.string(),
        severity,
        count,
        summary: z.string(),
        done: z.string(),
        next: z.string(),
      }),
    )
    .min(1),
  /** Alerts of the episode so far, and of them those since the last message. */
  count,
  fresh: count,
  /** Kept back because a rule that matters more fires, or by a silence. */
  inhibited: count,
  silenced: count,
  cases: z.strictObject({ open: count, acknowledged: count, over: count }),
  firstAt: epochMs,
  lastAt: epochMs,
  /** The newest alerts, newest first. */
  samples: z.array(z.strictObject({ rule: z.string(), labels })),
  link: z.string(),
  /** Where it goes. */
  channels: z.array(channelName),
});
export type Note = z.infer<typeof note>;

/** Names one episode of a group wherever a channel wants a key; well below PagerDuty's 255 characters. */
export function episodeOf({ group, episode }: Pick<Note, 'group' | 'episode'>): string {
  return `shhh-${group}-${episode}`;
}

/** Names one message: what a receiver deduplicates by. */
export function noteId(sent: Pick<Note, 'group' | 'episode' | 'revision'>): string {
  return `${episodeOf(sent)}-${sent.revision}`;
}

/** The line that a person sees first. */
export function headlineOf({ kind, severity: worst, rules, count: alerts }: Note): string {
  const [first] = rules;
  // The count first: a long line loses its end on the way.
  const count = alerts > 1 ? ` (${alerts.toLocaleString('en')} alerts)` : '';
  return `${kind === 'resolve' ? 'RESOLVED' : worst}${count}: ${first?.summary ?? ''}`;
}
