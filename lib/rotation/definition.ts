/** The order of a rotation, in Amazon's States Language: JSONPath, one Lambda task a step, every wait bounded. */
import type { RotationStep } from '../../functions/contracts/rotation.ts';

/** A state as the language writes it: https://states-language.net/spec.html */
type State = Readonly<Record<string, unknown>>;

/** A step's function may run for a minute; the call around it a little longer. */
const TASK_SECONDS = 75;
/** Longer than any deadline of a policy together: what is still running then is broken. */
const RUN_SECONDS = 30 * 86_400;

const RETRY = { ErrorEquals: ['States.ALL'], IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 120 };

interface StepFlow {
  readonly name: string;
  readonly step: RotationStep;
  /** Where `go` leads. */
  readonly go: string;
  /** Where an error leads after its retries. */
  readonly failed: string;
  readonly tries: number;
}

/** One step: its call, the choice by its answer, and the wait before it is taken again. */
function stepStates(functionArn: string, { name, step, go, failed, tries }: StepFlow): Record<string, State> {
  const when = (answer: string, Next: string) => ({ Variable: '$.told.next', StringEquals: answer, Next });
  return {
    [name]: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: {
        FunctionName: functionArn,
        Payload: { step, 'secret.$': '$.secret', 'run.$': '$.run' },
      },
      // What the state holds: the order and the last answer, nothing else. No provider's word and no secret comes here.
      ResultSelector: { 'next.$': '$.Payload.next', 'waitSeconds.$': '$.Payload.waitSeconds' },
      ResultPath: '$.told',
      TimeoutSeconds: TASK_SECONDS,
      Retry: [{ ...RETRY, MaxAttempts: tries }],
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: failed }],
      Next: `${name}Answered`,
    },
    [`${name}Answered`]: {
      Type: 'Choice',
      Choices: [when('end', 'Done'), when('again', `${name}Later`), when('back', 'RollBack')],
      Default: go,
    },
    [`${name}Later`]: { Type: 'Wait', SecondsPath: '$.told.waitSeconds', Next: name },
  };
}

/** @param functionArn of the function that takes the steps, or what stands for it */
export function rotationDefinition(functionArn: string) {
  const forward: readonly (readonly [string, RotationStep])[] = [
    ['Plan', 'plan'],
    ['Stage', 'stage'],
    ['Install', 'install'],
    ['Verify', 'verify'],
    ['Promote', 'promote'],
    ['AwaitConsumers', 'await_consumers'],
    ['Confirm', 'confirm'],
    ['Retire', 'retire'],
    ['ProveDead', 'prove_dead'],
  ];
  const steps: readonly StepFlow[] = [
    ...forward.map(([name, step], index) => ({
      name,
      step,
      go: forward[index + 1]?.[0] ?? 'Done',
      failed: 'GiveUp',
      tries: 3,
    })),
    { name: 'GiveUp', step: 'give_up', go: 'Done', failed: 'Broken', tries: 8 },
    // A way back that fails for minutes may work in an hour.
    { name: 'RollBack', step: 'roll_back', go: 'Done', failed: 'Abandon', tries: 20 },
    { name: 'Abandon', step: 'abandon', go: 'Done', failed: 'Broken', tries: 8 },
  ];
  return {
    Comment:
      'Replaces one managed secret: staged, verified, promoted, acknowledged, and the old one proven dead',
    StartAt: 'Plan',
    TimeoutSeconds: RUN_SECONDS,
    States: {
      ...Object.fromEntries(steps.flatMap((flow) => Object.entries(stepStates(functionArn, flow)))),
      Done: { Type: 'Succeed' },
      Broken: {
        Type: 'Fail',
        Error: 'RotationBroken',
        Cause: 'A run could neither go on nor say so in its record.',
      },
    },
  };
}
