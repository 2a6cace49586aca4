/** The second act of the demo: a key that works leaks, and somebody watches it die. */
import { GetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { revocationView, type RevocationView } from '../../functions/contracts/revocation.ts';
import { entryWith, type StsStandIn } from '../../test/support/providers/sts-stand-in.ts';
import type { Writer } from '../../test/support/fleet/writer.ts';
import { say } from './terminal.ts';
import type { Watch } from './watch.ts';

const POLL_MS = 100;
/** What the whole way may take. */
const WITHIN_MS = 30_000;
const AGENT = 'agent-with-a-key';

export interface Revoked {
  /** From the append to the proof of death, in milliseconds; undefined where there was none in time. */
  readonly revokedMs: number | undefined;
}

interface Stage {
  readonly writer: Writer;
  readonly watch: Watch;
  readonly dynamo: DynamoDBDocumentClient;
  readonly revocationTable: string;
  readonly caseTable: string;
  readonly sts: StsStandIn;
}

/** Leaks a key of a user in the emulator's IAM, and says what becomes of it as it happens. */
export async function revokeBeforeTheEyes(stage: Stage): Promise<Revoked> {
  const { writer, watch, dynamo, sts } = stage;
  const key = await sts.createKey('deploy-bot');
  const seen = watch.seen.length;
  const appendedAt = Date.now();
  await writer.appendRaw([entryWith(key, AGENT)]);
  const tell = (what: string, how: string, at = Date.now()) =>
    say(
      `${`+${((at - appendedAt) / 1000).toFixed(1)} s`.padStart(9)}  ${what.padEnd(22)} ${styleText('dim', how)}`,
    );
  tell(
    'leaked',
    `the key of user ${key.userName}, ${key.keyId.slice(0, 4)}****${key.keyId.slice(-4)}, and its secret`,
    appendedAt,
  );

  const told = new Set<string>();
  const once = (name: string, what: string, how: string, at: string | undefined) => {
    if (at === undefined || told.has(name)) return;
    told.add(name);
    tell(what, how, Date.parse(at));
  };
  while (Date.now() - appendedAt < WITHIN_MS) {
    await sleep(POLL_MS);
    const finding = watch.seen.slice(seen).find(({ item }) => item.secretType === 'aws-access-key-id');
    if (finding === undefined) continue;
    once(
      'found',
      'quarantined',
      'its secret cut out of the text, and sealed for the revoker',
      new Date(finding.readableAt).toISOString(),
    );
    const caseId = `case_${finding.item.fingerprint.slice(0, 32)}`;
    const view = await viewOf(dynamo, stage.revocationTable, caseId);
    if (view === undefined) continue;
    narrate(view, once);
    if (view.status === 'failed' || view.status === 'manual' || view.status === 'not_live') {
      say(`the revocation ended as ${view.status}: ${view.reason ?? ''} ${view.note ?? ''}`);
      break;
    }
    if (view.provenDeadAt === undefined) continue;
    if ((await sts.statusOf(key)) !== 'Inactive')
      throw new Error('The key was called dead and is active in IAM.');
    const judged = await dynamo.send(
      new GetCommand({ TableName: stage.caseTable, Key: { pk: caseId }, ConsistentRead: true }),
    );
    if (judged.Item?.['status'] !== 'revoked') continue;
    tell('case closed', 'as revoked, with the proof in its record');
    return { revokedMs: Date.parse(view.provenDeadAt) - appendedAt };
  }
  return { revokedMs: undefined };
}

function narrate(
  { identity, identifiedAt, provenLiveAt, containedAt, revokedAt, provenDeadAt, rule = '' }: RevocationView,
  once: (name: string, what: string, how: string, at: string | undefined) => void,
): void {
  const whose = identity?.principal ?? '';
  once('identified', 'identified', `exactly one key of ${whose}, its secret confirmed by STS`, identifiedAt);
  once('live', 'proven live', 'sts:GetCallerIdentity signed with it: 200', provenLiveAt);
  once('contained', 'contained', `by the policy's rule ${rule}: ${whose} is denied everything`, containedAt);
  once(
    'revoked',
    'revoked',
    'iam:UpdateAccessKey Inactive, read back; its older sessions are denied',
    revokedAt,
  );
  once('dead', 'proven dead', 'sts:GetCallerIdentity signed with it: InvalidClientTokenId', provenDeadAt);
}

async function viewOf(
  dynamo: DynamoDBDocumentClient,
  TableName: string,
  pk: string,
): Promise<RevocationView | undefined> {
  const { Item } = await dynamo.send(new GetCommand({ TableName, Key: { pk }, ConsistentRead: true }));
  return Item === undefined ? undefined : revocationView.parse(Item);
}
