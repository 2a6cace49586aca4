/** The guard in the cloud: it judges like the one beside the agent, fingerprints like the detector, and records. */
import { z } from 'zod';
import type { RetentionDays } from '../../contracts/quarantine.ts';
import { finding } from '../../contracts/finding.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { toResponse, type CheckOrder } from './answer-check.ts';
import type { CheckResponse } from './guard-api.ts';
import type { GuardPolicy } from '../../contracts/guard.ts';
import { inspectMessage, type Judgement } from './judge-message.ts';
import type { Fingerprinter, Quarantine } from './ports.ts';
import { recordFindings, type Recorded } from './record-blocked.ts';
import type { Detector } from './detector.ts';

export interface CheckMessageDependencies {
  readonly scanner: Detector;
  readonly policy: GuardPolicy;
  readonly fingerprinter: Fingerprinter;
  readonly quarantine: Quarantine;
  readonly clock: Clock;
  readonly retentionDays: RetentionDays;
}

export interface CheckedMessage {
  readonly response: CheckResponse;
  /** What was written, or why it was not: the verdict stands all the same. */
  readonly recorded: Result<Recorded, unknown>;
}

// The action is the policy's word about a finding and no part of it.
const ownFields = z.object(finding.shape);
const NOTHING: Recorded = { fresh: [], repeated: 0 };

/** @throws when secrets cannot be fingerprinted: then there is no verdict, and who asks has to take that for a block */
export async function checkMessage(
  { message, context, encoding }: CheckOrder,
  needed: CheckMessageDependencies,
): Promise<CheckedMessage> {
  const { scanner, policy, clock } = needed;
  const inspection = inspectMessage(message, context, { scanner, policy, now: clock.now() });
  if (inspection === undefined) {
    const allowed = { verdict: 'allow' as const, findings: [], redacted: message, messageId: undefined };
    return { response: answerOf(allowed, false), recorded: ok(NOTHING) };
  }
  const judged = inspection.conclude(await fingerprints(inspection.secrets, needed.fingerprinter));
  const recorded = await record(judged, needed);
  return { response: answerOf(judged, recorded.ok && recorded.value.repeated > 0), recorded };

  function answerOf(
    judgement: Pick<Judgement, 'verdict' | 'findings' | 'redacted'> & {
      readonly messageId: string | undefined;
      readonly noticeForSender?: string | undefined;
    },
    repeated: boolean,
  ): CheckResponse {
    const { noticeForSender } = judgement;
    return toResponse(
      { ...judgement, noticeForSender, repeated, failure: undefined, pack: scanner.pack },
      encoding,
    );
  }
}

async function record(
  { verdict, findings }: Judgement,
  { quarantine, retentionDays }: CheckMessageDependencies,
): Promise<Result<Recorded, unknown>> {
  const stopped =
    verdict === 'allow'
      ? []
      : findings.filter(({ action }) => action !== 'allow').map((found) => ownFields.parse(found));
  try {
    return ok(await recordFindings(stopped, quarantine, retentionDays));
  } catch (cause) {
    return err(cause);
  }
}

async function fingerprints(
  secrets: readonly Redacted[],
  fingerprinter: Fingerprinter,
): Promise<(secret: Redacted) => string> {
  const distinct = new Map(secrets.map((secret) => [secret.reveal(), secret]));
  const made = await fingerprinter.fingerprint([...distinct.values()]);
  const bySecret = new Map([...distinct.keys()].map((secret, index) => [secret, made[index]]));
  return (secret) => {
    const fingerprint = bySecret.get(secret.reveal());
    if (fingerprint === undefined) throw new Error('A secret was not fingerprinted.');
    return fingerprint;
  };
}
