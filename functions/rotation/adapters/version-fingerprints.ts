import type { Redacted } from '../../kernel/redacted.ts';
import type { NoticeDependencies, VersionFingerprints } from '../domain/notice-leak.ts';
import type { SecretVault } from '../domain/ports.ts';

/** Versions whose fingerprints are remembered: they never change, and hold nothing secret. */
const MAX_KNOWN = 1_000;

/** Fingerprints of versions, each computed once while the function lives: a value is read then, and at no other time. */
export function createVersionFingerprints(
  vault: Pick<SecretVault, 'byVersion'>,
  fingerprinter: { fingerprint(secrets: readonly Redacted[]): Promise<readonly string[]> },
): NoticeDependencies['fingerprintsOf'] {
  const known = new Map<string, VersionFingerprints>();
  return async ({ secret }, rotator, versionId) => {
    const remembered = known.get(versionId);
    if (remembered !== undefined) return remembered;
    const version = await vault.byVersion(secret, versionId);
    // A version that has no value yet is looked at again.
    if (version === undefined) return { secrets: [], names: [] };
    const [secrets, names] = await Promise.all([
      fingerprinter.fingerprint(rotator.secretsIn(version.value)),
      fingerprinter.fingerprint(rotator.namesIn?.(version.value) ?? []),
    ]);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(versionId, { secrets, names });
    return { secrets, names };
  };
}
