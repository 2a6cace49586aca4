/** What a guard does about what it finds where nobody says otherwise, and which of two actions is the stricter. */
import { z } from 'zod';
import { severity, type Severity } from '../../contracts/finding.ts';
import { guardAction, type GuardAction, type GuardPolicy } from '../../contracts/guard.ts';

/** Nothing that a rule finds is sent: what is probably noise costs a word of the message and not the message. */
export const DEFAULT_POLICY: GuardPolicy = {
  LOW: 'redact',
  MEDIUM: 'redact',
  HIGH: 'block',
  CRITICAL: 'block',
};

const ORDER = guardAction.options;

/** The strictest of some actions; `allow` where there are none. */
export function strictest(actions: readonly GuardAction[]): GuardAction {
  return actions.reduce<GuardAction>((a, b) => (ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a), 'allow');
}

/**
 * Reads `HIGH=redact,LOW=allow`: what is not named keeps its default.
 * @returns the policy, or why the text is none
 */
export function parsePolicy(text: string): GuardPolicy | string {
  const policy: Record<Severity, GuardAction> = { ...DEFAULT_POLICY };
  for (const part of text.split(',').filter((each) => each.trim() !== '')) {
    const [name = '', action = ''] = part.split('=').map((word) => word.trim());
    const parsed = z.tuple([severity, guardAction]).safeParse([name.toUpperCase(), action.toLowerCase()]);
    if (!parsed.success)
      return `The policy holds \`${part.trim()}\`. Write SEVERITY=ACTION with ${severity.options.join(', ')} and ${ORDER.join(', ')}, e.g. LOW=allow,HIGH=block.`;
    const [level, wanted]: readonly [Severity, GuardAction] = parsed.data;
    policy[level] = wanted;
  }
  return policy;
}
