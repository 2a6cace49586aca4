/**
 * Finds secrets in entries as they stand and in what is encoded or disguised in them. What {@link findDisguised} points
 * at is decoded into views, views are looked into again, and one scan runs over the entries and all views together;
 * a match in a view becomes a match in the entry, at the bytes that encode it.
 */
import { union } from '../../kernel/intervals.ts';
import { Redacted } from '../../kernel/redacted.ts';
import { isProven } from './checks.ts';
import { REPORT_FROM } from './confidence.ts';
import type { CompiledPack, CompiledRule } from './pack.ts';
import { occurrences } from './occurrences.ts';
import type { CreateRegex } from './ports.ts';
import { createScanner, firstEndingAfter, isByName, type Match, type Span } from './scanner.ts';
import { decode, type Region } from './views/decode.ts';
import { findDisguised, MIN_TOKEN, prefixKey, type Edge, type Layout, type Prefixes } from './views/find.ts';
import { joinSplit, type Sequence } from './views/split.ts';
import { releaseViews, sourceOfEntry, type Disguise, type Place, type Source } from './views/view.ts';

/** A match, and what had to be undone to see it, outermost first: nothing for a secret that stands there plainly. */
export interface DetectedMatch extends Match {
  readonly disguises: readonly Disguise[];
}

type Companions = NonNullable<CompiledRule['companions']>;

export interface Detector {
  /** The pack's digest. */
  readonly pack: string;
  /**
   * Text counts as its UTF-8 bytes. Matches come ordered by entry, then by offset, and do not overlap.
   * @param sequence says which entries follow on one another; without it none do
   */
  scan(entries: readonly (string | Uint8Array)[], sequence?: Sequence): readonly DetectedMatch[];
}

/** How many encodings inside one another are undone. */
const MAX_DEPTH = 3;
/** Decoded bytes that an entry may cost, as a multiple of its own and beyond that. */
const BUDGET_FACTOR = 4;
const BUDGET_BYTES = 16 * 1024;
/** Texts are searched together up to this size, so that a short one costs no native call of its own. */
const BODY_BYTES = 1024 * 1024;
const SEPARATOR = 0xff;

/** Undoing these is a guess: only what has a form of its own counts then, not what just has a name before it. */
const GUESSES: ReadonlySet<Disguise> = new Set(['separators', 'concatenation', 'case', 'split']);

export function createDetector(pack: CompiledPack, createRegex: CreateRegex): Detector {
  const scanner = createScanner(pack, createRegex);
  const prefixes = prefixesOf(pack);
  const named = new Set([UNDECODED.rule, ...pack.rules.filter(isByName).map((rule) => rule.name)]);

  const companions = new Map(
    pack.rules.flatMap((rule) => (rule.companions === undefined ? [] : [[rule.name, rule.companions]])),
  );

  const scan: Detector['scan'] = (entries, sequence) => {
    releaseViews();
    return inCompany(look(entries, sequence), companions);
  };

  function look(entries: readonly (string | Uint8Array)[], sequence?: Sequence): readonly DetectedMatch[] {
    const sources = entries.map((entry, index) =>
      sourceOfEntry(index, typeof entry === 'string' ? Buffer.from(entry) : bufferOf(entry)),
    );
    const { views, undecoded } = viewsOf(sources, prefixes, sequence);
    const texts = [...sources, ...views];
    const matches = scanner.scan(
      texts.map(({ bytes }) => bytes),
      (index) => isGuess(texts[index]),
    );
    if (views.length === 0 && undecoded.length === 0)
      return matches.map((match) => ({ ...match, disguises: [] }));
    const perEntry = new Map<number, DetectedMatch[]>();
    const add = (match: DetectedMatch): void => {
      const known = perEntry.get(match.entry);
      if (known === undefined) perEntry.set(match.entry, [match]);
      else known.push(match);
    };
    const halves: (readonly DetectedMatch[])[] = [];
    for (const match of matches) {
      const placed = matchesIn(match, sources, views);
      if (placed[0]?.disguises[0] === 'split') halves.push(placed);
      else placed.forEach(add);
    }
    // Two whole secrets that happen to meet are no halves of a third; what has just a name before it may well be half.
    const isWhole = (half: DetectedMatch): boolean =>
      perEntry.get(half.entry)?.some((one) => !named.has(one.rule) && overlap(one, half)) ?? false;
    for (const pair of halves.filter((each) => !each.some(isWhole))) pair.forEach(add);
    withheldOf(undecoded, sources).forEach(add);
    const viewsIn = perEntry.size === 0 ? undefined : Map.groupBy(views, ({ entry }) => entry);
    return [...perEntry]
      .toSorted(([a], [b]) => a - b)
      .flatMap(([entry, found]) =>
        everywhere(
          overlapping(found).flatMap((group) => (group.length === 1 ? group : resolve(group, named))),
          viewsIn?.get(entry) ?? [],
        ),
      );
  }

  function matchesIn(
    match: Match,
    sources: readonly Source[],
    views: readonly Source[],
  ): readonly DetectedMatch[] {
    const view = views[match.entry - sources.length];
    if (view === undefined) return [{ ...match, disguises: [] }];
    const { disguises } = view;
    const places = view.placesOf(match.offset, match.offset + match.length);
    // What stands in one half alone is found there without the other.
    if (disguises[0] === 'split' && places.length < 2) return [];
    const covers = match.covers.flatMap(({ offset, length }) => view.placesOf(offset, offset + length));
    const around = view.placesOf(match.context.offset, match.context.offset + match.context.length);
    return places.map(({ entry, offset, length }) => ({
      ...match,
      entry,
      offset,
      length,
      context: toSpan(around.find((span) => span.entry === entry) ?? { offset, length }),
      covers: covers.filter((cover) => cover.entry === entry).map(toSpan),
      disguises,
    }));
  }

  return { pack: scanner.pack, scan };
}

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const toSpan = ({ offset, length }: Span): Span => ({ offset, length });

function viewsOf(
  entries: readonly Source[],
  prefixes: Prefixes,
  sequence: Sequence | undefined,
): { readonly views: readonly Source[]; readonly undecoded: readonly Place[] } {
  const views: Source[] = [];
  const undecoded: Place[] = [];
  const budgets = new Map<number, number>();
  let level = entries;
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    const next: Source[] = [];
    const edges: Edge[] = [];
    for (let first = 0; first < level.length;) {
      const { layout, count } = lay(level, first);
      const here: Edge[] = [];
      const regions = findDisguised(
        layout,
        prefixes,
        depth === 0 ? undefined : (text, from, to) => level[first + text]?.isVerbatim(from, to) ?? false,
        depth === 0 && sequence !== undefined ? here : undefined,
      );
      edges.push(...here.map((edge) => ({ ...edge, text: first + edge.text })));
      for (const region of regions) {
        const source = level[first + region.text];
        if (source === undefined || isGuessedTwice(source, region)) continue;
        const budget = budgets.get(source.entry) ?? budgetOf(entries[source.entry]);
        if (region.to - region.from > budget) {
          undecoded.push(...source.placesOf(region.from, region.to));
          continue;
        }
        const view = decode(source, region);
        if (view === undefined) continue;
        budgets.set(source.entry, budget - view.bytes.length);
        next.push(view);
      }
      first += count;
    }
    if (sequence !== undefined && depth === 0) next.push(...joinSplit(entries, edges, sequence));
    views.push(...next);
    level = next;
  }
  return { views, undecoded };
}

/** What is said of a text that holds more that is encoded than is decoded of one entry. */
const UNDECODED = {
  rule: 'UNDECODED',
  secretType: 'undecoded-text',
  provider: 'generic',
  severity: 'MEDIUM',
  confidence: REPORT_FROM,
  checks: [],
  recommendedAction:
    'Decode the withheld text by hand and look for secrets in it: it holds more that is encoded than is decoded of one entry.',
} as const;

/** What was not decoded is withheld, as one finding for each entry. */
function withheldOf(undecoded: readonly Place[], sources: readonly Source[]): readonly DetectedMatch[] {
  return [...Map.groupBy(undecoded, ({ entry }) => entry)].flatMap(([entry, places]) => {
    const covers = union(places.map(({ offset, length }) => [offset, offset + length])).map(
      ([offset, end]) => ({ offset, length: end - offset }),
    );
    const [first] = covers;
    const text = sources[entry];
    if (first === undefined || text === undefined) return [];
    const secret = new Redacted(text.bytes.toString('utf8', first.offset, first.offset + first.length));
    return [{ entry, ...UNDECODED, ...first, secret, context: first, covers, disguises: [] }];
  });
}

/** Nobody separates what is separated already; ordinary names joined by dashes look so again and again. */
const isGuessedTwice = ({ disguises }: Source, { disguise }: Region): boolean =>
  GUESSES.has(disguise) && disguises.includes(disguise);

const budgetOf = (entry: Source | undefined): number =>
  (entry?.bytes.length ?? 0) * BUDGET_FACTOR + BUDGET_BYTES;

/** Lays texts from `first` on side by side, as many as make a body; at least one. */
function lay(sources: readonly Source[], first: number): { layout: Layout; count: number } {
  let count = 0;
  let size = 0;
  for (; first + count < sources.length; count += 1) {
    const length = (sources[first + count]?.bytes.length ?? 0) + 1;
    if (count > 0 && size + length > BODY_BYTES) break;
    size += length;
  }
  const bytes = Buffer.allocUnsafe(size);
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const { bytes: text } of sources.slice(first, first + count)) {
    starts.push(at);
    bytes.set(text, at);
    at += text.length;
    ends.push(at);
    bytes[at] = SEPARATOR;
    at += 1;
  }
  return { layout: { bytes, starts, ends }, count };
}

/** The beginnings of tokens that one could write in another case: those that rules want in exactly one. */
function prefixesOf(pack: CompiledPack): Prefixes {
  const prefixes = new Map<number, Buffer[]>();
  for (const rule of pack.rules) {
    if (!rule.exactKeywords || rule.generic !== 'none' || rule.context !== undefined || rule.lookBehind > 0)
      continue;
    for (const keyword of rule.keywords) {
      if (keyword.length < 3 || keyword.length >= MIN_TOKEN || !/^[A-Za-z0-9]+[_-][\w-]*$/.test(keyword))
        continue;
      const prefix = Buffer.from(keyword, 'latin1');
      const key = prefixKey(prefix, 0);
      const alike = [...(prefixes.get(key) ?? []), prefix];
      prefixes.set(
        key,
        alike.toSorted((a, b) => b.length - a.length),
      );
    }
  }
  return prefixes;
}

/** An end of line or a quote written so does not end a value as it stands: read, the same rule sees where it ends. */
const ENDS: ReadonlySet<Disguise> = new Set(['escapes', 'entities']);

/** Matches of one entry by offset, those together that overlap or are linked by others that do. */
function overlapping(matches: readonly DetectedMatch[]): readonly (readonly DetectedMatch[])[] {
  const groups: DetectedMatch[][] = [];
  let end = -1;
  for (const match of matches.toSorted((a, b) => a.offset - b.offset)) {
    if (match.offset < end) groups.at(-1)?.push(match);
    else groups.push([match]);
    end = Math.max(end, match.offset + match.length);
  }
  return groups;
}

/**
 * Of matches in one entry that overlap, one stays: what a checksum proves before all else, a form of its own before a
 * mere name, then the surer, then what was read before what was guessed, then the longer, then the one of which more was
 * undone, whose secret is the real one; of guesses, less. It covers what all of them covered.
 */
function resolve(matches: readonly DetectedMatch[], named: ReadonlySet<string>): readonly DetectedMatch[] {
  const lengths = new Map<string, number>();
  const startOf = ({ rule, offset }: DetectedMatch): string => `${rule} ${String(offset)}`;
  for (const match of matches)
    if (!isGuess(match))
      lengths.set(startOf(match), Math.max(match.length, lengths.get(startOf(match)) ?? 0));
  const lengthOf = (match: DetectedMatch): number =>
    (match.disguises.every((disguise) => ENDS.has(disguise)) ? lengths.get(startOf(match)) : undefined) ??
    match.length;
  const unique = distinct(matches);
  const reach = new Map(unique.map((match) => [match, lengthOf(match)]));
  const ranked = unique.toSorted(
    (a, b) =>
      Number(isProven(b.checks)) - Number(isProven(a.checks)) ||
      Number(named.has(a.rule)) - Number(named.has(b.rule)) ||
      b.confidence - a.confidence ||
      Number(isGuess(a)) - Number(isGuess(b)) ||
      (reach.get(b) ?? 0) - (reach.get(a) ?? 0) ||
      (isGuess(a) ? a.disguises.length - b.disguises.length : b.disguises.length - a.disguises.length) ||
      a.offset - b.offset ||
      (a.rule < b.rule ? -1 : 1),
  );
  // They do not overlap one another, so they stand in one order; `rank` says which was the better one.
  const kept: (DetectedMatch & { covers: Span[]; rank: number })[] = [];
  for (const [rank, match] of ranked.entries()) {
    const place = firstEndingAfter(kept, match.offset);
    let winner = kept[place];
    for (let at = place; ; at += 1) {
      const other = kept[at];
      if (other === undefined || !overlap(other, match)) break;
      if (winner === undefined || other.rank < winner.rank) winner = other;
    }
    if (winner !== undefined && overlap(winner, match)) winner.covers.push(...match.covers);
    else kept.splice(place, 0, { ...match, covers: [...match.covers], rank });
  }
  return kept.map(({ rank: _, ...match }) => match);
}

/** A rule that says what should stand beside it takes its severity from whether it does. */
function inCompany(
  matches: readonly DetectedMatch[],
  companions: ReadonlyMap<string, Companions>,
): readonly DetectedMatch[] {
  return matches.map((match, index) => {
    const wanted = companions.get(match.rule);
    if (wanted === undefined) return match;
    const isBeside = (step: 1 | -1): boolean => {
      for (let at = index + step; ; at += step) {
        const other = matches[at];
        if (other?.entry !== match.entry) return false;
        const [left, right] = step === 1 ? [match, other] : [other, match];
        if (right.offset - left.offset - left.length > wanted.withinBytes) return false;
        if (wanted.rules.includes(other.rule)) return true;
      }
    };
    return isBeside(1) || isBeside(-1) ? match : { ...match, severity: wanted.severityAlone };
  });
}

/**
 * What is a secret in one place is one in every other, where nothing names it and whatever encodes it: each match
 * covers these places too.
 */
function everywhere(matches: readonly DetectedMatch[], views: readonly Source[]): readonly DetectedMatch[] {
  if (views.length === 0) return matches;
  const secrets = [...new Set(matches.map(({ secret }) => secret.reveal()))];
  const more = occurrences(
    secrets,
    views.map(({ bytes }) => bytes),
  );
  const told = new Set<string>();
  return matches.map((match) => {
    const secret = match.secret.reveal();
    // One match says for all of one secret where else it stands: the square of a thousand is a long list.
    if (told.has(secret)) return match;
    told.add(secret);
    const places = (more.get(secret) ?? []).flatMap(({ text, from, to }) =>
      (views[text]?.placesOf(from, to) ?? []).filter(
        (place) => place.entry === match.entry && !holds(match, place),
      ),
    );
    return places.length === 0 ? match : { ...match, covers: [...match.covers, ...places.map(toSpan)] };
  });
}

const holds = (outer: Span, { offset, length }: Span): boolean =>
  outer.offset <= offset && offset + length <= outer.offset + outer.length;

const isGuess = (seen: Pick<DetectedMatch, 'disguises'> | undefined): boolean =>
  seen?.disguises.some((disguise) => GUESSES.has(disguise)) ?? false;

/** The same secret at the same place may be seen in several views: the one of which least was undone tells enough. */
function distinct(matches: readonly DetectedMatch[]): readonly DetectedMatch[] {
  const byPlace = new Map<string, DetectedMatch>();
  for (const match of matches) {
    const place = `${match.rule} ${String(match.offset)} ${String(match.length)} ${match.secret.reveal()}`;
    const known = byPlace.get(place);
    if (known === undefined || match.disguises.length < known.disguises.length) byPlace.set(place, match);
  }
  return [...byPlace.values()];
}

const overlap = (a: Span, b: Span): boolean =>
  a.offset < b.offset + b.length && b.offset < a.offset + a.length;
