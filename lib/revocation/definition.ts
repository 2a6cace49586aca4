/** The order of a run, in Amazon's States Language: JSONPath, one Lambda task a step, every wait bounded. */
import type { RevocationStep } from '../../functions/contracts/revocation.ts';

/** A state as the language writes it: https://states-language.net/spec.html */
type State = Readonly<Record<string, unknown>>;

/** A step's function may run for a minute; the call around it a little longer. */
const TASK_SECONDS = 75;
/** Longer than any approval and any propagation together: what is still running then is broken. */
const RUN_SECONDS = 2 * 86_400;

const RETRY = [
  { ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 3, MaxDelaySeconds: 60 },
];
const onError = (Next: string) => [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next }];

const payload = (step: RevocationStep, more: Readonly<Record<string, string>> = {}) => ({
  step,
  'caseId.$': '$.caseId',
  'run.$': '$.run',
  'do.$': '$.do',
  ...more,
});

/** What the state holds: the order and the last answer, nothing else. No provider's word and no secret comes here. */
const TOLD = {
  ResultSelector: { 'next.$': '$.Payload.next', 'waitSeconds.$': '$.Payload.waitSeconds' },
  ResultPath: '$.told',
};

interface StepFlow {
  readonly name: string;
  readonly step: RevocationStep;
  /** Where `go` leads. */
  readonly go: string;
  /** Where an error leads after its retries. */
  readonly failed: string;
}

/** One step: its call, the choice by its answer, and the wait before it is taken again. */
function stepStates(functionArn: string, { name, step, go, failed }: StepFlow): Record<string, State> {
  const when = (answer: string, Next: string) => ({ Variable: '$.told.next', StringEquals: answer, Next });
  return {
    [name]: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: functionArn, Payload: payload(step) },
      ...TOLD,
      TimeoutSeconds: TASK_SECONDS,
      Retry: RETRY,
      Catch: onError(failed),
      Next: `${name}Answered`,
    },
    [`${name}Answered`]: {
      Type: 'Choice',
      Choices: [when('end', 'Done'), when('again', `${name}Later`), when('ask', 'AwaitApproval')],
      Default: go,
    },
    [`${name}Later`]: { Type: 'Wait', SecondsPath: '$.told.waitSeconds', Next: name },
  };
}

/** @param functionArn of the function that takes the steps, or what stands for it */
export function revocationDefinition(functionArn: string) {
  const steps: readonly StepFlow[] = [
    { name: 'Identify', step: 'identify', go: 'ProveLive', failed: 'GiveUp' },
    { name: 'ProveLive', step: 'prove_live', go: 'Decide', failed: 'GiveUp' },
    { name: 'Decide', step: 'decide', go: 'Replace', failed: 'GiveUp' },
    { name: 'ExpireApproval', step: 'expire_approval', go: 'Replace', failed: 'GiveUp' },
    // Neither a replacement that fails nor a containment may keep the credential alive.
    { name: 'Replace', step: 'replace', go: 'Contain', failed: 'Contain' },
    { name: 'Contain', step: 'contain', go: 'Kill', failed: 'Kill' },
    { name: 'Kill', step: 'kill', go: 'ProveDead', failed: 'GiveUp' },
    { name: 'ProveDead', step: 'prove_dead', go: 'Done', failed: 'GiveUp' },
    { name: 'Restore', step: 'restore', go: 'Done', failed: 'GiveUp' },
  ];
  const states: Record<string, State> = Object.fromEntries(
    steps.flatMap((flow) => Object.entries(stepStates(functionArn, flow))),
  );
  return {
    Comment: 'Revokes one leaked credential and proves that it is dead',
    StartAt: 'Start',
    TimeoutSeconds: RUN_SECONDS,
    States: {
      Start: {
        Type: 'Choice',
        Choices: [{ Variable: '$.do', StringEquals: 'restore', Next: 'Restore' }],
        Default: 'Identify',
      },
      ...states,
      AwaitApproval: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Parameters: {
          FunctionName: functionArn,
          Payload: payload('offer_approval', { 'token.$': '$$.Task.Token' }),
        },
        ResultPath: null,
        TimeoutSecondsPath: '$.told.waitSeconds',
        // Also when its time is over: the step looks at the clock and at who has decided, and counts nothing twice.
        Catch: onError('ExpireApproval'),
        Next: 'Replace',
      },
      GiveUp: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Parameters: { FunctionName: functionArn, Payload: payload('give_up') },
        ResultPath: null,
        TimeoutSeconds: TASK_SECONDS,
        Retry: [{ ...RETRY[0], MaxAttempts: 6 }],
        Catch: onError('Broken'),
        Next: 'Done',
      },
      Done: { Type: 'Succeed' },
      Broken: {
        Type: 'Fail',
        Error: 'RevocationBroken',
        Cause: 'A run could neither go on nor say so in its record.',
      },
    },
  };
}
