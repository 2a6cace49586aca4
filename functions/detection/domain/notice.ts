/** What the sending agent is told. An agent takes a bare refusal for its own mistake and tries again in other words. */
import type { GuardAction } from '../../contracts/guard.ts';

/** Of a finding, what may be told to the one who sent it. */
export interface Noticed {
  readonly rule: string;
  readonly severity: string;
  readonly redactedKey: string;
  readonly fingerprint: string;
  readonly action: GuardAction;
}

/** Digits of a fingerprint that people and agents are shown: enough to tell two secrets apart. */
const SHOWN_DIGITS = 16;
/** A message full of credentials gets a notice that can still be read. */
const MOST_NAMED = 10;

/** @returns the notice, which names rules and fingerprints and no secret; undefined where nothing was stopped */
export function noticeFor(verdict: GuardAction, findings: readonly Noticed[]): string | undefined {
  if (verdict === 'allow') return undefined;
  const stopped = findings.filter(({ action }) => action !== 'allow');
  const named = stopped
    .slice(0, MOST_NAMED)
    .map(
      ({ rule, severity, redactedKey, fingerprint }) =>
        `${rule} (${severity}) ${redactedKey}, fingerprint ${fingerprint.slice(0, SHOWN_DIGITS)}`,
    )
    .join('; ');
  const more = stopped.length > MOST_NAMED ? `; and ${stopped.length - MOST_NAMED} more` : '';
  const credentials = stopped.length === 1 ? 'a credential' : `${stopped.length} credentials`;
  return verdict === 'block'
    ? `SHHH did not send this message: it holds ${credentials}. Found: ${named}${more}. Do not repeat or rewrite the credential, also not encoded; name the place where it is kept instead, and send the message without it. Sending the same message again gives the same answer.`
    : `SHHH removed ${credentials} from this message and sent the rest. Found: ${named}${more}. This is no error of yours to mend: do not send the credential again; name the place where it is kept instead.`;
}

/** The notice where the guard itself could not look. @param reason a sentence that quotes nothing of the message */
export function noticeOfFailure(verdict: GuardAction, reason: string): string {
  return verdict === 'allow'
    ? `SHHH could not check this message and let it pass, as it was configured to. ${reason}`
    : `SHHH did not send this message because it could not check it. ${reason}`;
}
