/**
 * Finds secrets in a batch of entries: one pass of the keyword prefilter over all bytes, then only the rules whose
 * keyword stands somewhere, each only where one of its matches could be.
 */
import type { Severity } from '../../contracts/finding.ts';
import { Redacted } from '../../kernel/redacted.ts';
import { isProven, runChecks, type CheckResult } from './checks.ts';
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
  repeatsItsName,
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
  /**
   * Text counts as its UTF-8 bytes. Matches come ordered by entry, then by offset, and do not overlap.
   * @param formsOnly in which entries only rules count that know a secret by its own form, not by a name before it
   */
  scan(entries: readonly (string | Uint8Array)[], formsOnly?: (entry: number) => boolean): readonly Match[];
}

/** Whether a rule knows its secret by what stands before it: a name, a word of context, a place. */
export const isByName = ({ generic, context }: CompiledRule): boolean =>
  generic !== 'none' || context !== undefined;

interface Rule {
  readonly compiled: CompiledRule;
  /** How far before a keyword its match may start, where that is so near that each place is worth a look. */
  readonly near: number | undefined;
  /** How far after its keyword a value may start, for a rule of context. */
  readonly within: number | undefined;
  /** What each match holds so many of in a row, where that is enough to look for it before the regex is tried. */
  readonly run: ByteRun | undefined;
  /** How sure a match is that no check speaks of; undefined where checks decide. */
  readonly prior: number | undefined;
  /** Compiled on first use: most rules never see a candidate in the life of a process. */
  regex: ByteRegex | undefined;
  allowlist: readonly ByteRegex[] | undefined;
  /** The part of the present entry that waits to be searched; `windowEnd` 0 where there is none. */
  windowStart: number;
  /** The keywords that opened it, where a match starts with one or near it. */
  readonly places: number[];
  /** How many more bytes may be looked at, place by place, before one search looks at each once. */
  looks: number;
  /** Matches in the present entry so far. */
  matches: number;
  /** Past the last keyword that opened it: where a match may start at the latest, for a rule of context. */
  lastStart: number;
  windowEnd: number;
}

/** A match that is perhaps a finding: what decides it is asked only where no better one stands in the same place. */
interface Candidate extends Span {
  readonly rule: Rule;
  /** Yields to what is not. */
  readonly generic: boolean;
  readonly confidence: number;
  readonly entry: number;
  /** The entry, up to where the rule was to search; offsets are in it. */
  readonly view: Buffer;
  readonly matchStart: number;
  readonly matchEnd: number;
  /** What was found out already. */
  readonly match: Match | undefined;
}

/** No UTF-8 text holds this byte, no class matches it and `\b` takes it for the edge of a word. */
const SEPARATOR = 0xff;
/** In bytes. */
const NEAR = 4;
/** Past so many keywords of a window each is worth a try, without a look beforehand. */
const FEW_PLACES = 32;
const LOOKS_A_BYTE = 10;
/** Bytes past the longest match that a regex may want to look at. */
const LOOK_AHEAD = 4;

export function createScanner(pack: CompiledPack, createRegex: CreateRegex): Scanner {
  const runs = new Map<string, Uint8Array>();
  const rules: readonly Rule[] = pack.rules.map((compiled) => ({
    compiled,
    near: compiled.context === undefined && compiled.lookBehind <= NEAR ? compiled.lookBehind : undefined,
    within: compiled.context?.within,
    run: runOf(compiled, runs),
    prior: compiled.checks.length > 0 ? undefined : confidenceOf(compiled.confidence, []),
    regex: undefined,
    allowlist: undefined,
    windowStart: 0,
    places: [],
    looks: 0,
    matches: 0,
    lastStart: 0,
    windowEnd: 0,
  }));
  const keywords = [
    ...new Set(pack.rules.flatMap((rule) => rule.keywords.map((keyword) => keyword.toLowerCase()))),
  ];
  const { firsts, asks, flags, exact } = askedBy(rules, keywords);
  const lengths = Int32Array.from(keywords, (keyword) => keyword.length);
  const prefilter: Prefilter = createPrefilter(keywords);

  // Rules of context share a few forms of value.
  const regexes = new Map<string, ByteRegex>();
  function regexOf(source: string): ByteRegex {
    const known = regexes.get(source) ?? createRegex(source);
    regexes.set(source, known);
    return known;
  }

  function scan(
    entries: readonly (string | Uint8Array)[],
    formsOnly: (entry: number) => boolean = () => false,
  ): readonly Match[] {
    const matches: Match[] = [];
    let first = 0;
    while (first < entries.length) {
      const { arena, ends } = fill(prefilter.arena, entries, first);
      scanArena(arena, ends, first, formsOnly, matches);
      first += ends.length;
    }
    return matches;
  }

  function scanArena(
    arena: Buffer,
    ends: readonly number[],
    first: number,
    formsOnly: (entry: number) => boolean,
    matches: Match[],
  ): void {
    const hits = prefilter.scan(arena, (ends.at(-1) ?? 0) + 1);
    const touched: Rule[] = [];
    const candidates: Candidate[] = [];
    let hit = 0;
    let start = 0;
    for (const [index, end] of ends.entries()) {
      const skipNames = formsOnly(first + index);
      for (; hit < hits.count; hit += 1) {
        const place = hits.starts[hit] ?? 0;
        if (place >= end) break;
        const keyword = hits.keywords[hit] ?? 0;
        const length = lengths[keyword] ?? 0;
        const isInWord = isWord(arena[place - 1]);
        let alone: boolean | undefined;
        const unwanted = (isInWord ? WORD_START : 0) | (skipNames ? BY_NAME : 0);
        const last = firsts[keyword + 1] ?? 0;
        for (let ask = firsts[keyword] ?? 0; ask < last; ask += 1) {
          if (((flags[ask] ?? 0) & unwanted) !== 0) continue;
          const spelling = exact[ask];
          if (spelling !== undefined && !standsAt(arena, place, spelling)) continue;
          const rule = asks[ask];
          if (rule === undefined) continue;
          const { within, compiled } = rule;
          if (
            rule.near !== undefined &&
            rule.places.length <= FEW_PLACES &&
            !mayMatchNear(rule, rule.near, arena, place, start, end)
          )
            continue;
          let from = place;
          let to = place + compiled.maxLength + LOOK_AHEAD;
          if (within === undefined) from = Math.max(start, place - compiled.lookBehind);
          else {
            alone ??= standsAlone(arena, place, length);
            if (!alone) continue;
            from += length;
            to += length + within;
          }
          if (rule.windowEnd === 0) {
            rule.windowStart = from;
            touched.push(rule);
          } else if (from > rule.windowEnd) {
            search(rule, arena, start, end, first + index, candidates);
            rule.windowStart = from;
            rule.places.length = 0;
          } else if (from < rule.windowStart) rule.windowStart = from;
          rule.lastStart = from + (within ?? 0);
          rule.windowEnd = Math.max(Math.min(end, to), rule.windowEnd);
          if (rule.near !== undefined) insert(rule.places, place);
        }
      }
      for (const rule of touched) {
        search(rule, arena, start, end, first + index, candidates);
        rule.windowEnd = 0;
        rule.places.length = 0;
        rule.matches = 0;
      }
      touched.length = 0;
      if (candidates.length > 0) matches.push(...resolve(candidates, judge));
      candidates.length = 0;
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
    const viewEnd = Math.min(end, rule.windowEnd);
    let from = rule.windowStart - start;
    if (!mayMatch(rule, arena, start + from, viewEnd)) return;
    rule.regex ??= regexOf(rule.compiled.regex);
    rule.looks = LOOKS_A_BYTE * (viewEnd - rule.windowStart);
    const view = arena.subarray(start, viewEnd);
    do {
      const spans = nextMatch(rule, rule.regex, view, from, start);
      if (spans === undefined) return;
      const [matchStart = 0, matchEnd = 0] = spans;
      // Farther from the last keyword nothing counts.
      if (rule.within !== undefined && start + matchStart > rule.lastStart) return;
      rule.matches += 1;
      if (rule.matches > MATCHES_FREE + (end - start) / BYTES_A_MATCH) {
        candidates.push(flood(rule, view, matchStart, entry));
        return;
      }
      const secret = secretAt(spans, rule.compiled.secretGroup);
      const offset = spans[secret] ?? 0;
      const secretEnd = spans[secret + 1] ?? 0;
      const inPlace = !rule.compiled.context || inContext(rule, view, offset, start);
      if (inPlace && !isPieceOfBlob(arena, start + offset, start + secretEnd)) {
        const candidate = candidateOf(rule, view, matchStart, matchEnd, offset, secretEnd, entry);
        if (candidate !== undefined) candidates.push(candidate);
      }
      from = Math.max(matchEnd, from + 1);
    } while (mayMatch(rule, arena, start + from, viewEnd));
  }

  /** Whether a match may start at a keyword or as far before it as the rule says. */
  function mayMatchNear(
    rule: Rule,
    near: number,
    arena: Buffer,
    place: number,
    start: number,
    end: number,
  ): boolean {
    rule.regex ??= regexOf(rule.compiled.regex);
    for (let at = Math.max(start, place - near); at <= place; at += 1)
      if (rule.regex.mayMatchAt(arena, at, start, end)) return true;
    return false;
  }

  /** A place is soon given up; a search looks at every byte up to the window's end, and at none of them twice. */
  function nextMatch(
    rule: Rule,
    regex: ByteRegex,
    view: Buffer,
    from: number,
    start: number,
  ): RegexSpans | undefined {
    const { near, places, compiled } = rule;
    if (near === undefined) return regex.exec(view, from);
    let at = from;
    for (let next = firstFrom(places, from + start); next < places.length; next += 1) {
      const place = (places[next] ?? 0) - start;
      for (at = Math.max(at, place - near); at <= place; at += 1) {
        if (rule.looks <= 0) return regex.exec(view, at);
        const told = regex.matchAt(view, at, at + compiled.maxLength + LOOK_AHEAD);
        if (told === 'undecided') return regex.exec(view, at);
        if (typeof told !== 'number') return told;
        rule.looks -= told;
      }
    }
    return undefined;
  }

  /** Where no check moves the confidence, the match is weighed against others before it is judged: judging costs more. */
  function candidateOf(
    rule: Rule,
    view: Buffer,
    matchStart: number,
    matchEnd: number,
    offset: number,
    end: number,
    entry: number,
  ): Candidate | undefined {
    const weighed = {
      rule,
      entry,
      view,
      offset,
      length: end - offset,
      matchStart,
      matchEnd,
      match: undefined,
      generic: rule.compiled.generic !== 'none',
      confidence: rule.prior ?? 0,
    };
    if (rule.prior !== undefined) return rule.prior < REPORT_FROM ? undefined : weighed;
    const judged = judge(weighed);
    return judged && { ...weighed, confidence: judged.confidence, match: judged };
  }

  function judge({ rule, view, offset, length, matchStart, matchEnd, entry }: Candidate): Match | undefined {
    const end = offset + length;
    const { compiled } = rule;
    // Most of what a generic rule matches are words; this is cheaper than making a string of them.
    if (compiled.generic === 'token' && !mayBeRandom(view, offset, end)) return undefined;
    const read = view.toString('utf8', offset, end);
    const text = compiled.generic === 'none' ? read : upToLineEnd(read);
    if (text.length === 0 || isPlaceholderToken(text)) return undefined;
    const checks = runChecks(compiled.checks, text);
    const proven = isProven(checks);
    if (!proven && compiled.minEntropy > 0 && shannonEntropy(text) < compiled.minEntropy) return undefined;
    const before = (): string =>
      view.toString('latin1', Math.max(0, matchStart - WORDS_BEFORE, offset - LONGEST_NAME), offset);
    if (compiled.generic === 'token' && (isOrdinaryToken(text) || isPublicName(before()))) return undefined;
    const doubted = compiled.context !== undefined || checks.some(({ passed }) => !passed);
    if (compiled.generic === 'none' && !proven && readsLikeText(text, doubted)) return undefined;
    if (compiled.generic === 'password' && isOrdinaryPassword(text)) return undefined;
    if (compiled.generic !== 'none' && repeatsItsName(text, before())) return undefined;
    rule.allowlist ??= compiled.allowlist.map((source) => createRegex(`\\A(?:${source})\\z`));
    if (rule.allowlist.length > 0) {
      const bytes = view.subarray(offset, end);
      if (rule.allowlist.some((allowed) => allowed.exec(bytes, 0) !== undefined)) return undefined;
    }
    const confidence = confidenceOf(compiled.confidence, checks);
    if (confidence < REPORT_FROM) return undefined;
    return {
      entry,
      offset,
      length: text === read ? length : Buffer.byteLength(text),
      ...told(compiled),
      confidence,
      checks,
      secret: new Redacted(text),
      context: { offset: matchStart, length: matchEnd - matchStart },
      covers: [{ offset, length }],
    };
  }

  return { pack: pack.digest, scan };
}

/** A shorter value before an end of line is too short for a password. */
const LEAST_BEFORE_LINE_END = 4;

/**
 * A value as far as it goes before an end of line written as an escape, as in the strings of JSON. What follows is cut
 * from the text with it, since in a file of settings a backslash may be part of a password.
 */
function upToLineEnd(value: string): string {
  const at = !value.includes('\\') || value.includes('"') ? -1 : value.search(/(?<!\\)\\+[nrt]/);
  return at < 0 ? value : at < LEAST_BEFORE_LINE_END ? '' : value.slice(0, at);
}

/** So many bytes of one kind in a row. */
interface ByteRun {
  /** One flag for each byte. */
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** A shorter run is in any text. */
const SHORTEST_RUN = 8;

/** @param known sets of bytes that other rules have */
function runOf({ run }: CompiledRule, known: Map<string, Uint8Array>): ByteRun | undefined {
  if (run.length < SHORTEST_RUN) return undefined;
  let bytes = known.get(run.bytes);
  if (bytes === undefined) {
    bytes = new Uint8Array(256);
    const ranges = Buffer.from(run.bytes, 'hex');
    for (let at = 0; at < ranges.length; at += 2) bytes.fill(1, ranges[at], (ranges[at + 1] ?? 0) + 1);
    known.set(run.bytes, bytes);
  }
  return { bytes, length: run.length };
}

/**
 * Whether the run that each match of a rule holds is there at all. A run that long holds the byte that many past the
 * last byte that is none of it, so from there one looks back, and leaps on where one meets another such byte.
 */
function mayMatch({ run }: Rule, bytes: Buffer, from: number, to: number): boolean {
  if (run === undefined) return true;
  const { length } = run;
  let before = from - 1;
  while (before + length < to) {
    let at = before + length;
    while (at > before && run.bytes[bytes[at] ?? 0] === 1) at -= 1;
    if (at === before) return true;
    before = at;
  }
  return false;
}

/**
 * Whether the bytes are a piece of something longer in base64: a signature holds every short format by chance.
 * A `+` beside the piece or the padding at the end gives it away; a path in a URL has neither.
 */
function isPieceOfBlob(entry: Buffer, offset: number, end: number): boolean {
  let from = offset;
  let to = end;
  let plus = false;
  for (; offset - from < BLOB_BYTES && isBase64(entry[from - 1]); from -= 1)
    plus ||= entry[from - 1] === PLUS;
  for (; to - end < 4 * BLOB_BYTES && isBase64(entry[to]); to += 1) plus ||= entry[to] === PLUS;
  // A name has a value behind its `=`, which padding at the end of a text has not.
  const last = entry[to + 1] === EQUALS ? entry[to + 2] : entry[to + 1];
  const padded = entry[to] === EQUALS && (to > end || !(isWord(last) || isBase64(last)));
  return offset - from + to - end >= BLOB_BYTES / 2 && (plus || padded);
}

const PLUS = 0x2b;
const EQUALS = 0x3d;

/** Whether a token may be random at all: it holds a digit, or is long and mixes cases. */
function mayBeRandom(bytes: Buffer, from: number, to: number): boolean {
  let upper = 0;
  let lower = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x30 && byte <= 0x39) return true;
    if (byte >= 0x41 && byte <= 0x5a) upper += 1;
    else if (byte >= 0x61 && byte <= 0x7a) lower += 1;
  }
  return to - from >= 16 && upper > 1 && lower > 1;
}

/** Keywords are found by what is rarest in them, so of two that overlap the later may come first. */
function insert(places: number[], place: number): void {
  let at = places.length;
  places.push(place);
  for (; at > 0 && (places[at - 1] ?? 0) > place; at -= 1) places[at] = places[at - 1] ?? 0;
  places[at] = place;
}

/** Index of the first of some ascending places that is not before `from`. */
function firstFrom(places: readonly number[], from: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((places[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What a finding says of its rule. */
const told = ({ name, secretType, provider, severity, recommendedAction }: CompiledRule) => ({
  rule: name,
  secretType,
  provider,
  severity,
  recommendedAction,
});

/** The rest of what a rule was to search, as one finding: it holds more of the rule's matches than can be told apart. */
function flood(rule: Rule, view: Buffer, offset: number, entry: number): Candidate {
  const rest = { offset, length: view.length - offset };
  const match: Match = {
    entry,
    ...rest,
    ...told(rule.compiled),
    confidence: REPORT_FROM,
    checks: [],
    secret: new Redacted(view.toString('utf8', offset)),
    context: rest,
    covers: [rest],
  };
  const place = { rule, generic: true, confidence: REPORT_FROM, entry, view };
  return { ...place, ...rest, matchStart: offset, matchEnd: view.length, match };
}

/** Where among a match's spans the secret's starts: the group that a rule names, or the first that took part, or all. */
export function secretAt(spans: RegexSpans, group: number | undefined): number {
  if (group !== undefined) return (spans[2 * group] ?? -1) < 0 ? 0 : 2 * group;
  for (let at = 2; at < spans.length; at += 2) if ((spans[at] ?? -1) >= 0) return at;
  return 0;
}

/** Why a rule does not care about a keyword's place: a word goes on there; nothing counts there that a name decides. */
const WORD_START = 1;
const BY_NAME = 2;

/**
 * Which rules look at a keyword's places, and where: `firsts` says for each keyword where its part of the parallel lists
 * begins, and past the last one where they end. They are asked at every keyword, and most say no by their flags.
 */
interface Asked {
  readonly firsts: Int32Array;
  readonly asks: readonly Rule[];
  readonly flags: Uint8Array;
  /** The one spelling in which a rule wants the keyword, where it does. */
  readonly exact: readonly (Buffer | undefined)[];
}

/** @param keywords in lower case */
function askedBy(rules: readonly Rule[], keywords: readonly string[]): Asked {
  const byKeyword = new Map<string, { rule: Rule; exact: Buffer | undefined }[]>();
  for (const rule of rules) {
    const spellings = Map.groupBy(rule.compiled.keywords, (keyword) => keyword.toLowerCase());
    for (const [keyword, spelled] of spellings) {
      const [spelling = keyword] = spelled;
      const exact = rule.compiled.exactKeywords && spelled.length === 1;
      const known = byKeyword.get(keyword) ?? [];
      known.push({ rule, exact: exact ? Buffer.from(spelling, 'latin1') : undefined });
      byKeyword.set(keyword, known);
    }
  }
  const firsts = new Int32Array(keywords.length + 1);
  const all = keywords.flatMap((keyword, index) => {
    const asking = byKeyword.get(keyword) ?? [];
    firsts[index + 1] = (firsts[index] ?? 0) + asking.length;
    return asking;
  });
  const flagsOf = ({ rule: { compiled } }: (typeof all)[number]): number =>
    (compiled.wordStart ? WORD_START : 0) | (isByName(compiled) ? BY_NAME : 0);
  return {
    firsts,
    asks: all.map(({ rule }) => rule),
    flags: Uint8Array.from(all, flagsOf),
    exact: all.map(({ exact }) => exact),
  };
}

function standsAt(bytes: Buffer, place: number, text: Buffer): boolean {
  for (let at = 0; at < text.length; at += 1) if (bytes[place + at] !== text[at]) return false;
  return true;
}

/**
 * How many matches of one rule are looked at in one entry: some, and one for so many bytes. What makes more of them is
 * no text that anybody reads; it is withheld from there on, in one finding, rather than let it slow the scan down.
 */
const MATCHES_FREE = 128;
const BYTES_A_MATCH = 256;

/** Nothing farther before a value than this, in bytes, is its name. */
const LONGEST_NAME = 512;
/** How far before its keyword a word of context may name a credential. */
const WORDS_BEFORE = 24;
const CREDENTIAL_WORD =
  /key|token|secret|pass|pwd|auth|credential|bearer|\bpat\b|_pat|api|access|licen[cs]e|sign|dsn|webhook|login|cookie|session|client|certificate/i;

/** What names a digest or an address of content instead, when it stands right before. */
const DIGEST_WORD =
  /commit|blob\/|tree\/|blame\/|raw\/|sha-?\d|digest|checksum|revision|etag|hash|md5|trace|span|integrity/i;

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

/**
 * Whether a short name stands by itself: `exa` in `EXA_KEY`, not in `example`, and not by chance in the middle of
 * a hash or signature. A long one is rarely part of another.
 */
function standsAlone(bytes: Buffer, place: number, length: number): boolean {
  if (length >= 7) return true;
  if (isLetter(bytes[place - 1]) || isLowerLetter(bytes[place + length])) return false;
  let from = place;
  let to = place + length;
  while (to - from < BLOB_BYTES && isBase64(bytes[from - 1])) from -= 1;
  while (to - from < BLOB_BYTES && isBase64(bytes[to])) to += 1;
  return to - from < BLOB_BYTES;
}

/** No name of a variable or a provider is this long without a `_`, a `-` or a dot in it. */
const BLOB_BYTES = 32;

const isBase64 = (byte: number | undefined): boolean =>
  isLetter(byte) || byte === 0x2b || (byte !== undefined && byte >= 0x2f && byte <= 0x39);
const isWord = (byte: number | undefined): boolean =>
  isLetter(byte) || byte === 0x5f || (byte !== undefined && byte >= 0x30 && byte <= 0x39);
const isLowerLetter = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 0x61 && byte <= 0x7a;
const isLetter = (byte: number | undefined): boolean =>
  isLowerLetter(byte) || (byte !== undefined && byte >= 0x41 && byte <= 0x5a);

/** Lays entries from `first` on into the arena, a separator after each, as many as fit; one too long for it lies alone. */
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
function resolve(candidates: Candidate[], judge: Judge): readonly Match[] {
  const found: Match[] = [];
  candidates.sort((a, b) => a.offset - b.offset);
  let first = 0;
  let end = 0;
  for (let next = 0; next <= candidates.length; next += 1) {
    const candidate = candidates[next];
    if (candidate === undefined || candidate.offset >= end) {
      const only = next === first + 1 ? candidates[first] : undefined;
      const match = only && (only.match ?? judge(only));
      if (match !== undefined) found.push(match);
      else if (next > first + 1) found.push(...bestOf(candidates.slice(first, next), judge));
      first = next;
    }
    end = Math.max(end, candidate === undefined ? 0 : endOf(candidate));
  }
  return found;
}

type Judge = (candidate: Candidate) => Match | undefined;

/** The same for findings that are linked by overlaps. */
function bestOf(linked: Candidate[], judge: Judge): readonly Match[] {
  const ranked = linked.sort(
    (a, b) =>
      Number(a.generic) - Number(b.generic) ||
      b.confidence - a.confidence ||
      b.length - a.length ||
      a.offset - b.offset ||
      (a.rule.compiled.name < b.rule.compiled.name ? -1 : 1),
  );
  // Kept findings do not overlap, so they stand in one order by offset, and only neighbours can overlap a new one.
  const kept: (Match & { covers: Span[] })[] = [];
  for (const candidate of ranked) {
    const end = candidate.offset + candidate.length;
    const place = firstEndingAfter(kept, candidate.offset);
    const neighbour = kept[place];
    // What lies within a better one adds nothing to it, whatever it is.
    if (neighbour !== undefined && neighbour.offset <= candidate.offset && end <= endOf(neighbour)) continue;
    const match = candidate.match ?? judge(candidate);
    if (match === undefined) continue;
    if (neighbour !== undefined && neighbour.offset < end) neighbour.covers.push(...match.covers);
    else kept.splice(place, 0, { ...match, covers: [...match.covers] });
  }
  return kept;
}

const endOf = ({ offset, length }: Span): number => offset + length;

/**
 * Index of the first span that ends after `offset`.
 * @param spans in order, none over another
 */
export function firstEndingAfter(spans: readonly Span[], offset: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const span = spans[middle];
    if (span !== undefined && endOf(span) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
