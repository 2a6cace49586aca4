/** From a regex in RE2's syntax to a program of few instructions (Thompson, 1968), over ASCII. */
import RE2 from 're2';

/** What must hold at a place, without a byte being read. */
export type Assertion = 'begin' | 'end' | 'boundary' | 'no boundary';

/** Reads one of these ASCII bytes, or a character beyond ASCII. */
interface Read {
  readonly kind: 'read';
  readonly bytes: Uint8Array;
  readonly beyond: Beyond;
}

/** Which characters beyond ASCII may be meant: none, the two that `k` and `s` stand for when case is folded, or any. */
type Beyond = 'none' | 'folded' | 'any';
/** What U+017F and U+212A begin with in UTF-8. */
export const FOLDED_LEADS: readonly number[] = [0xc5, 0xe2];

export type Instruction =
  | Read
  /** Goes on at either place, at the first by preference. */
  | { readonly kind: 'fork'; readonly first: number; readonly second: number }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'match' };

type Node =
  | Read
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly kind: 'either'; readonly nodes: readonly Node[] }
  | {
      readonly kind: 'repeat';
      readonly node: Node;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
    };

interface Flags {
  /** Case is folded. */
  readonly i: boolean;
  /** A dot reads line ends too. */
  readonly s: boolean;
}

/** A longer program is left to RE2. */
const MAX_INSTRUCTIONS = 20_000;

/** Says that a regex is to be left to RE2. */
class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  '^': 'begin',
  $: 'end',
  '\\A': 'begin',
  '\\z': 'end',
  '\\b': 'boundary',
  '\\B': 'no boundary',
};
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', a: '\x07' };

/** What one class or dot matches of ASCII, as RE2 itself says: so nothing about its syntax is said twice. */
const classes = new Map<string, Uint8Array>();
function bytesOf(source: string): Uint8Array {
  let bytes = classes.get(source);
  if (bytes === undefined) {
    const regex = new RE2(`^(?:${source})$`, 'u');
    bytes = Uint8Array.from({ length: 128 }, (_, byte) => Number(regex.test(Buffer.of(byte))));
    classes.set(source, bytes);
  }
  return bytes;
}

/** A token of the syntax: an escape, a class, the opening of a group, a quantifier, or one character. */
const TOKEN =
  /\\x\{[0-9A-Fa-f]+\}|\\x[0-9A-Fa-f]{2}|\\[^]|\[\^?\]?(?:\\[^]|[^\]\\[]|\[(?!:))*\]|\(\?P?<\w+>|\(\?[a-zA-Z-]*[:)]|(?:[*+?]|\{\d+(?:,\d*)?\})\??|[^[]/uy;
const QUANTIFIER = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})(\??)$/;

class Parser {
  private readonly tokens: readonly string[];
  private at = 0;

  constructor(source: string) {
    this.tokens = tokensOf(source);
  }

  parse(): Node {
    const node = this.alternatives({ i: false, s: false });
    if (this.at < this.tokens.length) throw new Unsupported();
    return node;
  }

  private alternatives(outer: Flags): Node {
    let flags = outer;
    const nodes: Node[] = [];
    let sequence: Node[] = [];
    for (; this.at < this.tokens.length && this.tokens[this.at] !== ')'; this.at += 1) {
      const token = this.tokens[this.at] ?? '';
      if (token === '|') {
        nodes.push({ kind: 'sequence', nodes: sequence });
        sequence = [];
      } else if (/^\(\?.*\)$/.test(token)) flags = flagsOf(token, flags);
      else if (QUANTIFIER.test(token)) {
        const node = sequence.pop();
        if (node === undefined) throw new Unsupported();
        sequence.push(repeated(node, token));
      } else if (token.startsWith('(')) {
        this.at += 1;
        sequence.push(this.alternatives(token.endsWith(':') ? flagsOf(token, flags) : flags));
        if (this.tokens[this.at] !== ')') throw new Unsupported();
      } else sequence.push(atomOf(token, flags));
    }
    nodes.push({ kind: 'sequence', nodes: sequence });
    return { kind: 'either', nodes };
  }
}

function tokensOf(source: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const token = TOKEN.exec(source)?.[0];
    if (token === undefined) throw new Unsupported();
    tokens.push(token);
  }
  return tokens;
}

function flagsOf(token: string, flags: Flags): Flags {
  const [, set = ''] = /^\(\?([is]*)[:)]$/.exec(token) ?? [];
  if (set === '' && token !== '(?:') throw new Unsupported();
  return { i: flags.i || set.includes('i'), s: flags.s || set.includes('s') };
}

function repeated(node: Node, token: string): Node {
  const [, sign, least, comma, most, lazy] = QUANTIFIER.exec(token) ?? [];
  const min = sign === undefined ? Number(least) : sign === '+' ? 1 : 0;
  const max =
    sign === undefined
      ? comma === undefined
        ? min
        : most === ''
          ? Infinity
          : Number(most)
      : sign === '?'
        ? 1
        : Infinity;
  // What may be repeated without reading anything is RE2's to define.
  if (max === Infinity && isNullable(node)) throw new Unsupported();
  return { kind: 'repeat', node, min, max, lazy: lazy === '?' };
}

function isNullable(node: Node): boolean {
  switch (node.kind) {
    case 'read':
      return false;
    case 'assert':
      return true;
    case 'sequence':
      return node.nodes.every(isNullable);
    case 'either':
      return node.nodes.some(isNullable);
    case 'repeat':
      return node.min === 0 || isNullable(node.node);
  }
}

function atomOf(token: string, flags: Flags): Node {
  const assertion = ASSERTIONS[token];
  if (assertion !== undefined) return { kind: 'assert', assertion };
  if (token.startsWith('[') || token === '.' || /^\\[dwsDWS]$/.test(token)) {
    const source = `(?${flags.i ? 'i' : ''}${flags.s ? 's' : ''}:${token})`;
    const isOpen = /^(?:\[\^|\.)|\\[DWS]/.test(token) || !isAscii(token);
    return { kind: 'read', bytes: bytesOf(source), beyond: isOpen ? 'any' : flags.i ? 'folded' : 'none' };
  }
  const char = charOf(token);
  const bytes = new Uint8Array(128);
  if (isAscii(char))
    for (const one of flags.i ? [char.toLowerCase(), char.toUpperCase()] : [char])
      bytes[one.charCodeAt(0)] = 1;
  const beyond = !isAscii(char) ? 'any' : flags.i && /[ks]/i.test(char) ? 'folded' : 'none';
  return { kind: 'read', bytes, beyond };
}

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

function charOf(token: string): string {
  if (!token.startsWith('\\')) return token;
  const hex = /^\\x\{?([0-9A-Fa-f]+)\}?$/.exec(token)?.[1];
  if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
  const char = token.slice(1);
  const control = CONTROLS[char];
  if (control === undefined && /[A-Za-z0-9]/.test(char)) throw new Unsupported();
  return control ?? char;
}

/** @returns undefined for what is left to RE2 */
export function programOf(source: string): readonly Instruction[] | undefined {
  const program: Instruction[] = [];
  function emit(instruction: Instruction): void {
    if (program.length >= MAX_INSTRUCTIONS) throw new Unsupported();
    program.push(instruction);
  }
  /** A fork of which one branch begins right behind it and the other is told later. */
  function forkHere(lazy: boolean): (place: number) => void {
    const at = program.length;
    emit({ kind: 'match' });
    return (place) => {
      program[at] = {
        kind: 'fork',
        ...(lazy ? { first: place, second: at + 1 } : { first: at + 1, second: place }),
      };
    };
  }
  const goTo = (place: number): void => {
    emit({ kind: 'fork', first: place, second: place });
  };
  function write(node: Node): void {
    switch (node.kind) {
      case 'read':
      case 'assert':
        emit(node);
        return;
      case 'sequence':
        node.nodes.forEach(write);
        return;
      case 'either': {
        const ends: ((place: number) => void)[] = [];
        for (const [index, each] of node.nodes.entries()) {
          const isLast = index === node.nodes.length - 1;
          const next = isLast ? undefined : forkHere(false);
          write(each);
          if (next === undefined) break;
          const at = program.length;
          goTo(at);
          ends.push((place) => {
            program[at] = { kind: 'fork', first: place, second: place };
          });
          next(program.length);
        }
        for (const end of ends) end(program.length);
        return;
      }
      case 'repeat': {
        for (let round = 0; round < node.min; round += 1) write(node.node);
        if (node.max === Infinity) {
          const start = program.length;
          const leave = forkHere(node.lazy);
          write(node.node);
          goTo(start);
          leave(program.length);
          return;
        }
        const leaves: ((place: number) => void)[] = [];
        for (let round = node.min; round < node.max; round += 1) {
          leaves.push(forkHere(node.lazy));
          write(node.node);
        }
        for (const leave of leaves) leave(program.length);
      }
    }
  }
  try {
    write(new Parser(source).parse());
    emit({ kind: 'match' });
    return program;
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}
