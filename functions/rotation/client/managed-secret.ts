/**
 * How a service uses a managed secret, so that rotations pass it by: it keeps the published version for a while, reads it
 * again when that is refused, and tells rotation which version it works with.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';

export interface PublishedVersion {
  readonly versionId: string;
  readonly value: Redacted;
}

export interface ManagedSecretOptions {
  /** Reads the version that is `AWSCURRENT` now. */
  readonly read: () => Promise<PublishedVersion>;
  /** Tells rotation which version is in use. It may fail: it is told again with the next use. */
  readonly acknowledge: (versionId: string) => Promise<void>;
  readonly clock: Clock;
  /** Milliseconds that a version is kept. Well below the deadline of acknowledgements, so that a rotation is noticed. */
  readonly keepMs?: number;
}

export interface ManagedSecret {
  /** The published value, at most so old as it is kept. */
  getSecret(): Promise<Redacted>;
  /**
   * Does something with the value. Where it is refused, the published version is read again and, if that is another one,
   * it is done once more. A version that did is acknowledged.
   * @param isRefused whether an error says that the credential was not accepted, and that nothing was done by it
   */
  use<T>(act: (value: Redacted) => Promise<T>, isRefused: (error: unknown) => boolean): Promise<T>;
}

const KEEP_MS = 60_000;
/** What could not be read is asked for again after so long. */
const RETRY_MS = 5_000;

export function createManagedSecret(options: ManagedSecretOptions): ManagedSecret {
  const { read, acknowledge, clock, keepMs = KEEP_MS } = options;
  let kept: { readonly version: PublishedVersion; readonly readAt: number } | undefined;
  /** One read for all who ask at the same time. */
  let reading: Promise<PublishedVersion> | undefined;
  let told: string | undefined;
  /** Of the last read, where that failed. */
  let failedAt: number | undefined;

  function refresh(): Promise<PublishedVersion> {
    reading ??= read()
      .then((version) => {
        kept = { version, readAt: clock.now() };
        failedAt = undefined;
        return version;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  /** A service that is in use waits for no read: the next version is fetched while the present one is still good. */
  async function present(): Promise<PublishedVersion> {
    if (kept === undefined) return refresh();
    const { version, readAt } = kept;
    const nowMs = clock.now();
    const ageMs = nowMs - readAt;
    if (ageMs < keepMs / 2 || (failedAt !== undefined && nowMs - failedAt < RETRY_MS)) return version;
    const fresh = refresh().catch(() => {
      failedAt = clock.now();
      return version;
    });
    // While it cannot be read, the one that is known is better than none.
    return ageMs < keepMs || failedAt !== undefined ? version : fresh;
  }

  function tell({ versionId }: PublishedVersion): void {
    if (told === versionId) return;
    told = versionId;
    acknowledge(versionId).catch(() => {
      if (told === versionId) told = undefined;
    });
  }

  async function attempt<T>(version: PublishedVersion, act: (value: Redacted) => Promise<T>): Promise<T> {
    const done = await act(version.value);
    tell(version);
    return done;
  }

  return {
    async getSecret() {
      return (await present()).value;
    },

    async use(act, isRefused) {
      const version = await present();
      try {
        return await attempt(version, act);
      } catch (error) {
        if (!isRefused(error)) throw error;
        const newer = await refresh();
        if (newer.versionId === version.versionId) throw error;
        return attempt(newer, act);
      }
    },
  };
}
