/** From a finding to an emergency: whether what has leaked is a secret that is managed here. */
import type { SecretQuarantined } from '../../contracts/quarantine.ts';
import type { SecretCompromised } from '../../contracts/rotation.ts';
import { beginRotation, type BeginDependencies, type Begun } from './begin-rotation.ts';
import type { ManagedSecret } from './policy.ts';
import type { Rotator, SecretVault } from './ports.ts';

export interface NoticeDependencies extends BeginDependencies {
  readonly policies: readonly ManagedSecret[];
  readonly rotators: readonly Rotator[];
  readonly vault: SecretVault;
  /** The keyed fingerprints of what is secret in a version: it is asked once for each. */
  readonly fingerprintsOf: (
    policy: ManagedSecret,
    rotator: Rotator,
    versionId: string,
  ) => Promise<readonly string[]>;
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
  const noticed: Noticed[] = [];
  for (const policy of dependencies.policies) {
    if (!policy.onLeak.rotate) continue;
    const leakedVersion = await versionWith(fingerprint, policy, dependencies);
    if (leakedVersion === undefined) continue;
    const trigger = {
      kind: 'leak',
      by: 'detection',
      why: 'It was found where it does not belong.',
      ...{ findingId, correlationId, emergency: true },
    } as const;
    const { outcome } = await beginRotation({ policy, trigger, leakedVersion }, dependencies);
    noticed.push({ secret: policy.name, outcome });
  }
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

async function versionWith(
  fingerprint: string,
  policy: ManagedSecret,
  { vault, rotators, fingerprintsOf }: NoticeDependencies,
): Promise<string | undefined> {
  const rotator = rotators.find(({ kind }) => kind === policy.rotator.kind);
  if (rotator === undefined) return undefined;
  for (const [versionId, labels] of await vault.versions(policy.secret)) {
    if (!labels.includes('AWSCURRENT') && !labels.includes('AWSPENDING')) continue;
    if ((await fingerprintsOf(policy, rotator, versionId)).includes(fingerprint)) return versionId;
  }
  return undefined;
}
