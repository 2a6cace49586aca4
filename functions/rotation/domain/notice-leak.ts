/** From a finding to an emergency: whether what has leaked is a secret that is managed here. */
import type { SecretQuarantined } from '../../contracts/quarantine.ts';
import type {
  ReplacementAnswer,
  ReplacementRequest,
  RotationStatus,
  RotationTrigger,
  SecretCompromised,
} from '../../contracts/rotation.ts';
import { beginRotation, type BeginDependencies, type Begun } from './begin-rotation.ts';
import { termsOf, type ManagedSecret } from './policy.ts';
import type { Rotator, SecretVault } from './ports.ts';
import type { RotationRecord } from './rotation.ts';
import { isTerminal } from './transitions.ts';

/** Keyed fingerprints of what stands in a version: of what is secret, and of what names the credential. */
export interface VersionFingerprints {
  readonly secrets: readonly string[];
  readonly names: readonly string[];
}

export interface NoticeDependencies extends BeginDependencies {
  readonly policies: readonly ManagedSecret[];
  readonly rotators: readonly Rotator[];
  readonly vault: SecretVault;
  /** It is asked once for each version. */
  readonly fingerprintsOf: (
    policy: ManagedSecret,
    rotator: Rotator,
    versionId: string,
  ) => Promise<VersionFingerprints>;
}

export interface Noticed {
  readonly secret: string;
  readonly outcome: Begun['outcome'];
}

/**
 * Compares the finding's fingerprint with those of every version that is in use or about to be. No value is compared, and
 * a finding of a guard with a key of its own matches none.
 */
export async function noticeLeak(
  { fingerprint, findingId, correlationId }: SecretQuarantined,
  dependencies: NoticeDependencies,
): Promise<readonly Noticed[]> {
  const trigger = {
    kind: 'leak',
    by: 'detection',
    why: 'It was found where it does not belong.',
    ...{ findingId, correlationId, emergency: true },
  } as const;
  const { found, failed } = await compare(({ secrets }) => secrets, fingerprint, dependencies);
  const noticed: Noticed[] = [];
  for (const { policy, leakedVersion } of found) {
    const { outcome } = await beginRotation({ policy, trigger, leakedVersion }, dependencies);
    noticed.push({ secret: policy.name, outcome });
  }
  if (failed[0] !== undefined) throw failed[0];
  return noticed;
}

/** Somebody says which secret it is: nothing is compared. */
export async function noticeThreat(
  { secret, eventId, by, why }: SecretCompromised,
  dependencies: NoticeDependencies,
): Promise<readonly Noticed[]> {
  const policy = dependencies.policies.find(({ name }) => name === secret);
  if (policy === undefined || !policy.onLeak.rotate) return [];
  const trigger = { kind: 'threat', by, why, findingId: eventId, emergency: true } as const;
  const { outcome } = await beginRotation({ policy, trigger }, dependencies);
  return [{ secret, outcome }];
}

/**
 * What is about to be revoked is replaced, where it is managed; also where what has leaked is but the credential's name,
 * for the credential is what dies.
 */
export async function replaceLeaked(
  request: ReplacementRequest,
  dependencies: NoticeDependencies,
): Promise<ReplacementAnswer> {
  if (request.do === 'watch') {
    const record = await dependencies.store.get(request.secret);
    const policy = dependencies.policies.find(({ name }) => name === request.secret);
    // The record is of the secret's present rotation: the one that was asked for is over.
    if (record === undefined || policy === undefined || record.rotationId !== request.rotationId)
      return { answer: 'go_on', secret: request.secret, rotationId: request.rotationId };
    return standing(policy, record);
  }
  const { fingerprint, findingId, correlationId } = request;
  const either = ({ secrets, names }: VersionFingerprints) => [...secrets, ...names];
  const { found, failed } = await compare(either, fingerprint, dependencies);
  const [match] = found;
  // It may be of one that could not be compared.
  if (match === undefined && failed[0] !== undefined) throw failed[0];
  if (match === undefined) return { answer: 'not_managed' };
  const { policy, leakedVersion } = match;
  const trigger: RotationTrigger = {
    kind: 'leak',
    by: 'revocation',
    why: 'It is being revoked.',
    ...{ findingId, correlationId, emergency: true },
  };
  const { outcome, rotation } = await beginRotation({ policy, trigger, leakedVersion }, dependencies);
  if (outcome === 'follows') return { answer: 'wait', secret: policy.name, seconds: policy.onLeak.dieWithin };
  return standing(policy, rotation);
}

/** From here on the rotation itself has ended the old one, or has nothing more to do with it. */
const isOver = (status: RotationStatus): boolean => status === 'retired' || isTerminal(status);

function standing(
  policy: ManagedSecret,
  { rotationId, status, trigger, oldDead }: RotationRecord,
): ReplacementAnswer {
  const { oldDies } = termsOf(policy, trigger.emergency);
  return isOver(status) || oldDead || oldDies === 'first'
    ? { answer: 'go_on', secret: policy.name, rotationId, status }
    : { answer: 'wait', secret: policy.name, rotationId, seconds: policy.onLeak.dieWithin };
}

interface Match {
  readonly policy: ManagedSecret;
  readonly leakedVersion: string;
}

/**
 * The secrets that are replaced when they leak, and of which a version that may be in use has this fingerprint; and why
 * others could not be compared, which says nothing about these.
 */
async function compare(
  of: (known: VersionFingerprints) => readonly string[],
  fingerprint: string,
  dependencies: NoticeDependencies,
): Promise<{ readonly found: readonly Match[]; readonly failed: readonly Error[] }> {
  const { policies, rotators, fingerprintsOf } = dependencies;
  const compared = await Promise.allSettled(
    policies.map(async (policy): Promise<readonly Match[]> => {
      const rotator = rotators.find(({ kind }) => kind === policy.rotator.kind);
      if (rotator === undefined || !policy.onLeak.rotate) return [];
      for (const versionId of await versionsInUse(policy, dependencies))
        if (of(await fingerprintsOf(policy, rotator, versionId)).includes(fingerprint))
          return [{ policy, leakedVersion: versionId }];
      return [];
    }),
  );
  return {
    found: compared.flatMap((each) => (each.status === 'fulfilled' ? each.value : [])),
    failed: compared.flatMap((each) =>
      each.status === 'fulfilled'
        ? []
        : [new Error('A managed secret was not compared.', { cause: each.reason })],
    ),
  };
}

/** What is published, what is about to be, and what a rotation that is under way has not ended yet. */
async function versionsInUse(
  { name, secret }: ManagedSecret,
  { vault, store }: NoticeDependencies,
): Promise<readonly string[]> {
  const [versions, record] = await Promise.all([vault.versions(secret), store.get(name)]);
  const leaving = record !== undefined && !isTerminal(record.status) ? record.fromVersion : undefined;
  return [...versions].flatMap(([versionId, labels]) =>
    versionId === leaving || labels.includes('AWSCURRENT') || labels.includes('AWSPENDING')
      ? [versionId]
      : [],
  );
}
