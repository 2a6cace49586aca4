/** Slips of the hand in the domain of revocation, each of which the model must notice. */
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Subject } from './revocation-model.ts';

const DOMAIN = path.resolve(import.meta.dirname, '../../functions/revocation/domain');

export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Planted by every test run; the rest by `npm run mutate:revocation`. */
  readonly always?: true;
  /** Each text stands once in the file, and is replaced. */
  readonly slips: readonly (readonly [from: string, to: string])[];
}

const one = (name: string, file: string, from: string, to: string, always?: 'always'): Mutant => ({
  name,
  file,
  slips: [[from, to]],
  ...(always && { always: true }),
});

const STEPS = 'take-step.ts';
const KILL_CLAIM = `const claimed = await claim(record, 'kill', dependencies);`;
const REFUSES_AGAIN = `  const refusal = record.identity && refusalOf(record, record.identity, dependencies);
  if (refusal) return handOver(record, dependencies, refusal);
  const { dryRun`;

export const MUTANTS: readonly Mutant[] = [
  // Never twice.
  one('nobody claims the kill', STEPS, KILL_CLAIM, 'const claimed = undefined;', 'always'),
  one(
    'nobody claims the containment',
    STEPS,
    `const claimed = await claim(record, 'contain', dependencies);`,
    'const claimed = undefined;',
  ),
  one(
    'nobody claims the restoration',
    STEPS,
    `const claimed = await claim(record, 'restore', dependencies);`,
    'const claimed = undefined;',
  ),
  one(
    'a claim is not looked at',
    STEPS,
    'record.claim !== undefined && record.claim.until > nowMs',
    'record.claim === null',
  ),
  one(
    'a claim is written whatever others wrote',
    STEPS,
    '(await dependencies.store.write(claimed, record.revision, undefined)) ? undefined : again(1)',
    '(await dependencies.store.write(claimed, record.revision, undefined), undefined)',
  ),
  one('a claim ends at once', STEPS, 'until: nowMs + CLAIM_MS', 'until: nowMs'),
  one(
    'what is revoked is killed again',
    STEPS,
    `if (record.status !== 'live' && record.status !== 'contained') return GO;`,
    `if (record.status !== 'live' && record.status !== 'contained' && record.status !== 'revoked') return GO;`,
    'always',
  ),
  one(
    'the proof by a second revocation is not claimed',
    STEPS,
    `const claimed = await claim(record, 'prove_dead', dependencies);`,
    'const claimed = undefined;',
  ),
  one(
    'a run that was followed by another goes on',
    STEPS,
    'record === undefined || record.run !== order.run',
    'record === undefined',
  ),
  // Never what is protected or ambiguous, never the wrong one.
  {
    name: 'the protected list is asked neither before nor after',
    file: STEPS,
    always: true,
    slips: [['switch (protection.is) {', `switch ('unprotected' as string) {`]],
  },
  one('the protected list is not asked again before the kill', STEPS, REFUSES_AGAIN, '  const { dryRun'),
  one(
    'who may be protected counts as unprotected',
    STEPS,
    `return { reason: 'ambiguous', note: protection.why };`,
    'return undefined;',
  ),
  one('root is not protected', 'policy.ts', 'if (isRoot(identity.principal))', 'if (isRoot(undefined))'),
  one(
    'of two that fit the first is taken',
    STEPS,
    `return handOver(record, dependencies, { reason: 'ambiguous', note: answer.reason }, called);`,
    `return conclude(record, dependencies, ifPending([called, { type: 'identified', identity: { id: 'id-1', principal: 'agent' }, canRestore: true }]), GO);`,
    'always',
  ),
  one(
    'of two providers the first is taken',
    STEPS,
    'fitting.length === 1 ? fitting[0] : undefined',
    'fitting[0]',
  ),
  one(
    'a canary is revoked',
    STEPS,
    `return handOver(record, dependencies, { reason: 'canary', note: answer.reason }, called);`,
    `return conclude(record, dependencies, ifPending([called, { type: 'uses_seen', uses: [] }, { type: 'moved', move: 'prove_live' }]), GO);`,
  ),
  // Only what the policy or a person wants.
  {
    name: 'a dry run is none',
    file: STEPS,
    always: true,
    slips: [
      ['if (verdict.dryRun) {', 'if (verdict.dryRun === null) {'],
      [`if (dryRun) return`, 'if (dryRun === null) return'],
    ],
  },
  one('a dry run that begins later is none', STEPS, 'if (dryRun) return', 'if (dryRun === null) return'),
  one(
    'the policy that only tells is not heard',
    STEPS,
    `verdict.response === 'notify_only'`,
    `verdict.response === 'nothing'`,
  ),
  one(
    'nobody is asked first',
    STEPS,
    `verdict.response === 'approve_first'`,
    `verdict.response === 'nothing'`,
  ),
  one('the limit is not asked', STEPS, 'await limit.admit(', 'true || await limit.admit(', 'always'),
  one(
    'the limit admits one more',
    'limit.ts',
    'Object.keys(recent).length < limit',
    'Object.keys(recent).length <= limit',
  ),
  one('the limit forgets early', 'limit.ts', 'LIMIT_WINDOW_MS = 3_600_000', 'LIMIT_WINDOW_MS = 60_000'),
  one(
    'what was not cleared is killed',
    STEPS,
    `if (record.status !== 'live' || record.cleared) return GO;`,
    `if (record.status === 'live' && !record.cleared) return clear(record, dependencies, { by: 'policy', why: undefined, rule: '' });`,
  ),
  // Answers of people.
  one(
    'an answer counts after its time',
    'desk.ts',
    'until !== undefined && until <= nowMs',
    'until !== undefined && until <= 0',
    'always',
  ),
  one(
    'an approval expires early',
    STEPS,
    'if (secondsLeft(record, dependencies.clock.now()) > 0) return ask',
    'if (secondsLeft(record, dependencies.clock.now()) > 1e9) return ask',
  ),
  one(
    'silence approves whatever the policy says',
    STEPS,
    `record.approval?.byDefault !== 'approve'`,
    `record.approval?.byDefault === undefined`,
  ),
  one(
    'silence rejects whatever the policy says',
    STEPS,
    `record.approval?.byDefault !== 'approve'`,
    `record.approval?.byDefault !== undefined`,
  ),
  one('a rejection clears', 'desk.ts', `if (decision.do === 'reject')`, `if (decision.do === 'show')`),
  one(
    'an undo is taken of what nobody took',
    'desk.ts',
    'if (!record.cleared)',
    'if (record.status === undefined)',
  ),
  // What is true.
  one(
    'an answer of success is the proof',
    STEPS,
    '  const { answer, calls } = await lookDead(known);',
    `  const { answer, calls }: Told<Liveness> = { answer: { outcome: 'dead' }, calls: [] };`,
    'always',
  ),
  one(
    'nobody looks whether it is dead',
    STEPS,
    `if (record.status !== 'revoked') return END;`,
    'if (record.status !== undefined) return END;',
  ),
  one(
    'what is not seen is dead',
    STEPS,
    `        ifPending([called, SEEN_DEAD, { type: 'moved', move: 'find_dead' }]),
      );
    case 'identified'`,
    `        ifPending([called, { type: 'moved', move: 'find_dead' }]),
      );
    case 'identified'`,
  ),
  one(
    'it fails before the provider promised',
    STEPS,
    'if (clock.now() >= deadBy) return fail',
    'if (clock.now() >= 0) return fail',
  ),
  one(
    'an outage while looking is a proof',
    STEPS,
    `if (clock.now() >= deadBy + UNSEEN_GRACE_MS) return fail('provider_unavailable', called);`,
    `return conclude(record, dependencies, () => [called, SEEN_DEAD, { type: 'moved', move: 'prove_dead' }]);`,
  ),
  one(
    'a first revocation proves by itself',
    STEPS,
    `    case 'revoked':
      return { answer: { outcome: 'live' }, calls };`,
    `    case 'revoked':
      return { answer: { outcome: 'dead' }, calls };`,
  ),
  one('what it is used for is not looked at', STEPS, `{ type: 'uses_seen', uses: uses.answer },`, ''),
  // What is managed is replaced first, and dies in any case.
  one(
    'a replacement is not waited for',
    STEPS,
    'return ifLive(begun, again(Math.min(look, LONGEST_REPLACE_LOOK_SECONDS, leftSeconds)));',
    'return ifLive(begun, GO);',
    'always',
  ),
  one(
    'a replacement is waited for for ever',
    STEPS,
    'const isLate = until !== undefined && nowMs >= until;',
    'const isLate = until !== undefined && nowMs < 0;',
  ),
  one(
    'a replaced one is contained',
    STEPS,
    'if (record.replacement !== undefined) return GO;',
    'if (record.replacement === null) return GO;',
  ),
  one(
    'rotation that gives no word is asked for ever',
    STEPS,
    'record.attempts + 1 >= MAX_REPLACE_ATTEMPTS',
    'record.attempts < 0',
  ),
  // It ends.
  one('tries have no end', STEPS, 'if (record.attempts + 1 < MAX_ATTEMPTS)', 'if (record.attempts >= 0)'),
  one(
    'a provider says how long to wait',
    STEPS,
    'Math.min(LONGEST_WAIT_SECONDS, Math.max(',
    'Math.max(0, Math.max(',
  ),
  one(
    'a run that gives up does not say so',
    STEPS,
    `isTerminal(now.status) ? [] : [{ type: 'moved', move: 'fail', reason: 'broken' }],`,
    '[],',
  ),
  one(
    'what stands still cannot be started again',
    'desk.ts',
    'nowMs - last > STANDSTILL_MS',
    'nowMs - last > STANDSTILL_MS * 1e6',
  ),
  one(
    'evidence of what is dead is kept',
    STEPS,
    'if (isEvidenceSpent(record)) await evidence.erase(record.fingerprint);',
    'if (isEvidenceSpent(record)) await Promise.resolve();',
  ),
  one(
    'evidence of what failed is taken away',
    'revocation.ts',
    `if (status === 'failed' || !isTerminal(status)) return false;`,
    'if (!isTerminal(status)) return false;',
  ),
];

export const NO_MUTANT: Mutant = { name: 'none', file: STEPS, slips: [] };

/** Always the same stories: what is noticed once is noticed always. */
export const STORIES = { numRuns: 400, seed: 7 };

/** The domain with one mutant in it. @throws where the code has moved on and the slip fits no longer */
export async function plant({ name, file, slips }: Mutant): Promise<Subject> {
  let slipped = 0;
  const { outputFiles } = await build({
    stdin: {
      contents: ['take-step', 'desk', 'begin-revocation', 'limit']
        .map((each) => `export * from './${each}.ts';`)
        .join('\n'),
      resolveDir: DOMAIN,
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    plugins: [
      {
        name: 'mutant',
        setup: (plugin) => {
          // Loaded once for all of them, and not bundled.
          plugin.onResolve({ filter: /^zod$/ }, () => ({ path: import.meta.resolve('zod'), external: true }));
          plugin.onLoad({ filter: /revocation[/\\]domain[/\\][\w-]+\.ts$/ }, ({ path: at }) => {
            if (path.basename(at) !== file) return undefined;
            slipped += 1;
            return { contents: slips.reduce(slip, readFileSync(at, 'utf8')), loader: 'ts' };
          });
        },
      },
    ],
  });
  if (slipped !== 1) throw new Error(`${name}: ${file} is not part of the domain`);
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  return (await import(/* @vite-ignore */ `data:text/javascript;base64,${code}`)) as Subject;

  function slip(text: string, [from, to]: readonly [string, string]): string {
    const parts = text.split(from);
    if (parts.length !== 2)
      throw new Error(`${name}: «${from}» stands ${parts.length - 1} times in ${file}: plant it anew`);
    return parts.join(to);
  }
}
