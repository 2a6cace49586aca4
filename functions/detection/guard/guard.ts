/** The detection engine in front of the wire: asks before a message is sent what the detector would say after it. */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { setImmediate as pause } from 'node:timers/promises';
import type { GuardAction, GuardPolicy } from '../../contracts/guard.ts';
import type { Clock } from '../../kernel/clock.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { createRe2Regex } from '../adapters/re2-regex.ts';
import { DEFAULT_POLICY } from '../domain/guard-policy.ts';
import {
  inspectMessage,
  placeOfMessage,
  type GuardFinding,
  type Message,
  type MessageContext,
} from '../domain/judge-message.ts';
import { noticeOfFailure } from '../domain/notice.ts';
import { openPack, openPackInSteps } from '../domain/open-pack.ts';
import type { CreateRegex } from '../domain/ports.ts';
import patterns from '../patterns.json' with { type: 'json' };

export interface GuardOptions {
  /** A compiled pack as `patterns.json` holds it; by default the one this version carries. */
  readonly pack?: unknown;
  /** What is not named keeps its default: LOW and MEDIUM are redacted, HIGH and CRITICAL are blocked. */
  readonly policy?: Partial<GuardPolicy>;
  /** The verdict where the guard itself fails; by default `block`. */
  readonly whenGuardFails?: 'block' | 'allow';
  /**
   * What fingerprints are made under, at least 16 characters: guards with the same one give a secret the same fingerprint.
   * By default drawn for this process, so that a restart gives other fingerprints.
   */
  readonly fingerprintKey?: string;
  /** A larger message is one that the guard fails on. Default 1 MiB of UTF-8. */
  readonly maxMessageBytes?: number;
  /** Who sends, where a check does not say. */
  readonly agent?: string;
  /** Is told of each message that was not let through as it was; must return at once and not throw. */
  readonly onStopped?: (stopped: StoppedMessage) => void;
  readonly clock?: Clock;
  readonly createRegex?: CreateRegex;
}

/** What may be told of a stopped message: nothing in it is secret. */
export interface StoppedMessage {
  readonly agent: string;
  readonly messageId: string;
  /** RFC 3339, UTC. */
  readonly detectedAt: string;
  /** Only those that the policy does not let pass. */
  readonly findings: readonly GuardFinding[];
}

export interface CheckResult {
  readonly verdict: GuardAction;
  readonly findings: readonly GuardFinding[];
  /** The message itself (`allow`), the message without its secrets (`redact`), or what may be shown of it (`block`). */
  readonly redacted: Message;
  /** For the sending agent to read; absent where there is nothing to say. Names rules and fingerprints, no secret. */
  readonly noticeForSender: string | undefined;
  /** Absent where nothing was found. */
  readonly messageId: string | undefined;
  /** Whether this very message was stopped before. */
  readonly repeated: boolean;
  /** Why the guard could not look; absent where it could. */
  readonly failure: GuardFailure | undefined;
  /** Digest of the rules that were applied. */
  readonly pack: string;
}
export type GuardFailure = 'message_too_large' | 'scan_failed';

export interface Guard {
  /** Judges one message. Does not throw: where the guard itself fails, the verdict is the configured one. */
  check(message: Message, context?: MessageContext): CheckResult;
  /**
   * Takes other rules, all at once, for every check that starts after it.
   * @param pack as `patterns.json` holds it
   * @returns the digest of the rules that now hold, or why the old ones stay; quotes nothing of the pack
   */
  use(pack: unknown): Result<string, string>;
  /** As `use`, but lets checks go on under the old rules while the new ones are made ready. */
  useGradually(pack: unknown): Promise<Result<string, string>>;
  /** Digest of the rules that hold. */
  readonly pack: string;
}

const MIB = 1024 * 1024;
/** How long rules are made ready at a stretch; what waits to be checked comes next. */
const WORK_MS = 2;
/** Stopped messages that are remembered, so that a repeat is called one. */
const REMEMBERED = 10_000;

/** @throws Error saying what is wrong with an option, or with the pack */
export function createGuard(options: GuardOptions = {}): Guard {
  const { whenGuardFails = 'block', maxMessageBytes = MIB, clock = systemClock, agent, onStopped } = options;
  const createRegex = options.createRegex ?? createRe2Regex;
  const policy: GuardPolicy = { ...DEFAULT_POLICY, ...options.policy };
  const fingerprintOf = fingerprinter(options.fingerprintKey);
  const first = openPack(options.pack ?? patterns, createRegex);
  if (!first.ok) throw new Error(`The guard cannot start with this pack: ${first.error}.`);
  let { scanner, sources } = first.value;
  const stoppedBefore = remembering(REMEMBERED);

  function failed(failure: GuardFailure, reason: string): CheckResult {
    return {
      verdict: whenGuardFails,
      findings: [],
      redacted: '',
      noticeForSender: noticeOfFailure(whenGuardFails, reason),
      messageId: undefined,
      repeated: false,
      failure,
      pack: scanner.pack,
    };
  }

  function look(message: Message, context: MessageContext): CheckResult {
    const inspection = inspectMessage(message, context, { scanner, policy, now: clock.now() });
    const result = { failure: undefined, pack: scanner.pack };
    if (inspection === undefined)
      return {
        verdict: 'allow',
        findings: [],
        redacted: message,
        noticeForSender: undefined,
        messageId: undefined,
        repeated: false,
        ...result,
      };
    const judged = inspection.conclude(fingerprintOf);
    const { verdict, findings, redacted, noticeForSender, messageId } = judged;
    if (verdict === 'allow')
      return { verdict, findings, redacted, noticeForSender, messageId, repeated: false, ...result };
    const repeated = stoppedBefore(placeOfMessage(judged.agent, messageId).core);
    // Told again on a repeat as well: the one that is told knows how to do it once.
    onStopped?.({
      agent: judged.agent,
      messageId,
      detectedAt: new Date(clock.now()).toISOString(),
      findings: findings.filter(({ action }) => action !== 'allow'),
    });
    return { verdict, findings, redacted, noticeForSender, messageId, repeated, ...result };
  }

  return {
    get pack() {
      return scanner.pack;
    },
    check(message, context = {}) {
      const size = Buffer.byteLength(message);
      if (size > maxMessageBytes) {
        const result = failed(
          'message_too_large',
          `It is ${size} bytes long, and this guard checks messages of up to ${maxMessageBytes} bytes.`,
        );
        return whenGuardFails === 'allow' ? { ...result, redacted: message } : result;
      }
      try {
        return look(message, { agent: context.agent ?? agent, messageId: context.messageId });
      } catch {
        // What was thrown may quote the message, so nothing of it is told.
        const result = failed('scan_failed', 'The scan failed; the operator of the guard has to look at it.');
        return whenGuardFails === 'allow' ? { ...result, redacted: message } : result;
      }
    },
    use(pack) {
      const opened = openPack(pack, createRegex, sources);
      if (!opened.ok) return err(opened.error);
      ({ scanner, sources } = opened.value);
      return ok(scanner.pack);
    },
    async useGradually(pack) {
      const steps = openPackInSteps(pack, createRegex, sources);
      for (let pausedAt = clock.now(); ;) {
        const step = steps.next();
        if (step.done === true) {
          if (!step.value.ok) return err(step.value.error);
          ({ scanner, sources } = step.value.value);
          return ok(scanner.pack);
        }
        if (clock.now() - pausedAt < WORK_MS) continue;
        await pause();
        pausedAt = clock.now();
      }
    },
  };
}

const LEAST_KEY_CHARACTERS = 16;
/** Names what the key is for, so that one made of an API key is good for nothing else. */
const INFO = 'shhh/guard-fingerprint/v1';

/** HMAC-SHA-256 under a key of this guard: whoever has no access to it cannot test a guess (docs/decisions/0020). */
function fingerprinter(key: string | undefined): (secret: Redacted) => string {
  if (key !== undefined && key.length < LEAST_KEY_CHARACTERS)
    throw new Error(
      `The guard's fingerprint key is shorter than ${LEAST_KEY_CHARACTERS} characters. Take a random one.`,
    );
  const derived = Buffer.from(
    hkdfSync('sha256', key === undefined ? randomBytes(32) : Buffer.from(key), '', INFO, 32),
  );
  return (secret) => createHmac('sha256', derived).update(secret.reveal()).digest('hex');
}

/** @returns a function that says whether it was called with this name before, among the latest so many */
function remembering(atMost: number): (name: string) => boolean {
  const names = new Set<string>();
  return (name) => {
    const known = names.delete(name);
    names.add(name);
    const [oldest] = names.size > atMost ? names : [];
    if (oldest !== undefined) names.delete(oldest);
    return known;
  };
}
