import { z } from 'zod';
import { healthReport, type HealthReport } from '../../functions/contracts/health.ts';

/** Of an invocation's answer, what is needed here. */
interface InvocationAnswer {
  /** Absent where the function succeeded. */
  readonly functionError?: string;
  /** JSON. */
  readonly payload: string;
}

export interface Cloud {
  /** @returns the name of the stage's health function. @throws Error that says why it cannot be told, and what to do */
  findFunction(stage: string): Promise<string>;
  /** @throws when there is no such function, or it may not be invoked */
  invoke(functionName: string): Promise<InvocationAnswer>;
}

export interface Question {
  readonly stage: string;
  /** Of the health function; looked up in the stage's stack where absent. */
  readonly functionName?: string;
}

const failure = z.object({ errorMessage: z.string() });

/**
 * Asks a deployed stage how it does.
 * @throws Error that names what was asked, why it did not answer, and what to do
 */
export async function askHealth(question: Question, cloud: Cloud): Promise<HealthReport> {
  const functionName = question.functionName ?? (await cloud.findFunction(question.stage));
  const { functionError, payload } = await cloud.invoke(functionName).catch((error: unknown) => {
    throw new Error(
      `The health function ${functionName} cannot be invoked: ${wordsOf(error)}. Look whether it exists in this account and region, and whether you may call lambda:InvokeFunction on it.`,
      { cause: error },
    );
  });
  if (functionError !== undefined) {
    const told = failure.safeParse(jsonOf(payload));
    throw new Error(
      `The health function ${functionName} failed: ${told.data?.errorMessage ?? functionError}. Its log says more.`,
    );
  }
  const report = healthReport.safeParse(jsonOf(payload));
  if (report.success) return report.data;
  throw new Error(
    `${functionName} answered something that is no health report. Is it another function, or another version of it? Deploy the stage again, or leave --function out.`,
  );
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.message || error.name).replace(/\.$/, '') : 'unknown error';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
