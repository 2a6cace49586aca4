import type { Suspicions } from '../domain/ports.ts';

/** Tells all of them; one that fails does not keep the others from hearing. @throws what the first that failed threw */
export function createSuspicions(all: readonly Suspicions[]): Suspicions {
  return {
    async raise(suspicion) {
      const told = await Promise.allSettled(all.map((one) => one.raise(suspicion)));
      const failed = told.find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}
