/**
 * The guard's judgement of one message before it is sent. It looks through the detector's own eyes, `detect`, so that
 * the two cannot disagree; what it lets pass after a redaction it has looked at a second time.
 */
import { createHash } from 'node:crypto';
import type { Finding } from '../../contracts/finding.ts';
import type { GuardAction, GuardPolicy } from '../../contracts/guard.ts';
import type { EntryBatch, ShippedEntry } from '../../contracts/ingest.ts';
import { correlationIdOf, findingIdOf, type EntryRef } from '../../kernel/ids.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { detect, type Detection } from './detect.ts';
import { strictest } from './guard-policy.ts';
import { noticeFor } from './notice.ts';
import { placeholderOf, redact, redactedKey } from './redact.ts';
import type { DetectedMatch, Detector } from './detector.ts';

/** Text, or bytes where it is none. */
export type Message = string | Uint8Array;

/** What the sender says of a message beside it. */
export interface MessageContext {
  /** Who wants to send it; by default what the message itself says. */
  readonly agent?: string | undefined;
  /** By default the message's own id, or a digest of its redacted text: a repeat has the same. */
  readonly messageId?: string | undefined;
}

/** A finding and what the policy does about it. */
export interface GuardFinding extends Finding {
  readonly action: GuardAction;
}

export interface Judgement {
  readonly verdict: GuardAction;
  readonly findings: readonly GuardFinding[];
  /** What may be sent or shown instead; the message itself where the verdict is `allow`. */
  readonly redacted: Message;
  /** For the sending agent to read: which rules, which fingerprints, what to do. Absent where nothing was stopped. */
  readonly noticeForSender: string | undefined;
  readonly agent: string;
  readonly messageId: string;
}

/** A message in which something was found, to be concluded once its secrets have fingerprints. */
export interface Inspection {
  readonly secrets: readonly Redacted[];
  /** @param fingerprintOf 64 hex digits for each of `secrets` */
  readonly conclude: (fingerprintOf: (secret: Redacted) => string) => Judgement;
}

/** Stands for a message in which even the redaction left something. */
const WITHHELD = '[SHHH withheld this message: a credential could not be cut out of it]';

/**
 * Looks for secrets in a message.
 * @param now epoch milliseconds
 * @returns undefined where the detector would find nothing
 */
export function inspectMessage(
  message: Message,
  context: MessageContext,
  needed: { readonly scanner: Detector; readonly policy: GuardPolicy; readonly now: number },
): Inspection | undefined {
  const { detections, matches } = look(message, needed.scanner, needed.now);
  if (detections.length === 0) return undefined;
  return {
    secrets: detections.flatMap(({ secrets }) => secrets),
    conclude: (fingerprintOf) => conclude(message, context, { detections, matches }, fingerprintOf, needed),
  };
}

interface Seen {
  readonly detections: readonly Detection[];
  readonly matches: readonly DetectedMatch[];
}

/** What the detector would find if the message were an entry of a log, and the places that are to be cut. */
function look(message: Message, scanner: Detector, now: number): Seen {
  let matches: readonly DetectedMatch[] = [];
  const eye: Detector = {
    pack: scanner.pack,
    scan: (entries) => (matches = scanner.scan(entries)),
  };
  const [detections = []] = detect([asBatch(message, now)], eye, now);
  return { detections, matches };
}

const NOWHERE = '0'.repeat(64);

function asBatch(message: Message, now: number): EntryBatch {
  const entry: ShippedEntry =
    typeof message === 'string'
      ? { seq: 0, encoding: 'utf8', body: message }
      : { seq: 0, encoding: 'base64', body: Buffer.from(message).toString('base64') };
  return { core: NOWHERE, fork: 0, seqStart: 0, seqEnd: 1, shippedAt: now, entries: [entry] };
}

/**
 * Where a message that was never sent stands: the only entry of a log that its agent and its id name, so that a repeat
 * of the message has the findings of the first.
 */
export function placeOfMessage(agent: string, messageId: string): EntryRef {
  const named = `shhh/message/v1\n${Buffer.byteLength(agent)}\n${agent}\n${messageId}`;
  return { core: createHash('sha256').update(named).digest('hex'), fork: 0, seq: 0 };
}

function conclude(
  message: Message,
  context: MessageContext,
  { detections, matches }: Seen,
  fingerprintOf: (secret: Redacted) => string,
  {
    scanner,
    policy,
    now,
  }: { readonly scanner: Detector; readonly policy: GuardPolicy; readonly now: number },
): Judgement {
  const found = detections.map((detection) => detection.toFinding(fingerprintOf));
  const wanted = strictest(found.map(({ severity }) => policy[severity]));
  const stopped = matches.filter(({ severity }) => policy[severity] !== 'allow');
  const cut = cutOut(message, stopped, fingerprintOf);
  const clean = !holdsMore(cut, scanner, policy, now);
  const redacted = wanted === 'allow' ? message : clean ? cut : WITHHELD;
  const verdict = wanted === 'redact' && (!clean || !staysJson(message, redacted)) ? 'block' : wanted;

  const agent = secretFree(context.agent ?? found[0]?.agent ?? 'unknown', scanner);
  const ownId = context.messageId ?? found[0]?.messageId;
  const messageId =
    ownId === undefined
      ? digestOf(message, cutOut(message, matches, fingerprintOf), found)
      : secretFree(ownId, scanner);
  const place = placeOfMessage(agent, messageId);
  const findings = found.map((each) => ({
    ...each,
    findingId: findingIdOf(place, each.rule, each.offset, each.fingerprint),
    stage: 'blocked-before-send' as const,
    core: place.core,
    correlationId: correlationIdOf(place),
    messageId,
    agent,
    action: policy[each.severity],
  }));
  return { verdict, findings, redacted, noticeForSender: noticeFor(verdict, findings), agent, messageId };
}

function cutOut(
  message: Message,
  matches: readonly DetectedMatch[],
  fingerprintOf: (secret: Redacted) => string,
): Message {
  const cuts = matches.map(({ covers, secret, secretType }) => ({
    covers,
    secret: Buffer.from(secret.reveal()),
    placeholder: placeholderOf(secretType, redactedKey(secret.reveal()), fingerprintOf(secret).slice(0, 8)),
  }));
  const { bytes } = redact(Buffer.from(message), cuts);
  return typeof message === 'string' ? bytes.toString('utf8') : bytes;
}

/** Whether the detector would still find something that the policy does not let pass. */
function holdsMore(redacted: Message, scanner: Detector, policy: GuardPolicy, now: number): boolean {
  const unnamed = '0'.repeat(64);
  return look(redacted, scanner, now).detections.some(
    (detection) => policy[detection.toFinding(() => unnamed).severity] !== 'allow',
  );
}

/** A reader of JSON must still be able to read it: a cut through an escape would break the whole message. */
function staysJson(message: Message, redacted: Message): boolean {
  return !isJson(message) || isJson(redacted);
}

function isJson(message: Message): boolean {
  try {
    JSON.parse(typeof message === 'string' ? message : Buffer.from(message).toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

/** Names a message by what is left of it and by the fingerprints of what was cut: nobody can test a guess on it. */
function digestOf(message: Message, left: Message, found: readonly Finding[]): string {
  const parts = [Buffer.byteLength(message), ...found.map(({ fingerprint }) => fingerprint)].join('\n');
  return `sha256-${createHash('sha256').update(parts).update('\n').update(left).digest('hex').slice(0, 32)}`;
}

/** Longer names are cut: nobody needs more of one. */
const MAX_NAME = 200;

/** A name that the sender gave, which may itself hold a secret. */
function secretFree(name: string, scanner: Detector): string {
  const cuts = scanner.scan([name]).map(({ covers, secret }) => ({
    covers,
    secret: Buffer.from(secret.reveal()),
    placeholder: redactedKey(secret.reveal()),
  }));
  const clean = cuts.length === 0 ? name : redact(Buffer.from(name), cuts).bytes.toString('utf8');
  const shown = clean
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, MAX_NAME)
    .toWellFormed();
  return shown === '' ? 'unknown' : shown;
}
