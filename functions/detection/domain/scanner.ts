/**
 * Finds secrets in a batch of entries: one pass of the keyword prefilter over all bytes, then only the rules whose
 * keyword stands somewhere, each only where one of its matches could be.
 */
import type { Severity } from '../../contracts/finding.ts';
import { Redacted } from '../../kernel/redacted.ts';
import { runChecks, type CheckResult } from './checks.ts';
import { confidenceOf, REPORT_FROM } from './confidence.ts';
import type { CompiledPack, CompiledRule } from './pack.ts';
import type { ByteRegex, CreateRegex } from './ports.ts';
import { createPrefilter, type Prefilter } from './prefilter.ts';
import { isOrdinaryText, isPlaceholderToken, isPlaceholderValue, shannonEntropy } from './signals.ts';

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
  readonly generic: boolean;
  /** Compiled on first use: most rules never see a candidate in the life of a process. */
  regex: ByteRegex | undefined;
  allowlist: readonly ByteRegex[] | undefined;
  /** The part of the present entry that waits to be searched; `windowEnd` 0 where there is none. */
  windowStart: number;
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
    generic: compiled.generic,
    regex: undefined,
    allowlist: undefined,
    windowStart: 0,
    windowEnd: 0,
  }));
  const keywords = [...new Set(pack.rules.flatMap((rule) => rule.keywords))];
  const rulesOf = keywords.map((keyword) => rules.filter((rule) => rule.compiled.keywords.includes(keyword)));
  const prefilter: Prefilter = createPrefilter(keywords);
  const shared = Buffer.allocUnsafeSlow(ARENA_BYTES);

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
        for (const rule of rulesOf[hits.keywords[hit] ?? 0] ?? []) {
          const from = Math.max(start, place - rule.compiled.lookBehind);
          const to = Math.min(end, place + rule.compiled.maxLength + LOOK_AHEAD);
          if (from > rule.windowEnd || rule.windowEnd === 0) {
            if (rule.windowEnd > 0) search(rule, arena, start, end, first + index, candidates);
            rule.windowStart = from;
          }
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
    rule.regex ??= createRegex(rule.compiled.regex);
    const view = arena.subarray(start, Math.min(end, rule.windowEnd));
    let from = rule.windowStart - start;
    for (;;) {
      const spans = rule.regex.exec(view, from);
      const whole = spans?.[0];
      if (spans === undefined || whole === undefined) return;
      const secret = spans[rule.compiled.secretGroup] ?? whole;
      const candidate = judge(rule, view, secret, entry);
      if (candidate !== undefined) candidates.push(candidate);
      from = Math.max(whole[1], from + 1);
    }
  }

  function judge(
    rule: Rule,
    view: Buffer,
    [offset, end]: readonly [number, number],
    entry: number,
  ): Candidate | undefined {
    const { compiled } = rule;
    const bytes = view.subarray(offset, end);
    const text = bytes.toString('utf8');
    if (text.length === 0 || isPlaceholderToken(text)) return undefined;
    if (compiled.minEntropy > 0 && shannonEntropy(text) < compiled.minEntropy) return undefined;
    if (rule.generic && (isPlaceholderValue(text) || isOrdinaryText(text))) return undefined;
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
      covers: [{ offset, length: end - offset }],
    };
    return { match, generic: rule.generic };
  }

  return { pack: pack.digest, scan };
}

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
