/** The second act of the demo: a key that works leaks, and somebody watches it die. */
import { GetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { revocationView, type RevocationView } from '../../functions/contracts/revocation.ts';
import { entryWith, type LeakableKey, type StsStandIn } from '../../test/support/providers/sts-stand-in.ts';
import type { Writer } from '../../test/support/fleet/writer.ts';
import { say } from './terminal.ts';
import { startTimeline, type Timeline } from './timeline.ts';
import type { Seen, Watch } from './watch.ts';

export const POLL_MS = 100;
/** What the whole way may take. */
const WITHIN_MS = 30_000;
const AGENT = 'agent-with-a-key';

export interface Revoked {
  /** From the append to the proof of death, in milliseconds; undefined where there was none in time. */
  readonly revokedMs: number | undefined;
}

export interface Stage {
  readonly writer: Writer;
  readonly watch: Watch;
  readonly dynamo: DynamoDBDocumentClient;
  readonly revocationTable: string;
  readonly caseTable: string;
  readonly sts: StsStandIn;
}

/** Leaks a key of a user in the emulator's IAM, and says what becomes of it as it happens. */
export async function revokeBeforeTheEyes(stage: Stage): Promise<Revoked> {
  const { dynamo, sts } = stage;
  const key = await sts.createKey('deploy-bot');
  const { appendedAt, timeline, found } = await leak(key, stage);
  while (Date.now() - appendedAt < WITHIN_MS) {
    await sleep(POLL_MS);
    const view = await found();
    if (view === undefined) continue;
    narrate(view, timeline);
    if (hasEndedOtherwise(view)) break;
    if (view.provenDeadAt === undefined) continue;
    if ((await sts.statusOf(key)) !== 'Inactive')
      throw new Error('The key was called dead and is active in IAM.');
    const judged = await dynamo.send(
      new GetCommand({ TableName: stage.caseTable, Key: { pk: view.caseId }, ConsistentRead: true }),
    );
    if (judged.Item?.['status'] !== 'revoked') continue;
    timeline.tell('case closed', 'as revoked, with the proof in its record');
    return { revokedMs: Date.parse(view.provenDeadAt) - appendedAt };
  }
  return { revokedMs: undefined };
}

/** Appends an entry with the key. `found` tells that it is quarantined, and then where its revocation stands. */
export async function leak(
  key: LeakableKey,
  { writer, watch, dynamo, revocationTable }: Pick<Stage, 'writer' | 'watch' | 'dynamo' | 'revocationTable'>,
): Promise<{ appendedAt: number; timeline: Timeline; found: () => Promise<RevocationView | undefined> }> {
  const seen = watch.seen.length;
  const appendedAt = Date.now();
  const timeline = startTimeline(appendedAt);
  await writer.appendRaw([entryWith(key, AGENT)]);
  const mask = `${key.keyId.slice(0, 4)}****${key.keyId.slice(-4)}`;
  timeline.tell('leaked', `the key of user ${key.userName}, ${mask}, and its secret`, appendedAt);
  return { appendedAt, timeline, found };

  async function found(): Promise<RevocationView | undefined> {
    const isIt = ({ item }: Seen) => item.secretType === 'aws-access-key-id';
    const finding = watch.seen.slice(seen).find(isIt);
    if (finding === undefined) return undefined;
    timeline.once(
      'quarantined',
      'its secret cut out of the text, and sealed for the revoker',
      new Date(finding.readableAt).toISOString(),
    );
    const pk = `case_${finding.item.fingerprint.slice(0, 32)}`;
    const { Item } = await dynamo.send(
      new GetCommand({ TableName: revocationTable, Key: { pk }, ConsistentRead: true }),
    );
    return Item === undefined ? undefined : revocationView.parse(Item);
  }
}

function hasEndedOtherwise({ status, reason, note }: RevocationView): boolean {
  const isIt = status === 'failed' || status === 'manual' || status === 'not_live';
  if (isIt) say(`the revocation ended as ${status}: ${reason ?? ''} ${note ?? ''}`);
  return isIt;
}

function narrate(
  { identity, identifiedAt, provenLiveAt, containedAt, revokedAt, provenDeadAt, rule = '' }: RevocationView,
  { once }: Timeline,
): void {
  const whose = identity?.principal ?? '';
  once('identified', `exactly one key of ${whose}, its secret confirmed by STS`, identifiedAt);
  once('proven live', 'sts:GetCallerIdentity signed with it: 200', provenLiveAt);
  once('contained', `by the policy's rule ${rule}: ${whose} is denied everything`, containedAt);
  once('revoked', 'iam:UpdateAccessKey Inactive, read back; its older sessions are denied', revokedAt);
  once('proven dead', 'sts:GetCallerIdentity signed with it: InvalidClientTokenId', provenDeadAt);
}
