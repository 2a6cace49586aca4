/** What rotation's handlers are handed in tests: everything in memory, one managed secret, and lines that are kept. */
import { LinesLogger } from './lines-logger.ts';
import { aManagedSecret } from './rotation-builder.ts';
import { RotationWorld } from './rotation-world.ts';

/** Of version-0's secret, and of what names its credential. */
export const FINGERPRINTS = { secret: 'a'.repeat(64), name: 'd'.repeat(64) };

export function rotationHandlers(overrides: Record<string, unknown> = {}) {
  const policy = aManagedSecret({ schedule: { at: 'rate(30 days)', windowHours: 3 }, ...overrides });
  const world = new RotationWorld({ kind: 'key', policy, permission: 'passes' });
  const logger = new LinesLogger();
  let ids = 0;
  const needed = {
    ...{ store: world.store, vault: world.vault, workflow: world, clock: world.clock, logger },
    ...{ policies: [policy], generators: {}, rotators: [world.rotator], verifiers: world.verifiers },
    newId: () => (ids += 1).toString(16).padStart(32, '0'),
    randomBelow: () => 0,
    history: () => Promise.resolve([]),
    madeAt: () => Promise.resolve(world.nowMs),
    fingerprintsOf: (_policy: unknown, _rotator: unknown, versionId: string) =>
      Promise.resolve(
        versionId === 'version-0'
          ? { secrets: [FINGERPRINTS.secret], names: [FINGERPRINTS.name] }
          : { secrets: [], names: [] },
      ),
  };
  return { world, policy, logger, needed, record: () => world.record };
}
