/** From a finding to a run: one for each secret, however often it is found. */
import type { SecretQuarantined } from '../../contracts/quarantine.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { RevocationStore, Workflow } from './ports.ts';
import type { RevocationProvider } from './provider.ts';
import { begin, evolve, type RevocationRecord } from './revocation.ts';

export interface BeginDependencies {
  readonly store: RevocationStore;
  readonly workflow: Workflow;
  readonly providers: readonly Pick<RevocationProvider, 'provider' | 'secretTypes' | 'manualSteps'>[];
  readonly clock: Clock;
  /** Days that the record of a revocation is kept. */
  readonly keptDays: number;
}

export type Begun = 'started' | 'handed_over' | 'known' | 'harmless';

/** The name of a run's execution: the same run is never started twice. */
export const runName = ({ caseId, run }: { readonly caseId: string; readonly run: number }): string =>
  `${caseId}-${run}`;

/** @throws when it cannot be said whether the run was started: hand the finding in again */
export async function beginRevocation(
  found: SecretQuarantined,
  dependencies: BeginDependencies,
): Promise<Begun> {
  const { store, workflow, clock, keptDays } = dependencies;
  const known = found.case;
  if (known === undefined || !known.pages) return 'harmless';
  const existing = await store.get(known.caseId);
  if (existing !== undefined) return startAnew(existing, workflow);
  const { secretType, provider, severity, redactedKey, fingerprint, findingId, correlationId } = found;
  const able = dependencies.providers.filter(
    (each) => each.provider === provider && each.secretTypes.includes(secretType),
  );
  const manualSteps = [...(able[0]?.manualSteps ?? ANY_PROVIDER_STEPS)];
  const facts = {
    secretType,
    provider,
    severity,
    redactedKey,
    fingerprint,
    findingId,
    correlationId,
    manualSteps,
  };
  const first = begin({ caseId: known.caseId, ...facts }, clock.now(), keptDays);
  if (able.length > 0) {
    // Where somebody else was faster, theirs is the run, and its start is made sure of.
    if (!(await store.write(first, undefined, undefined))) return beginRevocation(found, dependencies);
    await workflow.start(runName(first), { caseId: first.caseId, run: 1, do: 'revoke' });
    return 'started';
  }
  const handedOver = evolve(
    first,
    [{ type: 'moved', move: 'hand_over', reason: 'no_provider' }],
    clock.now(),
  );
  await store.write({ ...handedOver, revision: 1 }, undefined, undefined);
  return 'handed_over';
}

const ANY_PROVIDER_STEPS = [
  'Find the credential at its provider by its masked form and the place it leaked from.',
  'Revoke it there, issue a new one, and give that to who uses it.',
  'Mark the case as revoked: npm run review -- revoked CASE --reason "…".',
] as const;

/** Between the record and the start of its run, a crash may have come. */
async function startAnew(record: RevocationRecord, workflow: Workflow): Promise<Begun> {
  if (record.status === 'pending' && record.identity === undefined)
    await workflow.start(runName(record), { caseId: record.caseId, run: record.run, do: 'revoke' });
  return 'known';
}
