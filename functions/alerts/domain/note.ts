/** What a channel is handed: one message about a group, complete in itself, so that the newest one is enough. */
import { z } from 'zod';
import { severity } from '../../contracts/finding.ts';
import { labelName, shortened } from './labels.ts';
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

/** What an alert is about in few words: the newest of the worst, or how many of whom. */
export function titleOf({ kind, rules, count: alerts, labels: shared }: Note): string {
  const [first] = rules;
  if (alerts === 1 || !first) return first?.summary ?? '';
  // Of whom stands first: a long line loses its end on the way.
  const whom = shared.agent ?? shared.principal ?? shared.alarm ?? shared.secretType;
  const many = `${alerts.toLocaleString('en')} alerts${whom === undefined ? '' : ` about ${shortened(whom)}`}`;
  return kind === 'resolve' ? many : `${many}, lately: ${first.summary}`;
}

/** The line that a person sees first. */
export function headlineOf(note: Note): string {
  return `${note.kind === 'resolve' ? 'RESOLVED' : note.severity}: ${titleOf(note)}`;
}

/** What a person opens: one case or several. */
export function linkTextOf({ cases: { open, acknowledged, over } }: Note): string {
  return open + acknowledged + over > 1 ? 'Open the cases' : 'Open the case';
}
