/**
 * What a regular expression in RE2's syntax can be known to match, without running it: bounds on the length of a match
 * and where in it a keyword must stand. Used when the pack is compiled, never while scanning.
 */

/** Past this length a match is cut: also the longest secret that is found across a segment's border. */
const MAX_MATCH_BYTES = 16 * 1024;

const MAX_STRINGS = 256;

/** A longer run than this says no more. */
const MAX_RUN = 255;

/** Which bytes, one flag each. */
type ByteSet = Uint8Array;

/**
 * `strings` are all byte strings that the node can match, lower-cased, where they are few; bounds are in bytes; `bytes`
 * are those that can stand in what it matches.
 */
type Node =
  | {
      readonly kind: 'leaf';
      readonly min: number;
      readonly max: number;
      readonly strings: readonly string[] | undefined;
      readonly bytes: ByteSet;
    }
  | { readonly kind: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly kind: 'either'; readonly nodes: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number };

class RegexSyntaxError extends Error {
  override readonly name = 'RegexSyntaxError';
}

const NONE: ByteSet = new Uint8Array(256);
const ANY: ByteSet = new Uint8Array(256).fill(1);
function union(sets: readonly ByteSet[]): ByteSet {
  const all = new Uint8Array(256);
  for (const set of sets) for (let byte = 0; byte < 256; byte += 1) if (set[byte] === 1) all[byte] = 1;
  return all;
}
/** The bytes of characters in UTF-8, in either case: flags that fold it are not followed. */
function bytesOf(text: string): ByteSet {
  const set = new Uint8Array(256);
  for (const byte of Buffer.from(text.toLowerCase() + text.toUpperCase())) set[byte] = 1;
  // U+212A and U+017F are what `k` and `s` match as well when case is folded.
  if (/[ks]/i.test(text)) set.fill(1, 0x80);
  return set;
}

/** What a class such as `[^a-z]` or `\\w` matches; it may say too many, never too few. */
function bytesOfClass(source: string): ByteSet {
  const set = new Uint8Array(256).fill(1);
  // V8 knows no `[:alpha:]`, and would take it for letters.
  if (source.includes('[:')) return set;
  // A class that leaves out a letter in one case may match it in the other.
  const one = new RegExp(source, source.startsWith('[^') ? '' : 'i');
  for (let byte = 0; byte < 0x80; byte += 1) set[byte] = Number(one.test(String.fromCharCode(byte)));
  return set;
}

const nothing: Node = { kind: 'leaf', min: 0, max: 0, strings: [''], bytes: NONE };
const byteLength = (codePoint: number): number =>
  codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
const literal = (text: string): Node => {
  const length = Buffer.byteLength(text);
  return { kind: 'leaf', min: length, max: length, strings: [text.toLowerCase()], bytes: bytesOf(text) };
};
const anyOf = (min: number, max: number, bytes: ByteSet = ANY): Node => ({
  kind: 'leaf',
  min,
  max,
  strings: undefined,
  bytes,
});

const CONTROL: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', a: '\x07' };

/** The characters of a class, lower-cased, where they are ASCII and few; undefined otherwise. */
function charsOf(inner: string): readonly string[] | undefined {
  const chars = new Set<string>();
  const part = /([^\\[])-([^\\\]])|\\([^A-Za-z0-9])|([^\\[])/gsy;
  let end = 0;
  for (const [all, from, to, escaped, plain] of inner.matchAll(part)) {
    end += all.length;
    if (from !== undefined && to !== undefined)
      for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code += 1)
        chars.add(String.fromCharCode(code).toLowerCase());
    else chars.add((escaped ?? plain ?? '').toLowerCase());
  }
  return end === inner.length && chars.size <= MAX_STRINGS / 4 ? [...chars] : undefined;
}

/** A recursive-descent parser over the part of RE2's syntax that rules use; anything else is refused by name. */
class Parser {
  private at = 0;
  private readonly source: string;
  groups = 0;

  constructor(source: string) {
    this.source = source;
  }

  parse(): Node {
    const node = this.alternatives();
    if (this.at < this.source.length) throw new RegexSyntaxError(`unexpected ")" at ${this.at}`);
    return node;
  }

  private alternatives(): Node {
    const nodes = [this.sequence()];
    while (this.take('|')) nodes.push(this.sequence());
    const [only] = nodes;
    return nodes.length === 1 && only !== undefined ? only : { kind: 'either', nodes };
  }

  private sequence(): Node {
    const nodes: Node[] = [];
    while (this.at < this.source.length && this.peek() !== '|' && this.peek() !== ')')
      nodes.push(this.quantified());
    return { kind: 'sequence', nodes };
  }

  private quantified(): Node {
    let node = this.atom();
    for (;;) {
      const bounds = this.quantifier();
      if (bounds === undefined) return node;
      node = { kind: 'repeat', node, min: bounds[0], max: bounds[1] };
    }
  }

  private quantifier(): readonly [number, number] | undefined {
    let bounds: readonly [number, number] | undefined;
    if (this.take('*')) bounds = [0, Infinity];
    else if (this.take('+')) bounds = [1, Infinity];
    else if (this.take('?')) bounds = [0, 1];
    else {
      const counted = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.source.slice(this.at, this.at + 16));
      if (counted === null) return undefined;
      this.at += counted[0].length;
      const min = Number(counted[1]);
      bounds = [min, counted[2] === undefined ? min : counted[3] === '' ? Infinity : Number(counted[3])];
    }
    this.take('?');
    return bounds;
  }

  private atom(): Node {
    const char = String.fromCodePoint(this.source.codePointAt(this.at) ?? 0);
    this.at += char.length;
    if (char === '(') return this.group();
    if (char === '[') return this.classOf();
    if (char === '.') return anyOf(1, 4);
    if (char === '^' || char === '$') return nothing;
    if (char === '\\') return this.escape();
    return literal(char);
  }

  private group(): Node {
    if (this.take('?')) {
      const flags = /^(?:P?<\w+>|[imsU-]*:|[imsU-]+\))/.exec(this.source.slice(this.at, this.at + 64))?.[0];
      if (flags === undefined)
        throw new RegexSyntaxError(`a group of a kind that RE2 does not know at ${this.at}`);
      this.at += flags.length;
      if (flags.endsWith(')')) return nothing;
      if (flags.endsWith('>')) this.groups += 1;
    } else this.groups += 1;
    const node = this.alternatives();
    if (!this.take(')')) throw new RegexSyntaxError(`a group is not closed at ${this.at}`);
    return node;
  }

  private escape(): Node {
    const char = this.source[this.at] ?? '';
    this.at += 1;
    if ('bBAz'.includes(char) && char !== '') return nothing;
    if ('dwDWsS'.includes(char) && char !== '')
      return anyOf(1, 'DWS'.includes(char) ? 4 : 1, bytesOfClass(`\\${char}`));
    if (char === 'x') {
      const hex = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/.exec(this.source.slice(this.at));
      if (hex === null) throw new RegexSyntaxError(`a broken \\x at ${this.at}`);
      this.at += hex[0].length;
      return literal(String.fromCodePoint(Number.parseInt(hex[1] ?? hex[2] ?? '', 16)));
    }
    if (/[A-Za-z0-9]/.test(char) && CONTROL[char] === undefined)
      throw new RegexSyntaxError(`an escape \\${char} that rules do not use at ${this.at}`);
    return literal(CONTROL[char] ?? char);
  }

  private classOf(): Node {
    const body = /^\^?\]?(?:\[:\^?\w+:\]|\\[^]|[^\]\\])*\]/u.exec(this.source.slice(this.at))?.[0];
    if (body === undefined) throw new RegexSyntaxError(`a class is not closed at ${this.at}`);
    this.at += body.length;
    const inner = body.slice(0, -1);
    const bytes = bytesOfClass(`[${body}`);
    if (inner.startsWith('^')) return anyOf(1, 4, bytes);
    const chars = charsOf(inner);
    const lengths = Array.from(inner, (char) => byteLength(char.codePointAt(0) ?? 0));
    return { kind: 'leaf', min: 1, max: Math.max(1, ...lengths), strings: chars, bytes };
  }

  private peek(): string | undefined {
    return this.source[this.at];
  }

  private take(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at += 1;
    return true;
  }
}

function longest(node: Node): number {
  switch (node.kind) {
    case 'leaf':
      return node.max;
    case 'repeat': {
      const once = longest(node.node);
      return once === 0 || node.max === 0 ? 0 : once * node.max;
    }
    case 'either':
      return Math.max(...node.nodes.map(longest));
    case 'sequence':
      return node.nodes.reduce((sum, each) => sum + longest(each), 0);
  }
}

/** Every string that the node can match, lower-cased, or undefined where they are too many. */
function stringsOf(node: Node): readonly string[] | undefined {
  if (node.kind === 'leaf') return node.strings;
  if (node.kind === 'sequence') return node.nodes.map(stringsOf).reduce(joined, ['']);
  if (node.kind === 'either') {
    const all = new Set<string>();
    for (const each of node.nodes) {
      const strings = stringsOf(each);
      if (strings === undefined) return undefined;
      for (const text of strings) all.add(text);
    }
    return all.size > MAX_STRINGS ? undefined : [...all];
  }
  if (node.max > 8) return undefined;
  const once = stringsOf(node.node);
  const all = new Set<string>();
  let power: readonly string[] | undefined = [''];
  for (let times = 0; times <= node.max; times += 1) {
    if (power === undefined) return undefined;
    if (times >= node.min) for (const text of power) all.add(text);
    power = joined(power, once);
  }
  return all.size > MAX_STRINGS ? undefined : [...all];
}

function joined(
  left: readonly string[] | undefined,
  right: readonly string[] | undefined,
): readonly string[] | undefined {
  if (left === undefined || right === undefined || left.length * right.length > MAX_STRINGS) return undefined;
  return left.flatMap((head) => right.map((tail) => head + tail));
}

/** How far from the match's start, in bytes and at most, the first keyword must start; undefined where none must stand. */
function keywordWithin(node: Node, keywords: readonly string[]): number | undefined {
  if (node.kind === 'leaf') return node.strings === undefined ? undefined : inAll(node.strings, keywords);
  if (node.kind === 'repeat') return node.min === 0 ? undefined : keywordWithin(node.node, keywords);
  const each = variantsOf(node).map((variant) => keywordInSequence(variant, keywords));
  return each.reduce(
    (far, one) => (far === undefined || one === undefined ? undefined : Math.max(far, one)),
    0,
  );
}

/** The sequences that a node stands for when its alternatives are written out one by one, where they are few. */
function variantsOf(node: Node): readonly (readonly Node[])[] {
  if (node.kind === 'either') return node.nodes.flatMap(variantsOf);
  if (node.kind !== 'sequence') return [[node]];
  let variants: readonly (readonly Node[])[] = [[]];
  for (const each of flat(node.nodes)) {
    const choices = each.kind === 'either' && stringsOf(each) === undefined ? variantsOf(each) : [[each]];
    variants =
      variants.length * choices.length > MAX_STRINGS
        ? variants.map((variant) => [...variant, each])
        : variants.flatMap((variant) => choices.map((choice) => [...variant, ...choice]));
  }
  return variants;
}

/** Nested sequences in one row, with the first rounds of a repeat written out: a keyword may reach into them. */
const flat = (nodes: readonly Node[]): readonly Node[] =>
  nodes.flatMap((node) => {
    if (node.kind === 'sequence') return flat(node.nodes);
    if (node.kind !== 'repeat' || node.min === 0 || stringsOf(node) !== undefined) return [node];
    const rounds = Math.min(node.min, 3);
    const rest: Node = { ...node, min: node.min - rounds, max: node.max - rounds };
    return [...Array.from({ length: rounds }, () => flat([node.node])).flat(), rest];
  });

function keywordInSequence(nodes: readonly Node[], keywords: readonly string[]): number | undefined {
  const found: number[] = [];
  let before = 0;
  for (let start = 0; start < nodes.length; start += 1) {
    const node = nodes[start];
    if (node === undefined) break;
    const alone = keywordWithin(node, keywords);
    if (alone !== undefined) found.push(before + alone);
    let run: readonly string[] | undefined = [''];
    for (let end = start; end < nodes.length; end += 1) {
      const next = nodes[end];
      run = next === undefined ? undefined : joined(run, stringsOf(next));
      if (run === undefined) break;
      const within = inAll(run, keywords);
      if (within !== undefined) {
        found.push(before + within);
        break;
      }
    }
    before += longest(node);
  }
  return found.length === 0 ? undefined : Math.min(...found);
}

function inAll(strings: readonly string[], keywords: readonly string[]): number | undefined {
  let far = 0;
  for (const text of strings) {
    const places = keywords.map((keyword) => text.indexOf(keyword)).filter((place) => place >= 0);
    if (places.length === 0) return undefined;
    far = Math.max(far, Buffer.byteLength(text.slice(0, Math.min(...places))));
  }
  return strings.length === 0 ? undefined : far;
}

/** So many of these bytes in a row. */
interface Run {
  readonly bytes: ByteSet;
  readonly length: number;
}

/** The run of a whole node: all that it matches. */
function wholeRun(node: Node): Run {
  switch (node.kind) {
    case 'leaf':
      return { bytes: node.bytes, length: node.min };
    case 'repeat': {
      const { bytes, length } = wholeRun(node.node);
      return { bytes: node.max === 0 ? NONE : bytes, length: length * node.min };
    }
    case 'either': {
      const runs = node.nodes.map(wholeRun);
      return {
        bytes: union(runs.map(({ bytes }) => bytes)),
        length: Math.min(...runs.map(({ length }) => length)),
      };
    }
    case 'sequence':
      return joinRuns(node.nodes.map(wholeRun));
  }
}

const joinRuns = (runs: readonly Run[]): Run => ({
  bytes: union(runs.map(({ bytes }) => bytes)),
  length: runs.reduce((sum, { length }) => sum + length, 0),
});

/** The longest run of few kinds of bytes that each match of a node holds; what can only be some words is no such run. */
function rarestRun(node: Node): Run {
  const runs: Run[] = stringsOf(node) === undefined ? [wholeRun(node)] : [];
  if (node.kind === 'repeat' && node.min > 0) runs.push(rarestRun(node.node));
  if (node.kind === 'either') {
    const each = node.nodes.map(rarestRun);
    runs.push({
      bytes: union(each.map(({ bytes }) => bytes)),
      length: Math.min(...each.map(({ length }) => length)),
    });
  }
  if (node.kind === 'sequence') {
    for (let from = 0; from < node.nodes.length; from += 1)
      for (let to = from + 1; to <= node.nodes.length; to += 1) {
        const nodes = node.nodes.slice(from, to);
        if (stringsOf({ kind: 'sequence', nodes }) === undefined) runs.push(joinRuns(nodes.map(wholeRun)));
      }
    runs.push(...node.nodes.map(rarestRun));
  }
  return runs.reduce((best, run) => (rarity(run) > rarity(best) ? run : best), { bytes: NONE, length: 0 });
}

/** In bits, as if each printable character were as common as any other; below half of them it is token or none. */
const rarity = ({ bytes, length }: Run): number =>
  length *
  Math.log2(
    96 /
      Math.max(
        48,
        bytes.subarray(0, 0x80).reduce((sum, one) => sum + one, 0),
      ),
  );

/** Byte ranges in hexadecimal, two digits for the first and two for the last of each. */
function rangesOf(set: ByteSet): string {
  let ranges = '';
  for (let byte = 0; byte < 256; byte += 1) {
    const here = set[byte] === 1;
    const hex = byte.toString(16).padStart(2, '0');
    if (here && set[byte - 1] !== 1) ranges += hex;
    if (here && set[byte + 1] !== 1) ranges += hex;
  }
  return ranges;
}

export interface RegexFacts {
  /** Number of capturing groups. */
  readonly groups: number;
  /** Longest match in bytes, at most {@link MAX_MATCH_BYTES}. */
  readonly maxLength: number;
  /** How many bytes before the first keyword a match starts at most; undefined where a match need not hold a keyword. */
  readonly lookBehind: number | undefined;
  /** Each match holds so many of these bytes in a row: ranges in hexadecimal, e.g. `3039` for the digits. */
  readonly run: { readonly bytes: string; readonly length: number };
}

/**
 * Facts of a regex that hold for each of its matches.
 * @param keywords lower-case
 * @throws RegexSyntaxError for syntax outside of what rules use
 */
export function analyseRegex(source: string, keywords: readonly string[]): RegexFacts {
  const parser = new Parser(source);
  const root = parser.parse();
  const lookBehind = keywordWithin({ kind: 'sequence', nodes: [root] }, keywords);
  const run = rarestRun(root);
  return {
    run: { bytes: rangesOf(run.bytes), length: Math.min(run.length, MAX_RUN) },
    groups: parser.groups,
    maxLength: Math.min(MAX_MATCH_BYTES, longest(root)),
    lookBehind: lookBehind !== undefined && lookBehind > MAX_MATCH_BYTES ? undefined : lookBehind,
  };
}
