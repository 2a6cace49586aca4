/** The third act of the demo: the key of a service leaks; it is replaced and dies, and the service never notices. */
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RevocationView } from '../../functions/contracts/revocation.ts';
import { rotationView, type RotationView } from '../../functions/contracts/rotation.ts';
import type { LeakableKey } from '../../test/support/providers/sts-stand-in.ts';
import { leak, POLL_MS, type Stage } from './revocation.ts';
import { startService, type Service } from './service.ts';
import type { ServiceOrder } from './service-protocol.ts';
import { say } from './terminal.ts';
import type { Timeline } from './timeline.ts';

/** As rotation.yaml beside this file has it. */
export const ROTATION_POLICIES = 'scripts/demo/rotation.yaml';
const SECRET = { secretId: 'shhh-demo/uploads', secret: 'uploads', consumer: 'uploader' };
const USER = 'demo-uploader';

/** What the whole way may take. */
const WITHIN_MS = 60_000;
/** Where a revocation has nothing more to do. */
const ENDS: ReadonlySet<RevocationView['status']> = new Set(['proven_dead', 'not_live', 'manual']);
/** How long the service is watched after the old key's death. */
const AFTERWARDS_MS = 1_000;

export interface Replaced {
  /** From the append until the old key was proven dead while the service worked with the new one, in milliseconds. */
  readonly replacedMs: number | undefined;
  /** Calls of the service, and those that failed. */
  readonly calls: number;
  readonly failed: number;
}

export interface ReplacementStage extends Stage {
  readonly rotationTable: string;
  readonly deskName: string;
  readonly client: Pick<ServiceOrder, 'endpoint' | 'region' | 'credentials'>;
}

/** A managed key, and a service that works with it. */
export interface KeyInUse {
  readonly key: LeakableKey;
  readonly service: Service;
}

export async function startKeyInUse({
  sts,
  deskName,
  client,
}: Pick<ReplacementStage, 'sts' | 'deskName' | 'client'>): Promise<KeyInUse> {
  const key = await sts.createManagedKey(USER, SECRET.secretId);
  const service = await startService({ ...client, ...SECRET, deskName, stsUrl: sts.url });
  return { key, service };
}

/** Leaks the key that a service is working with, and says what becomes of both as it happens. */
export async function replaceBeforeTheEyes(
  { key, service }: KeyInUse,
  stage: ReplacementStage,
): Promise<Replaced> {
  const replacedMs = await watchReplacement(key, service, stage);
  await sleep(AFTERWARDS_MS);
  const failed = service.calls.filter((call) => call.failed !== undefined);
  for (const { at, failed: error = '' } of failed)
    say(`the service failed at ${new Date(at).toISOString()}: ${error}`);
  return { replacedMs, calls: service.calls.length, failed: failed.length };
}

async function watchReplacement(
  key: LeakableKey,
  service: Service,
  stage: ReplacementStage,
): Promise<number | undefined> {
  const { appendedAt, timeline, found } = await leak(key, stage);
  while (Date.now() - appendedAt < WITHIN_MS) {
    await sleep(POLL_MS);
    const [revocation, rotation] = [await found(), await rotationOf(stage)];
    const firstCall = service.calls.find((call) => call.failed === undefined && call.keyId !== key.keyId);
    if (rotation !== undefined) narrate(rotation, firstCall?.at, timeline);
    if (revocation === undefined || rotation === undefined) continue;
    if (rotation.status === 'failed' || rotation.status === 'refused' || rotation.status === 'rolled_back') {
      say(`the rotation ended as ${rotation.status}: ${rotation.reason ?? ''} ${rotation.note ?? ''}`);
      return undefined;
    }
    // Where rotation was the quicker of the two, revocation finds a key that is gone.
    if (rotation.status !== 'completed' || !ENDS.has(revocation.status)) continue;
    const deadAt = revocation.provenDeadAt ?? rotation.endedAt ?? '';
    timeline.once('proven dead', 'sts:GetCallerIdentity signed with it: InvalidClientTokenId', deadAt);
    if ((await stage.sts.statusOf(key)) === 'Active')
      throw new Error('The old key was called dead and is active in IAM.');
    return firstCall && Date.parse(deadAt) - appendedAt;
  }
  return undefined;
}

function narrate(
  { newIdentity, trigger, consumers, tests, ...at }: RotationView,
  firstCall: number | undefined,
  { once }: Timeline,
): void {
  const mask = newIdentity && `${newIdentity.id.slice(0, 4)}****${newIdentity.id.slice(-4)}`;
  const passed = tests.filter(({ of, outcome }) => of === 'staged' && outcome === 'passed').length;
  once(
    'known',
    `its fingerprint is that of the managed secret uploads, asked by ${trigger.by}`,
    at.startedAt,
  );
  once('new key made', `${mask} beside the old one, which still works`, at.stagedAt);
  once('new key tested', `${passed} tests passed with it`, at.verifiedAt);
  once('new key published', 'AWSCURRENT moved to it', at.promotedAt);
  once(
    'service uses it',
    'read anew by itself; its calls go on without an error',
    firstCall === undefined ? undefined : new Date(firstCall).toISOString(),
  );
  once('acknowledged', `by ${consumers.map(({ name }) => name).join(', ')}`, at.acknowledgedAt);
  once('old key retired', 'iam:UpdateAccessKey Inactive', at.retiredAt);
}

async function rotationOf({ dynamo, rotationTable }: ReplacementStage): Promise<RotationView | undefined> {
  const { Item } = await dynamo.send(
    new GetCommand({ TableName: rotationTable, Key: { pk: SECRET.secret }, ConsistentRead: true }),
  );
  return Item === undefined ? undefined : rotationView.parse(Item);
}
