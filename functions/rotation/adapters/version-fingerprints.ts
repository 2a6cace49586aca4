import type { Redacted } from '../../kernel/redacted.ts';
import type { NoticeDependencies } from '../domain/notice-leak.ts';
import type { SecretVault } from '../domain/ports.ts';

/** Versions whose fingerprints are remembered: they never change, and hold nothing secret. */
const MAX_KNOWN = 1_000;

/** Fingerprints of versions, each computed once while the function lives: a value is read then, and at no other time. */
export function createVersionFingerprints(
  vault: Pick<SecretVault, 'byVersion'>,
  fingerprinter: { fingerprint(secrets: readonly Redacted[]): Promise<readonly string[]> },
): NoticeDependencies['fingerprintsOf'] {
  const known = new Map<string, readonly string[]>();
  return async ({ secret }, rotator, versionId) => {
    const remembered = known.get(versionId);
    if (remembered !== undefined) return remembered;
    const version = await vault.byVersion(secret, versionId);
    // A version that has no value yet is looked at again.
    if (version === undefined) return [];
    const fingerprints = await fingerprinter.fingerprint(rotator.secretsIn(version.value));
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(versionId, fingerprints);
    return fingerprints;
  };
}
