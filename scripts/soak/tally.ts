/** What a channel was told of a flood, read from its messages as a person would read them. */
export interface ChannelTally {
  readonly channel: string;
  readonly messages: number;
  /** Critical findings that the newest message of each group counts, over all groups. */
  readonly findings: number;
  /** Messages that came again. */
  readonly repeated: number;
}

/** `1,234 × Critical secret leaked: …`; a single one has no number. */
const COUNTED = /([\d,]+) × Critical secret leaked/;
/** Names an episode, and where it is followed by a number the message. */
const EPISODE = /shhh-([0-9a-f]{32}-\d+)(?:-(\d+))?/;

/**
 * @param texts each message of the channel as JSON
 * @throws Error for a message that names no group: it cannot be counted
 */
export function tally(channel: string, texts: readonly string[]): ChannelTally {
  const findings = new Map<string, number>();
  const seen = new Set<string>();
  let repeated = 0;
  for (const text of texts) {
    const [, episode, revision] = EPISODE.exec(text) ?? [];
    if (episode === undefined) throw new Error(`A message over ${channel} names no group.`);
    const message = revision === undefined ? text : `${episode}-${revision}`;
    if (seen.has(message)) repeated += 1;
    seen.add(message);
    const counted = Number((COUNTED.exec(text)?.[1] ?? '1').replaceAll(',', ''));
    findings.set(episode, Math.max(counted, findings.get(episode) ?? 0));
  }
  return {
    channel,
    messages: texts.length,
    findings: [...findings.values()].reduce((sum, count) => sum + count, 0),
    repeated,
  };
}
