/**
 * Finds secrets in a batch of entries: one pass of the keyword prefilter over all bytes, then only the rules whose
 * keyword stands somewhere, each only where one of its matches could be.
 */
import type { Severity } from '../../contracts/finding.ts';
import { Redacted } from '../../kernel/redacted.ts';
import { runChecks, type CheckResult } from './checks.ts';
import { confidenceOf, REPORT_FROM } from './confidence.ts';
import type { CompiledPack, CompiledRule } from './pack.ts';
import type { ByteRegex, CreateRegex, RegexSpans } from './ports.ts';
import { createPrefilter, type Prefilter } from './prefilter.ts';
import {
  isOrdinaryPassword,
  isOrdinaryToken,
  isPlaceholderToken,
  isPublicName,
  readsLikeText,
  shannonEntropy,
} from './signals.ts';

/** A place in an entry, in bytes. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

export interface Match extends Span {
  /** Index of the entry in the batch. */
  readonly entry: number;
  readonly rule: string;
  readonly secretType: string;
  readonly provider: string;
  readonly severity: Severity;
  readonly confidence: number;
  readonly checks: readonly CheckResult[];
  readonly recommendedAction: string;
  readonly secret: Redacted;
  /** All that the rule matched: the secret and the name, the user or the address that made it one. */
  readonly context: Span;
  /** Everything around here that must not be shown: this secret and whatever weaker findings it won over. */
  readonly covers: readonly Span[];
}

export interface Scanner {
  /** The pack's digest. */
  readonly pack: string;
  /** Text counts as its UTF-8 bytes. Matches come ordered by entry, then by offset, and do not overlap. */
  scan(entries: readonly (string | Uint8Array)[]): readonly Match[];
}

interface Rule {
  readonly compiled: CompiledRule;
  /** Compiled on first use: most rules never see a candidate in the life of a process. */
  regex: ByteRegex | undefined;
  allowlist: readonly ByteRegex[] | undefined;
  /** The part of the present entry that waits to be searched; `windowEnd` 0 where there is none. */
  windowStart: number;
  /** Past the last keyword that opened it: where a match may start at the latest, for a rule of context. */
  lastStart: number;
  windowEnd: number;
}

interface Candidate {
  readonly match: Match;
  readonly generic: boolean;
}

/** Entries are laid side by side up to this size; a longer entry gets an arena of its own for the one scan. */
const ARENA_BYTES = 1024 * 1024;
/** No UTF-8 text holds this byte, no class matches it and `\b` takes it for the edge of a word. */
const SEPARATOR = 0xff;
/** Bytes past the longest match that a regex may want to look at. */
const LOOK_AHEAD = 4;

export function createScanner(pack: CompiledPack, createRegex: CreateRegex): Scanner {
  const rules: readonly Rule[] = pack.rules.map((compiled) => ({
    compiled,
    regex: undefined,
    allowlist: undefined,
    windowStart: 0,
    lastStart: 0,
    windowEnd: 0,
  }));
  const keywords = [
    ...new Set(pack.rules.flatMap((rule) => rule.keywords.map((keyword) => keyword.toLowerCase()))),
  ];
  const wanted = keywords.map((keyword) => wantersOf(keyword, rules));
  const lengths = keywords.map((keyword) => keyword.length);
  const prefilter: Prefilter = createPrefilter(keywords);
  const shared = Buffer.allocUnsafeSlow(ARENA_BYTES);

  // Rules of context share a few forms of value.
  const regexes = new Map<string, ByteRegex>();
  function regexOf(source: string): ByteRegex {
    const known = regexes.get(source) ?? createRegex(source);
    regexes.set(source, known);
    return known;
  }

  function scan(entries: readonly (string | Uint8Array)[]): readonly Match[] {
    const matches: Match[] = [];
    let first = 0;
    while (first < entries.length) {
      const { arena, ends } = fill(shared, entries, first);
      scanArena(arena, ends, first, matches);
      first += ends.length;
    }
    return matches;
  }

  function scanArena(arena: Buffer, ends: readonly number[], first: number, matches: Match[]): void {
    const hits = prefilter.scan(arena, (ends.at(-1) ?? 0) + 1);
    const touched = new Set<Rule>();
    let candidates: Candidate[] = [];
    let hit = 0;
    let start = 0;
    for (const [index, end] of ends.entries()) {
      for (; hit < hits.count; hit += 1) {
        const place = hits.starts[hit] ?? 0;
        if (place >= end) break;
        const keyword = hits.keywords[hit] ?? 0;
        const length = lengths[keyword] ?? 0;
        for (const { rule, exact } of wanted[keyword] ?? []) {
          if (exact !== undefined && !standsAt(arena, place, exact)) continue;
          const { context } = rule.compiled;
          if (context !== undefined && !standsAlone(arena, place, length)) continue;
          const from =
            context === undefined ? Math.max(start, place - rule.compiled.lookBehind) : place + length;
          const reach = context === undefined ? 0 : length + context.within;
          const to = Math.min(end, place + reach + rule.compiled.maxLength + LOOK_AHEAD);
          if (from > rule.windowEnd || rule.windowEnd === 0) {
            if (rule.windowEnd > 0) search(rule, arena, start, end, first + index, candidates);
            rule.windowStart = from;
          }
          rule.lastStart = from + (context?.within ?? 0);
          rule.windowEnd = Math.max(to, rule.windowEnd);
          touched.add(rule);
        }
      }
      if (touched.size > 0) {
        for (const rule of touched) {
          search(rule, arena, start, end, first + index, candidates);
          rule.windowEnd = 0;
        }
        touched.clear();
        if (candidates.length > 0) matches.push(...resolve(candidates));
        candidates = [];
      }
      start = end + 1;
    }
  }

  function search(
    rule: Rule,
    arena: Buffer,
    start: number,
    end: number,
    entry: number,
    candidates: Candidate[],
  ): void {
    rule.regex ??= regexOf(rule.compiled.regex);
    const view = arena.subarray(start, Math.min(end, rule.windowEnd));
    let from = rule.windowStart - start;
    for (;;) {
      const spans = rule.regex.exec(view, from);
      const whole = spans?.[0];
      if (spans === undefined || whole === undefined) return;
      const secret = secretOf(spans, rule.compiled.secretGroup) ?? whole;
      if (!rule.compiled.context || inContext(rule, view, secret[0], start)) {
        const candidate = judge(rule, view, whole, secret, entry);
        if (candidate !== undefined) candidates.push(candidate);
      }
      from = Math.max(whole[1], from + 1);
    }
  }

  function judge(
    rule: Rule,
    view: Buffer,
    [matchStart, matchEnd]: readonly [number, number],
    [offset, end]: readonly [number, number],
    entry: number,
  ): Candidate | undefined {
    const { compiled } = rule;
    const bytes = view.subarray(offset, end);
    const text = bytes.toString('utf8');
    if (text.length === 0 || isPlaceholderToken(text)) return undefined;
    if (compiled.minEntropy > 0 && shannonEntropy(text) < compiled.minEntropy) return undefined;
    if (
      compiled.generic === 'token' &&
      (isOrdinaryToken(text) || isPublicName(view.toString('latin1', matchStart, offset)))
    )
      return undefined;
    if (compiled.generic === 'none' && readsLikeText(text)) return undefined;
    if (compiled.generic === 'password' && isOrdinaryPassword(text)) return undefined;
    rule.allowlist ??= compiled.allowlist.map((source) => createRegex(`\\A(?:${source})\\z`));
    if (rule.allowlist.some((allowed) => allowed.exec(bytes, 0) !== undefined)) return undefined;
    const checks = runChecks(compiled.checks, text);
    const confidence = confidenceOf(compiled.confidence, checks);
    if (confidence < REPORT_FROM) return undefined;
    const match: Match = {
      entry,
      offset,
      length: end - offset,
      rule: compiled.name,
      secretType: compiled.secretType,
      provider: compiled.provider,
      severity: compiled.severity,
      confidence,
      checks,
      recommendedAction: compiled.recommendedAction,
      secret: new Redacted(text),
      context: { offset: matchStart, length: matchEnd - matchStart },
      covers: [{ offset, length: end - offset }],
    };
    return { match, generic: compiled.generic !== 'none' };
  }

  return { pack: pack.digest, scan };
}

function secretOf(spans: RegexSpans, group: number | undefined): RegexSpans[number] {
  return group === undefined ? spans.slice(1).find((span) => span !== undefined) : spans[group];
}

/** A rule that looks at a keyword's places; `exact` where it wants the keyword in this spelling only. */
interface Wanter {
  readonly rule: Rule;
  readonly exact: Buffer | undefined;
}

function wantersOf(keyword: string, rules: readonly Rule[]): readonly Wanter[] {
  return rules.flatMap((rule) => {
    const spellings = rule.compiled.keywords.filter((each) => each.toLowerCase() === keyword);
    const [spelling] = spellings;
    if (spelling === undefined) return [];
    const exact = rule.compiled.exactKeywords && spellings.length === 1;
    return [{ rule, exact: exact ? Buffer.from(spelling, 'latin1') : undefined }];
  });
}

function standsAt(bytes: Buffer, place: number, text: Buffer): boolean {
  for (let at = 0; at < text.length; at += 1) if (bytes[place + at] !== text[at]) return false;
  return true;
}

/** How far before its keyword a word of context may name a credential. */
const WORDS_BEFORE = 24;
const CREDENTIAL_WORD =
  /key|token|secret|pass|pwd|auth|credential|bearer|\bpat\b|_pat|api|access|licen[cs]e|sign|dsn|webhook|login|cookie|session|client/i;

/** What names a digest or an address of content instead, when it stands right before. */
const DIGEST_WORD = /commit|sha-?\d|digest|checksum|revision|etag|hash|md5|trace|span|integrity/i;

function inContext(
  { compiled, windowStart, lastStart }: Rule,
  view: Buffer,
  offset: number,
  start: number,
): boolean {
  if (compiled.context === undefined) return true;
  if (start + offset > lastStart) return false;
  const from = Math.max(
    0,
    windowStart - start - WORDS_BEFORE,
    offset - compiled.context.within - WORDS_BEFORE,
  );
  const between = view.toString('latin1', from, offset);
  if (DIGEST_WORD.test(between.slice(-24))) return false;
  return !compiled.context.credentialWord || CREDENTIAL_WORD.test(between);
}

/** Whether a short name stands by itself: `exa` in `EXA_KEY`, not in `example`. A long one is rarely part of another. */
function standsAlone(bytes: Buffer, place: number, length: number): boolean {
  if (length >= 7) return true;
  return !isLetter(bytes[place - 1]) && !isLowerLetter(bytes[place + length]);
}

const isLowerLetter = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 0x61 && byte <= 0x7a;
const isLetter = (byte: number | undefined): boolean =>
  isLowerLetter(byte) || (byte !== undefined && byte >= 0x41 && byte <= 0x5a);

/** Lays entries from `first` on into the arena, a separator after each, as many as fit; at least one. */
function fill(
  shared: Buffer,
  entries: readonly (string | Uint8Array)[],
  first: number,
): { arena: Buffer; ends: readonly number[] } {
  let arena = shared;
  let at = 0;
  const ends: number[] = [];
  for (let index = first; index < entries.length; index += 1) {
    const entry = entries[index] ?? '';
    const atMost = typeof entry === 'string' ? entry.length * 3 : entry.length;
    if (at + atMost + 1 > arena.length) {
      if (ends.length > 0) break;
      arena = Buffer.allocUnsafe(atMost + 1);
    }
    if (typeof entry === 'string') at += arena.write(entry, at);
    else {
      arena.set(entry, at);
      at += entry.length;
    }
    arena[at] = SEPARATOR;
    ends.push(at);
    at += 1;
  }
  return { arena, ends };
}

/** Of findings that overlap, the specific beats the generic, then the surer, then the longer, then the earlier one. */
function resolve(candidates: Candidate[]): readonly Match[] {
  const ranked = candidates.toSorted(
    (a, b) =>
      Number(a.generic) - Number(b.generic) ||
      b.match.confidence - a.match.confidence ||
      b.match.length - a.match.length ||
      a.match.offset - b.match.offset ||
      (a.match.rule < b.match.rule ? -1 : 1),
  );
  const kept: (Match & { covers: Span[] })[] = [];
  for (const { match } of ranked) {
    const winner = kept.find((other) => overlap(other, match));
    if (winner === undefined) kept.push({ ...match, covers: [...match.covers] });
    else winner.covers.push(...match.covers);
  }
  return kept.toSorted((a, b) => a.offset - b.offset);
}

const overlap = (a: Span, b: Span): boolean =>
  a.offset < b.offset + b.length && b.offset < a.offset + a.length;
