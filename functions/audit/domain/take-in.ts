/**
 * The one way into the log: an act is parsed, weighed by the policy, parted into what its entry holds and what lies beside
 * the log, searched for secrets, tagged, and only then kept anywhere.
 */
import { recordedTypes, type AuditPolicy } from '../../contracts/audit-policy.ts';
import { auditEvent, handedAct, MAX_AUDIT_EVENT_BYTES, type AuditEvent } from '../../contracts/audit.ts';
import type { SecretPlace } from '../../contracts/secret-search.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { toIso, type Clock } from '../../kernel/clock.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { partAct } from './beside.ts';
import { commitmentOf, sealContent } from './commitment.ts';
import { refusalOf } from './entry.ts';
import { problemsOf } from './problems.ts';
import { cutFromJson, cutFromText } from './sanitise.ts';

/** Keeps what is to be taken in. */
export interface Inbox {
  /** @returns when it cannot be lost any more: whether it was new, or was handed in before */
  put(event: AuditEvent): Promise<'taken' | 'known'>;
}

/** Finds secrets. @throws where it cannot look: nothing is written then */
export interface SecretSearch {
  search(texts: readonly string[]): Promise<readonly SecretPlace[]>;
}

/** Where the content of commitments lies until it expires. */
export interface BesideStore {
  /** @param expiresAt RFC 3339, UTC: part of where it lies */
  put(commitment: string, expiresAt: string, sealed: Uint8Array): Promise<void>;
  remove(commitment: string, expiresAt: string): Promise<void>;
}

export interface Intake {
  readonly policy: AuditPolicy;
  readonly inbox: Inbox;
  readonly secrets: SecretSearch;
  readonly beside: BesideStore;
  readonly clock: Clock;
  /** @returns 32 random bytes */
  readonly salt: () => Uint8Array;
}

/** What became of one act. */
export type TakenIn =
  /** It is kept for good; `known`: it was handed in before. `redacted`: so many credentials were cut out of it. */
  | { readonly did: 'taken' | 'known'; readonly id: string; readonly redacted: number }
  /** The policy does not have this kind recorded. */
  | { readonly did: 'skipped'; readonly id: string }
  /** It can be no entry; nothing of it is quoted. */
  | { readonly did: 'refused'; readonly why: string };

/** Bytes of what may lie beside one entry, together. */
const MAX_BESIDE_BYTES = 1024 * 1024;

/** An act as far as it goes without a look for secrets. */
interface Prepared {
  readonly event: AuditEvent;
  readonly beside: readonly (readonly [name: string, content: string])[];
}

/**
 * Takes acts in.
 * @param given anything
 * @returns one answer for each, in order
 * @throws where it cannot be told whether an act was kept: handing it in again is safe
 */
export async function takeIn(given: readonly unknown[], intake: Intake): Promise<readonly TakenIn[]> {
  const recorded = recordedTypes(intake.policy);
  const prepared = given.map((each) => prepare(each, recorded, intake.policy));
  const wanted = prepared.flatMap((each) => ('event' in each ? [each] : []));
  const texts = wanted.flatMap(({ event, beside }) => [
    canonicalJson(event),
    ...beside.map(([, content]) => content),
  ]);
  const places = texts.length === 0 ? [] : await intake.secrets.search(texts);
  const byText = Map.groupBy(places, ({ text }) => text);
  const answers: TakenIn[] = [];
  let at = 0;
  // One after the other: a batch may hand the same act in twice.
  for (const each of prepared) {
    if (!('event' in each)) {
      answers.push(each);
      continue;
    }
    const count = 1 + each.beside.length;
    const found = Array.from({ length: count }, (_, part) => byText.get(at + part) ?? []);
    at += count;
    answers.push(await keep(each, found, intake));
  }
  return answers;
}

const refused = (why: string): TakenIn => ({ did: 'refused', why });

function prepare(given: unknown, recorded: ReadonlySet<string>, policy: AuditPolicy): Prepared | TakenIn {
  const act = handedAct.safeParse(given);
  if (!act.success) return refused(problemsOf(act.error));
  const { beside: _, ...event } = act.data;
  if (!recorded.has(event.type)) return { did: 'skipped', id: event.id };
  try {
    const { data, beside } = partAct(act.data, policy);
    const parts = Object.entries(beside);
    const bytes = parts.reduce((sum, [, content]) => sum + Buffer.byteLength(content), 0);
    if (bytes > MAX_BESIDE_BYTES)
      return refused(`has ${bytes} bytes to lie beside the log, of at most ${MAX_BESIDE_BYTES}`);
    if (parts.some(([, content]) => !content.isWellFormed()))
      return refused('holds text that has no one way to be written');
    const size = Buffer.byteLength(canonicalJson({ ...event, data }));
    // Said before secrets are looked for: what is refused in any case costs nothing.
    if (size > MAX_AUDIT_EVENT_BYTES)
      return refused(`has ${size} bytes of at most ${MAX_AUDIT_EVENT_BYTES}: hand large texts in as beside`);
    return { event: { ...event, data }, beside: parts };
  } catch {
    return refused('holds text or a number that JSON has no one way to write');
  }
}

async function keep(
  { event, beside }: Prepared,
  found: readonly (readonly SecretPlace[])[],
  { policy, inbox, beside: store, clock, salt }: Intake,
): Promise<TakenIn> {
  const redacted = found.reduce((sum, places) => sum + places.length, 0);
  if (redacted > 0 && policy.privacy.secrets === 'refuse')
    return refused(`holds ${redacted} credentials: take them out, and have them revoked`);
  const [inEvent = [], ...inBeside] = found;
  const cleaned = cleanEvent(event, inEvent);
  if (!cleaned.ok) return refused(cleaned.error);
  const expiresAt = toIso(
    clock.now() + (policy.events[event.type]?.keep_beside ?? policy.retention.beside) * 1000,
  );
  const sealed = beside.map(([name, content], at) => {
    const bytes = Buffer.from(cutFromText(content, inBeside[at] ?? []));
    const grain = salt();
    return { name, bytes, sha256: commitmentOf(grain, bytes), sealed: sealContent(grain, bytes) };
  });
  const tags = Object.entries(policy.tags).flatMap(([tag, types]) =>
    types.includes(event.type) ? [tag] : [],
  );
  const whole: AuditEvent = {
    ...cleaned.value,
    ...(sealed.length > 0 && {
      commitments: Object.fromEntries(
        sealed.map(({ name, bytes, sha256 }) => [
          name,
          { sha256, bytes: bytes.length, expires_at: expiresAt },
        ]),
      ),
    }),
    ...(tags.length > 0 && { tags: tags.toSorted() }),
  };
  const refusal = refusalOf(whole);
  if (refusal !== undefined) return refused(refusal);
  // Before the act: what an entry commits to has been there.
  await Promise.all(sealed.map((each) => store.put(each.sha256, expiresAt, each.sealed)));
  const did = await inbox.put(whole);
  // The entry of the first time has commitments of its own: nothing points to these.
  if (did === 'known') await Promise.all(sealed.map((each) => store.remove(each.sha256, expiresAt)));
  return { did, id: event.id, redacted };
}

/** @returns why it can be no entry any more */
function cleanEvent(event: AuditEvent, places: readonly SecretPlace[]): Result<AuditEvent, string> {
  if (places.length === 0) return ok(event);
  const cleaned = auditEvent.safeParse(JSON.parse(cutFromJson(canonicalJson(event), places)));
  // What it is known by must stay what its producer calls it.
  if (cleaned.success && cleaned.data.id === event.id) return ok(cleaned.data);
  return err('holds a credential where it cannot be cut out: in its id, or in a field that is full');
}
