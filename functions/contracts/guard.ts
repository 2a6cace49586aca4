/** What a guard does about what it finds: the stage's settings say it, the guard's endpoint reads it. */
import { z } from 'zod';
import { severity } from './finding.ts';

/** `redact` cuts the secret and lets the rest go, `block` lets nothing go. */
export const guardAction = z.enum(['allow', 'redact', 'block']);
export type GuardAction = z.infer<typeof guardAction>;

const guardPolicy = z.strictObject({
  LOW: guardAction,
  MEDIUM: guardAction,
  HIGH: guardAction,
  CRITICAL: guardAction,
});
/** By the severity of what is found. */
export type GuardPolicy = Readonly<z.infer<typeof guardPolicy>>;

/** A function's environment variable that holds a {@link GuardPolicy}: `LOW=redact,MEDIUM=redact,HIGH=block,CRITICAL=block`. */
export const guardPolicyVariable = z
  .string()
  .transform((text): unknown => Object.fromEntries(text.split(',').map((pair) => pair.split('=', 2))))
  .pipe(guardPolicy);

/** What {@link guardPolicyVariable} reads. */
export function guardPolicyText(policy: GuardPolicy): string {
  return severity.options.map((each) => `${each}=${policy[each]}`).join(',');
}
