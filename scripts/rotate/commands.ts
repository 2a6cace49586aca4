import type { RotationAnswer, RotationRequest, RotationView } from '../../functions/contracts/rotation.ts';
import { err, ok, type Result } from '../../functions/kernel/result.ts';

const USAGE = [
  'npm run rotate -- SECRET --why TEXT [--emergency] [--by NAME]     rotates it now',
  'npm run rotate -- show SECRET                                     where its rotation stands',
  'npm run rotate -- history SECRET                                  its rotations that are over',
  'npm run rotate -- go-on|roll-back SECRET --why TEXT [--by NAME]   ends the wait for consumers, or takes it back',
  'Each takes --stage local|dev|prod (default dev).',
].join('\n');

interface RotateOptions {
  readonly why?: string | undefined;
  readonly by?: string | undefined;
  readonly emergency?: boolean | undefined;
}

const VERBS = ['show', 'history', 'rotate', 'go-on', 'roll-back'] as const;

/** Reads a command line. A refusal names the word, the reason and what to write instead. */
export function parseRotateCommand(
  words: readonly string[],
  { why, by, emergency = false }: RotateOptions,
  user: string,
): Result<RotationRequest, string> {
  const [first, second, extra] = words;
  if (first === undefined) return err(USAGE);
  if (extra !== undefined)
    return err(`There is a word too many: ${extra}. A reason of several words needs quotes.\n${USAGE}`);
  const verb = VERBS.find((each) => each === first) ?? 'rotate';
  const secret = VERBS.some((each) => each === first) ? second : first;
  if (secret === undefined)
    return err(`\`${first}\` takes the name of a secret, as its policy has it.\n${USAGE}`);
  if (VERBS.every((each) => each !== first) && second !== undefined)
    return err(`There is no command ${first}.\n${USAGE}`);
  if (verb === 'show' || verb === 'history') return ok({ do: verb, secret });
  if (why === undefined || why.trim() === '') return err(`\`${verb}\` needs --why "…": the record keeps it.`);
  const person = { secret, by: by ?? user, why };
  switch (verb) {
    case 'rotate':
      return ok({ do: 'rotate', ...person, emergency });
    case 'go-on':
      return ok({ do: 'go_on', ...person });
    case 'roll-back':
      return ok({ do: 'roll_back', ...person });
  }
}

/** An answer as a person reads it. */
export function renderRotation(answer: RotationAnswer): string {
  switch (answer.answer) {
    case 'heard':
      return 'Heard; no rotation waits for it.';
    case 'rotation':
      return renderView(answer.rotation);
    case 'history':
      return answer.rotations.length === 0
        ? 'No rotation of it is over.'
        : answer.rotations
            .map(({ run, status, reason, trigger, startedAt }) =>
              [String(run).padStart(4), startedAt, trigger.kind.padEnd(8), status, reason ?? '']
                .join('  ')
                .trimEnd(),
            )
            .join('\n');
    case 'refused': {
      const state = answer.rotation === undefined ? '' : `\n\n${renderView(answer.rotation)}`;
      return `Refused: ${answer.message}${state}`;
    }
  }
}

function renderView(one: RotationView): string {
  const time = (at: string | undefined) => at?.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  const late = one.consumers.filter(({ acknowledgedAt }) => acknowledgedAt === undefined);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['secret', `${one.secret}, run ${one.run}, ${one.rotationId}`],
    ['status', [one.status, one.reason, one.note].filter((each) => each !== undefined).join(' · ')],
    ['started by', `${one.trigger.kind}: ${one.trigger.by}${one.trigger.emergency ? ', an emergency' : ''}`],
    ['how', `${one.rotator}, ${one.strategy}`],
    ['old', [one.fromVersion, one.oldIdentity?.id].filter(Boolean).join(' · ') || undefined],
    ['new', [one.toVersion, one.newIdentity?.id].filter(Boolean).join(' · ')],
    ['waits for', late.length > 0 ? late.map(({ name }) => name).join(', ') : undefined],
    ['waits until', time(one.waitsUntil)],
    ['gap', one.gap && `${time(one.gap.from) ?? ''} to ${time(one.gap.to) ?? 'now'}`],
    ['started', time(one.startedAt)],
    ['staged', time(one.stagedAt)],
    ['verified', time(one.verifiedAt)],
    ['promoted', time(one.promotedAt)],
    ['acknowledged', time(one.acknowledgedAt)],
    ['retired', time(one.retiredAt)],
    ['ended', time(one.endedAt)],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name.padEnd(13)} ${value}`],
  );
  const tests = one.tests.map(
    ({ of, name, outcome, tookMs, reason }) =>
      `  ${of.padEnd(8)} ${name.padEnd(20)} ${outcome.padEnd(11)} ${Math.round(tookMs)} ms${reason ? `  ${reason}` : ''}`,
  );
  if (tests.length > 0) lines.push('', 'Tests:', ...tests);
  if (['failed', 'refused', 'held'].includes(one.status))
    lines.push('', 'By hand:', ...one.manualSteps.map((step, index) => `  ${index + 1}. ${step}`));
  return lines.join('\n');
}
