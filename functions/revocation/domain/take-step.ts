/**
 * The steps of a run, one call each: look at the record, call the provider where that is still to be done, write what
 * was learnt. A step may be taken again at any time, after any crash: what the record says was done is not done again.
 */
import type { RevocationStep as Step, StepAnswer } from '../../contracts/revocation.ts';
import type { ReplacementAnswer } from '../../contracts/rotation.ts';
import { fromIso, toIso, type Clock } from '../../kernel/clock.ts';
import { Redacted } from '../../kernel/redacted.ts';
import { protectionOf, verdictOf, type Environment, type ResponsePolicy } from './policy.ts';
import type {
  EvidenceVault,
  Replacements,
  RevocationLimit,
  RevocationStore,
  RunOrder,
  Workflow,
} from './ports.ts';
import type {
  CredentialIdentity,
  Identification,
  Liveness,
  Revocation,
  RevocationProvider,
  Told,
  Unavailable,
} from './provider.ts';
import { evolve, isEvidenceSpent, type RevocationEvent, type RevocationRecord } from './revocation.ts';
import { isTerminal, type Move } from './transitions.ts';

export interface StepDependencies {
  readonly store: RevocationStore;
  readonly limit: RevocationLimit;
  readonly evidence: EvidenceVault;
  readonly workflow: Workflow;
  readonly replacements: Replacements;
  readonly providers: readonly RevocationProvider[];
  readonly policy: ResponsePolicy;
  readonly environment: Environment;
  readonly clock: Clock;
}

/** Tries of a step that the provider does not answer: with the waits between them, about a quarter of an hour. */
const MAX_ATTEMPTS = 10;
/** Containing is an extra: it may not hold up the kill. */
const MAX_CONTAIN_ATTEMPTS = 2;
/** Rotation may be broken: what has leaked does not live on for that. */
const MAX_REPLACE_ATTEMPTS = 3;
const LONGEST_REPLACE_LOOK_SECONDS = 5;
/** Longest wait between two tries, and between two looks at a credential that must die, in seconds. */
const LONGEST_WAIT_SECONDS = 120;
const LONGEST_LOOK_SECONDS = 60;
/** A provider's promise is no exact one, and clocks differ. */
const DEADLINE_SLACK_MS = 60_000;
/** How long a revoked credential is looked at beyond its deadline where looking itself fails. */
const UNSEEN_GRACE_MS = 900_000;
/** Longer than a step's function may run: who claims a call and dies has stopped calling when the claim ends. */
const CLAIM_MS = 75_000;
const MAX_WRITES = 8;

const GO: StepAnswer = { next: 'go', waitSeconds: 0 };
const END: StepAnswer = { next: 'end', waitSeconds: 0 };
const again = (waitSeconds: number): StepAnswer => ({
  next: 'again',
  waitSeconds: Math.max(1, Math.ceil(waitSeconds)),
});

/** @param token of a run that is to wait for people; with `offer_approval` only */
export async function takeStep(
  step: Step,
  order: RunOrder,
  dependencies: StepDependencies,
  token?: string,
): Promise<StepAnswer> {
  const record = await dependencies.store.get(order.caseId);
  // A run that was followed by another has nothing more to say.
  if (record === undefined || record.run !== order.run) return END;
  if (step === 'restore') return restore(record, dependencies);
  if (isTerminal(record.status)) {
    if (step === 'give_up' && record.undo) {
      await settle(order, dependencies, () => [{ type: 'undo_failed', note: 'It could not be restored.' }]);
      return END;
    }
    // A decision that ended the run while it was about to wait: it waits for nothing.
    if (token !== undefined) await dependencies.workflow.resume(token);
    return finished(record, dependencies);
  }
  switch (step) {
    case 'identify':
      return identify(record, dependencies);
    case 'prove_live':
      return proveLive(record, dependencies);
    case 'decide':
      return decide(record, dependencies);
    case 'offer_approval':
      return offerApproval(record, token, dependencies);
    case 'expire_approval':
      return expireApproval(record, dependencies);
    case 'replace':
      return replace(record, dependencies);
    case 'contain':
      return contain(record, dependencies);
    case 'kill':
      return kill(record, dependencies);
    case 'prove_dead':
      return proveDead(record, dependencies);
    case 'give_up':
      return conclude(record, dependencies, (now) =>
        isTerminal(now.status) ? [] : [{ type: 'moved', move: 'fail', reason: 'broken' }],
      );
  }
}

async function identify(record: RevocationRecord, dependencies: StepDependencies): Promise<StepAnswer> {
  if (record.status !== 'pending' || record.identity !== undefined) return GO;
  const provider = providerOf(record, dependencies);
  if (provider === undefined) return handOver(record, dependencies, { reason: 'no_provider' });
  const secret = await secretOf(record, provider, dependencies);
  if (secret === undefined) return handOver(record, dependencies, { reason: 'no_evidence' });
  const { answer, calls }: Told<Identification> = await provider.identify(secret);
  const called = { type: 'called', step: 'identify', calls } as const;
  switch (answer.outcome) {
    case 'unavailable':
      return unavailable(record, dependencies, called, answer);
    case 'ambiguous':
      return handOver(record, dependencies, { reason: 'ambiguous', note: answer.reason }, called);
    case 'dead':
      return conclude(
        record,
        dependencies,
        ifPending([called, SEEN_DEAD, { type: 'moved', move: 'find_dead' }]),
      );
    case 'identified': {
      const identified: RevocationEvent = {
        type: 'identified',
        identity: answer.identity,
        canRestore: provider.restore !== undefined,
      };
      const refusal = refusalOf(record, answer.identity, dependencies);
      if (refusal) return handOver(record, dependencies, refusal, called, identified);
      return conclude(record, dependencies, ifPending([called, identified]), GO);
    }
  }
}

async function proveLive(record: RevocationRecord, dependencies: StepDependencies): Promise<StepAnswer> {
  if (record.status !== 'pending') return GO;
  const known = await openWith(record, dependencies);
  if ('reason' in known) return handOver(record, dependencies, known);
  const { provider, secret, identity } = known;
  const { answer, calls } = await lookAlive(known);
  const called = { type: 'called', step: 'prove_live', calls } as const;
  switch (answer.outcome) {
    case 'unavailable':
      return unavailable(record, dependencies, called, answer);
    case 'canary':
      return handOver(record, dependencies, { reason: 'canary', note: answer.reason }, called);
    case 'dead':
      return conclude(
        record,
        dependencies,
        ifPending([called, SEEN_DEAD, { type: 'moved', move: 'find_dead' }]),
      );
    case 'live': {
      const uses = await provider.usesOf(secret, identity);
      return conclude(
        record,
        dependencies,
        ifPending([
          called,
          { type: 'called', step: 'prove_live', calls: uses.calls },
          { type: 'uses_seen', uses: uses.answer },
          { type: 'looked', lastSeen: provider.provesBy === undefined ? 'live' : 'unknown' },
          { type: 'moved', move: 'prove_live' },
        ]),
        GO,
      );
    }
  }
}

async function decide(record: RevocationRecord, dependencies: StepDependencies): Promise<StepAnswer> {
  const { policy, environment, limit, clock } = dependencies;
  if (record.status === 'awaiting_approval') return ask(record, clock.now());
  if (record.status !== 'live' || record.cleared) return GO;
  const refusal = record.identity && refusalOf(record, record.identity, dependencies);
  if (refusal) return handOver(record, dependencies, refusal);
  const verdict = verdictOf(policy, { ...record, environment });
  const { rule } = verdict;
  const byPerson = record.startedBy;
  if (!byPerson && verdict.response === 'notify_only')
    return handOver(record, dependencies, { reason: 'notify_only', rule });
  if (verdict.dryRun) {
    const note = `Without the dry run: ${byPerson ? 'auto' : verdict.response}, by the rule ${rule}.`;
    return handOver(record, dependencies, { reason: 'dry_run', note, rule });
  }
  if (byPerson) return clear(record, dependencies, { by: byPerson, why: record.startedWhy, rule });
  if (verdict.response === 'approve_first')
    return askPeople(record, dependencies, 'approval_by_policy', rule);
  if (await limit.admit(admissionKey(record), clock.now(), policy.limit.revocationsPerHour))
    return clear(record, dependencies, { by: 'policy', why: undefined, rule });
  return askPeople(record, dependencies, 'over_the_limit', rule);
}

/** A run counts once in the limit, however often its steps are taken. */
const admissionKey = ({ caseId, run }: RevocationRecord): string => `${caseId}-${run}`;

function clear(
  record: RevocationRecord,
  dependencies: StepDependencies,
  { by, why, rule }: { readonly by: string; readonly why: string | undefined; readonly rule: string },
): Promise<StepAnswer> {
  return conclude(
    record,
    dependencies,
    (now) =>
      now.status === 'live' && !now.cleared
        ? [{ type: 'cleared', by, rule, ...(why !== undefined && { why }) }]
        : [],
    GO,
  );
}

async function askPeople(
  record: RevocationRecord,
  dependencies: StepDependencies,
  reason: 'approval_by_policy' | 'over_the_limit',
  rule: string,
): Promise<StepAnswer> {
  const { expiresMinutes, byDefault } = dependencies.policy.approval;
  const approval = { expiresAt: toIso(dependencies.clock.now() + expiresMinutes * 60_000), byDefault };
  const written = await settle(record, dependencies, (now) =>
    now.status === 'live' && !now.cleared ? [{ type: 'moved', move: 'ask', reason, rule, approval }] : [],
  );
  return written.status === 'awaiting_approval' ? ask(written, dependencies.clock.now()) : GO;
}

function ask(record: RevocationRecord, nowMs: number): StepAnswer {
  return { next: 'ask', waitSeconds: Math.max(1, secondsLeft(record, nowMs)) };
}

function secondsLeft({ approval }: RevocationRecord, nowMs: number): number {
  const until = approval === undefined ? undefined : fromIso(approval.expiresAt);
  return until === undefined ? 0 : Math.ceil((until - nowMs) / 1000);
}

/** The run waits now: whoever decides finds its token in the record. Where somebody has decided already, it goes on. */
async function offerApproval(
  record: RevocationRecord,
  token: string | undefined,
  dependencies: StepDependencies,
): Promise<StepAnswer> {
  if (token === undefined) throw new Error('The step offer_approval needs the token of the run that waits.');
  const written = await settle(record, dependencies, (now) =>
    now.status === 'awaiting_approval' ? [{ type: 'offered', token }] : [],
  );
  if (written.status !== 'awaiting_approval') await dependencies.workflow.resume(token);
  return GO;
}

/** Nobody answered in time: what the policy says counts. Where somebody did at the last moment, that counts. */
async function expireApproval(record: RevocationRecord, dependencies: StepDependencies): Promise<StepAnswer> {
  if (record.status !== 'awaiting_approval') return GO;
  // The wait ended for another reason than time.
  if (secondsLeft(record, dependencies.clock.now()) > 0) return ask(record, dependencies.clock.now());
  if (record.approval?.byDefault !== 'approve')
    return handOver(record, dependencies, {
      reason: 'approval_expired',
    });
  return conclude(
    record,
    dependencies,
    (now) =>
      now.status === 'awaiting_approval'
        ? [
            { type: 'moved', move: 'approve' },
            { type: 'cleared', by: 'policy', why: 'Nobody answered in time.' },
          ]
        : [],
    GO,
  );
}

/**
 * A managed secret is replaced before it dies, so that its consumers need not notice: rotation makes, tests and publishes
 * the new one and ends the old one itself. It has its time for that; afterwards the old one dies in any case.
 */
async function replace(record: RevocationRecord, dependencies: StepDependencies): Promise<StepAnswer> {
  const { status, cleared, replacement: known } = record;
  if (status !== 'live' || !cleared) return GO;
  const until = fromIso(known?.waitsUntil ?? '');
  if (known !== undefined && until === undefined) return GO;
  const ifLive = (events: readonly RevocationEvent[], answer: StepAnswer) =>
    conclude(record, dependencies, (now) => (now.status === 'live' ? events : []), answer);
  const nowMs = dependencies.clock.now();
  const isLate = until !== undefined && nowMs >= until;
  const answer = await askReplacement(record, dependencies).catch(() => undefined);
  if (answer === undefined) {
    // Where it is known to be replaced, its time is waited for.
    if (isLate || (until === undefined && record.attempts + 1 >= MAX_REPLACE_ATTEMPTS))
      return ifLive([{ type: 'replacement_over', note: NO_WORD }], GO);
    return ifLive([TRIED], again(Math.min(2 ** record.attempts, LONGEST_REPLACE_LOOK_SECONDS)));
  }
  if (answer.answer === 'not_managed')
    return known === undefined ? GO : ifLive([{ type: 'replacement_over' }], GO);
  const { secret, rotationId } = answer;
  const waitsUntil = until ?? nowMs + (answer.answer === 'wait' ? answer.seconds * 1000 : 0);
  const replacement = {
    ...{ secret, waitsUntil: toIso(waitsUntil) },
    ...(rotationId !== undefined && { rotationId }),
  };
  const begun: RevocationEvent[] =
    known === undefined || known.rotationId !== rotationId
      ? [{ type: 'replacement_begun', replacement }]
      : [];
  if (answer.answer === 'go_on') return ifLive([...begun, { type: 'replacement_over' }], GO);
  if (isLate) return ifLive([...begun, { type: 'replacement_over', note: TOO_LATE }], GO);
  const leftSeconds = (waitsUntil - nowMs) / 1000;
  // The first looks come quickly, for most are replaced within seconds.
  const look = Math.max(1, (answer.seconds - leftSeconds) / 4);
  return ifLive(begun, again(Math.min(look, LONGEST_REPLACE_LOOK_SECONDS, leftSeconds)));
}

const NO_WORD =
  'Rotation does not tell whether it is a managed secret: it is revoked without being replaced.';
const TOO_LATE = 'Its replacement did not come in time: it is revoked all the same.';

function askReplacement(
  { fingerprint, findingId, correlationId, replacement }: RevocationRecord,
  { replacements }: StepDependencies,
): Promise<ReplacementAnswer> {
  const { secret, rotationId } = replacement ?? {};
  return replacements.ask(
    secret !== undefined && rotationId !== undefined
      ? { do: 'watch', secret, rotationId }
      : { do: 'replace', fingerprint, findingId, correlationId },
  );
}

async function contain(record: RevocationRecord, dependencies: StepDependencies): Promise<StepAnswer> {
  if (record.status !== 'live') return GO;
  const known = await readyToKill(record, dependencies);
  if ('next' in known) return known;
  const { provider, secret, identity } = known;
  // What denies its user everything would deny it to the replacement as well.
  if (record.replacement !== undefined) return GO;
  if (provider.contain === undefined || record.attempts >= MAX_CONTAIN_ATTEMPTS) return GO;
  const claimed = await claim(record, 'contain', dependencies);
  if (claimed !== undefined) return claimed;
  const { answer, calls }: Told<Revocation> = await provider.contain(secret, identity);
  const called = { type: 'called', step: 'contain', calls } as const;
  switch (answer.outcome) {
    case 'unavailable':
      return conclude(
        record,
        dependencies,
        (now) => (now.status === 'live' ? [called, TRIED] : []),
        again(retryAfter(record, answer)),
      );
    case 'refused':
      return conclude(
        record,
        dependencies,
        (now) =>
          now.status === 'live'
            ? [called, RELEASED, { type: 'noted', note: `Not contained: ${answer.reason}` }]
            : [],
        GO,
      );
    case 'already_dead':
    case 'revoked':
      return conclude(
        record,
        dependencies,
        (now) => (now.status === 'live' ? [called, { type: 'moved', move: 'contain' }] : []),
        GO,
      );
  }
}

async function kill(record: RevocationRecord, dependencies: StepDependencies): Promise<StepAnswer> {
  if (record.status !== 'live' && record.status !== 'contained') return GO;
  const known = await readyToKill(record, dependencies);
  if ('next' in known) return known;
  const { provider, secret, identity } = known;
  const claimed = await claim(record, 'kill', dependencies);
  if (claimed !== undefined) return claimed;
  const { answer, calls }: Told<Revocation> = await provider.revoke(secret, identity);
  const called = { type: 'called', step: 'kill', calls } as const;
  switch (answer.outcome) {
    case 'unavailable':
      return unavailable(record, dependencies, called, answer);
    case 'refused':
      return handOver(record, dependencies, { reason: 'refused_by_provider', note: answer.reason }, called);
    case 'already_dead':
    case 'revoked': {
      const deadBy = dependencies.clock.now() + provider.propagationSeconds * 1000 + DEADLINE_SLACK_MS;
      return conclude(
        record,
        dependencies,
        (now) =>
          now.status === 'live' || now.status === 'contained'
            ? [called, { type: 'moved', move: 'revoke' }, { type: 'deadline_set', deadBy }]
            : [],
        GO,
      );
    }
  }
}

async function proveDead(record: RevocationRecord, dependencies: StepDependencies): Promise<StepAnswer> {
  const { clock } = dependencies;
  // The steps before it end the run where they do not revoke.
  if (record.status !== 'revoked') return END;
  const known = await openWith(record, dependencies);
  const fail = (reason: 'still_alive' | 'provider_unavailable', ...seen: RevocationEvent[]) =>
    conclude(record, dependencies, (now) =>
      now.status === 'revoked' ? [...seen, { type: 'moved', move: 'fail', reason }] : [],
    );
  if ('reason' in known)
    return fail('provider_unavailable', { type: 'noted', note: `No proof of death: ${known.reason}.` });
  if (known.provider.provesBy !== undefined) {
    const claimed = await claim(record, 'prove_dead', dependencies);
    if (claimed !== undefined) return claimed;
  }
  const { answer, calls } = await lookDead(known);
  const called = { type: 'called', step: 'prove_dead', calls } as const;
  const deadBy = record.deadBy ?? clock.now();
  switch (answer.outcome) {
    case 'dead':
      return conclude(record, dependencies, (now) =>
        now.status === 'revoked' ? [called, SEEN_DEAD, { type: 'moved', move: 'prove_dead' }] : [],
      );
    case 'live':
      if (clock.now() >= deadBy) return fail('still_alive', called, { type: 'looked', lastSeen: 'live' });
      return lookAgain(record, dependencies, [called, { type: 'looked', lastSeen: 'live' }], 0);
    case 'canary':
    case 'unavailable':
      if (clock.now() >= deadBy + UNSEEN_GRACE_MS) return fail('provider_unavailable', called);
      return lookAgain(
        record,
        dependencies,
        [called],
        answer.outcome === 'unavailable' ? (answer.retryAfterSeconds ?? 0) : 0,
      );
  }
}

function lookAgain(
  record: RevocationRecord,
  dependencies: StepDependencies,
  seen: readonly RevocationEvent[],
  atLeastSeconds: number,
): Promise<StepAnswer> {
  // The first looks come quickly, for most credentials die at once.
  const wait = Math.min(LONGEST_LOOK_SECONDS, Math.max(2 ** Math.min(record.attempts, 10), atLeastSeconds));
  return conclude(
    record,
    dependencies,
    (now) => (now.status === 'revoked' ? [...seen, TRIED] : []),
    again(wait),
  );
}

async function restore(record: RevocationRecord, dependencies: StepDependencies): Promise<StepAnswer> {
  const { undo, identity } = record;
  if (undo === undefined || identity === undefined) return END;
  const provider = providerOf(record, dependencies);
  const note = (text: string, ...more: RevocationEvent[]) =>
    conclude(record, dependencies, (now) => (now.undo ? [...more, { type: 'undo_failed', note: text }] : []));
  if (provider?.restore === undefined) return note('Its provider cannot restore it.');
  const claimed = await claim(record, 'restore', dependencies);
  if (claimed !== undefined) return claimed;
  const { answer, calls } = await provider.restore(identity);
  const called = { type: 'called', step: 'restore', calls } as const;
  switch (answer.outcome) {
    case 'unavailable':
      if (record.attempts + 1 >= MAX_ATTEMPTS) return note(`Not restored: ${answer.reason}`, called);
      return conclude(
        record,
        dependencies,
        (now) => (now.undo ? [called, TRIED] : []),
        again(retryAfter(record, answer)),
      );
    case 'refused':
      return note(`Not restored: ${answer.reason}`, called);
    case 'already_dead':
      return note('Not restored: the provider says that it is gone for good.', called);
    case 'revoked':
      return conclude(record, dependencies, (now) =>
        now.undo
          ? [
              called,
              { type: 'decided', ...now.undo },
              { type: 'looked', lastSeen: 'unknown' },
              { type: 'moved', move: 'restore', reason: 'restored' },
            ]
          : [],
      );
  }
}

const TRIED = { type: 'tried' } as const;
const RELEASED = { type: 'released' } as const;
const SEEN_DEAD = { type: 'looked', lastSeen: 'dead' } as const;

const ifPending =
  (events: readonly RevocationEvent[]) =>
  (now: RevocationRecord): readonly RevocationEvent[] =>
    now.status === 'pending' ? events : [];

/** Where nothing tells whether it works, it is taken for live: it is revoked then, and that proves the rest. */
async function lookAlive({ provider, secret, identity }: Opened): Promise<Told<Liveness>> {
  return provider.provesBy === undefined
    ? provider.probe(secret, identity)
    : { answer: { outcome: 'live' }, calls: [] };
}

async function lookDead({ provider, secret, identity }: Opened): Promise<Told<Liveness>> {
  if (provider.provesBy === undefined) return provider.probe(secret, identity);
  const { answer, calls } = await provider.revoke(secret, identity);
  switch (answer.outcome) {
    case 'already_dead':
      return { answer: { outcome: 'dead' }, calls };
    case 'revoked':
      return { answer: { outcome: 'live' }, calls };
    case 'refused':
      return { answer: { outcome: 'unavailable', reason: answer.reason }, calls };
    case 'unavailable':
      return { answer, calls };
  }
}

interface Opened {
  readonly provider: RevocationProvider;
  readonly secret: Redacted;
  readonly identity: CredentialIdentity;
}

/** The exact credential, with what is needed to speak of it to its provider. */
async function openWith(
  record: RevocationRecord,
  dependencies: StepDependencies,
): Promise<Opened | { readonly reason: 'no_provider' | 'no_evidence' | 'ambiguous' }> {
  const provider = providerOf(record, dependencies);
  if (provider === undefined) return { reason: 'no_provider' };
  if (record.identity === undefined) return { reason: 'ambiguous' };
  const secret = await secretOf(record, provider, dependencies);
  return secret === undefined ? { reason: 'no_evidence' } : { provider, secret, identity: record.identity };
}

/** Looked at again before every call that takes something away: a policy may have come between. */
async function readyToKill(
  record: RevocationRecord,
  dependencies: StepDependencies,
): Promise<Opened | StepAnswer> {
  if (!record.cleared) throw new Error('A credential that nobody has cleared was about to be revoked.');
  const refusal = record.identity && refusalOf(record, record.identity, dependencies);
  if (refusal) return handOver(record, dependencies, refusal);
  const { dryRun, rule } = verdictOf(dependencies.policy, {
    ...record,
    environment: dependencies.environment,
  });
  if (dryRun) return handOver(record, dependencies, { reason: 'dry_run', rule });
  const known = await openWith(record, dependencies);
  return 'reason' in known ? handOver(record, dependencies, known) : known;
}

async function secretOf(
  { fingerprint }: RevocationRecord,
  provider: RevocationProvider,
  { evidence }: StepDependencies,
): Promise<Redacted | undefined> {
  return provider.needsSecret ? evidence.open(fingerprint) : new Redacted('');
}

function providerOf(
  { provider, secretType }: RevocationRecord,
  { providers }: StepDependencies,
): RevocationProvider | undefined {
  const fitting = providers.filter(
    (each) => each.provider === provider && each.secretTypes.includes(secretType),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

interface HandOver {
  readonly reason: NonNullable<RevocationRecord['reason']>;
  readonly note?: string;
  readonly rule?: string;
}

function refusalOf(
  { provider }: RevocationRecord,
  identity: CredentialIdentity,
  { policy }: StepDependencies,
): HandOver | undefined {
  const protection = protectionOf(policy, provider, identity);
  switch (protection.is) {
    case 'unprotected':
      return undefined;
    case 'protected':
      return { reason: 'protected', note: `Nobody may revoke it here: ${protection.why}` };
    case 'unknown':
      return { reason: 'ambiguous', note: protection.why };
  }
}

/** A person must go on: with why, and the steps by hand. */
function handOver(
  record: RevocationRecord,
  dependencies: StepDependencies,
  why: HandOver,
  ...before: readonly RevocationEvent[]
): Promise<StepAnswer> {
  return conclude(record, dependencies, (now) =>
    now.status === record.status ? [...before, { type: 'moved', move: 'hand_over', ...why }] : [],
  );
}

/** No answer to rely on: try again later, and after so many times let people look. */
function unavailable(
  record: RevocationRecord,
  dependencies: StepDependencies,
  called: RevocationEvent,
  answer: Unavailable,
): Promise<StepAnswer> {
  if (record.attempts + 1 < MAX_ATTEMPTS)
    return conclude(
      record,
      dependencies,
      (now) => (now.status === record.status ? [called, TRIED] : []),
      again(retryAfter(record, answer)),
    );
  return conclude(record, dependencies, (now) =>
    now.status === record.status
      ? [
          called,
          {
            type: 'moved',
            move: 'fail',
            reason: 'provider_unavailable',
            note: answer.reason,
          },
        ]
      : [],
  );
}

const retryAfter = ({ attempts }: RevocationRecord, { retryAfterSeconds }: Unavailable): number =>
  Math.min(LONGEST_WAIT_SECONDS, Math.max(2 ** Math.min(attempts + 1, 10), retryAfterSeconds ?? 0));

/** Makes sure that nobody else calls the provider meanwhile. @returns what to do instead where somebody does */
async function claim(
  record: RevocationRecord,
  step: string,
  dependencies: StepDependencies,
): Promise<StepAnswer | undefined> {
  const nowMs = dependencies.clock.now();
  if (record.claim !== undefined && record.claim.until > nowMs)
    return again((record.claim.until - nowMs) / 1000);
  const claimed = evolve(record, [{ type: 'claimed', step, until: nowMs + CLAIM_MS }], nowMs);
  return (await dependencies.store.write(claimed, record.revision, undefined)) ? undefined : again(1);
}

/** Writes what was decided; at an end, what is of no more use is taken away. */
async function conclude(
  record: RevocationRecord,
  dependencies: StepDependencies,
  decideOn: (now: RevocationRecord) => readonly RevocationEvent[],
  otherwise: StepAnswer = END,
): Promise<StepAnswer> {
  const written = await settle(record, dependencies, decideOn);
  return isTerminal(written.status) ? finished(written, dependencies) : otherwise;
}

async function finished(record: RevocationRecord, { evidence }: StepDependencies): Promise<StepAnswer> {
  if (isEvidenceSpent(record)) await evidence.erase(record.fingerprint);
  return END;
}

/**
 * Decides on the record as it is now, again where somebody wrote meanwhile, and writes.
 * @param decideOn events, none where there is nothing more to say
 * @returns the record as it is afterwards
 */
async function settle(
  { caseId, run }: Pick<RevocationRecord, 'caseId' | 'run'>,
  { store, clock }: Pick<StepDependencies, 'store' | 'clock'>,
  decideOn: (now: RevocationRecord) => readonly RevocationEvent[],
): Promise<RevocationRecord> {
  for (let attempt = 0; attempt < MAX_WRITES; attempt += 1) {
    const now = await store.get(caseId);
    if (now === undefined) throw new Error('The revocation is gone.');
    const events = now.run === run ? decideOn(now) : [];
    if (events.length === 0) return now;
    const after = evolve(now, events, clock.now());
    if (await store.write(after, now.revision, moveIn(events))) return after;
  }
  throw new Error(`The revocation ${caseId} is being written by others all the time.`);
}

function moveIn(events: readonly RevocationEvent[]): Move | undefined {
  return events.find((event) => event.type === 'moved')?.move;
}
