/** Draws texts that a regex in RE2's syntax matches, for as much of the syntax as the rules use. */

/** Uniform integer in [0, below). */
export type Draw = (below: number) => number;
type Sampler = (draw: Draw) => string;

const range = (from: string, to: string): string[] =>
  Array.from({ length: to.charCodeAt(0) - from.charCodeAt(0) + 1 }, (_, step) =>
    String.fromCharCode(from.charCodeAt(0) + step),
  );
const DIGITS = range('0', '9');
const WORD = [...DIGITS, ...range('A', 'Z'), ...range('a', 'z'), '_'];
const PRINTABLE = range(' ', '~');
const NAMED: Readonly<Record<string, readonly string[]>> = {
  d: DIGITS,
  w: WORD,
  s: [' ', '\t', '\n'],
  D: PRINTABLE.filter((char) => !DIGITS.includes(char)),
  W: PRINTABLE.filter((char) => !WORD.includes(char)),
  S: PRINTABLE.filter((char) => char !== ' '),
  n: ['\n'],
  r: ['\r'],
  t: ['\t'],
};

/** What an unbounded repeat adds at most. */
const EXTRA = 12;

/** @param lazy draw the fewest of optional things: a short sample */
export function sampleOf(regex: string, draw: Draw, lazy = false): string {
  let at = 0;
  const peek = (): string | undefined => regex[at];
  const take = (text: string): boolean => {
    if (!regex.startsWith(text, at)) return false;
    at += text.length;
    return true;
  };

  function alternatives(): Sampler {
    const all = [sequence()];
    while (take('|')) all.push(sequence());
    return (next) => all[next(all.length)]?.(next) ?? '';
  }

  function sequence(): Sampler {
    const parts: Sampler[] = [];
    while (at < regex.length && peek() !== '|' && peek() !== ')') parts.push(quantified());
    return (next) => parts.map((part) => part(next)).join('');
  }

  function quantified(): Sampler {
    let part = atom();
    for (;;) {
      const inner = part;
      const counted = /^\{(\d+)(?:(,)(\d*))?\}/.exec(regex.slice(at));
      let min = 1;
      let max = 1;
      if (counted !== null) {
        at += counted[0].length;
        min = Number(counted[1]);
        max = counted[2] === undefined ? min : counted[3] === '' ? min + EXTRA : Number(counted[3]);
      } else if (take('*')) [min, max] = [0, EXTRA];
      else if (take('+')) [min, max] = [1, EXTRA];
      else if (take('?')) [min, max] = [0, 1];
      else return part;
      const few = take('?') || lazy;
      part = (next) => {
        const times = few
          ? min + (max > min && !lazy ? next(Math.min(2, max - min) + 1) : 0)
          : min + next(max - min + 1);
        return Array.from({ length: times }, () => inner(next)).join('');
      };
    }
  }

  function atom(): Sampler {
    if (take('(')) {
      if (take('?')) {
        const flags = /^(?:P?<\w+>|[imsU-]*:|[imsU-]+\))/.exec(regex.slice(at))?.[0] ?? '';
        at += flags.length;
        if (flags.endsWith(')')) return () => '';
      }
      const inner = alternatives();
      take(')');
      return inner;
    }
    if (take('[')) return classOf();
    const char = peek() ?? '';
    at += 1;
    if (char === '.') return one(PRINTABLE);
    if (char === '^' || char === '$') return () => '';
    if (char !== '\\') return () => char;
    const escaped = peek() ?? '';
    at += 1;
    if ('bBAz'.includes(escaped)) return () => '';
    if (escaped === 'x') {
      const hex = regex.slice(at, at + 2);
      at += 2;
      return () => String.fromCharCode(Number.parseInt(hex, 16));
    }
    const named = NAMED[escaped];
    return named === undefined ? () => escaped : one(named);
  }

  function classOf(): Sampler {
    const negated = take('^');
    const chars: string[] = [];
    let first = true;
    while (first || peek() !== ']') {
      first = false;
      if (take('\\')) {
        const escaped = peek() ?? '';
        at += 1;
        if (escaped === 'x') {
          chars.push(String.fromCharCode(Number.parseInt(regex.slice(at, at + 2), 16)));
          at += 2;
        } else chars.push(...(NAMED[escaped] ?? [escaped]));
        continue;
      }
      const from = peek() ?? '';
      at += 1;
      if (peek() === '-' && regex[at + 1] !== ']' && regex[at + 1] !== undefined) {
        chars.push(...range(from, regex[at + 1] ?? from));
        at += 2;
      } else chars.push(from);
    }
    take(']');
    return one(negated ? PRINTABLE.filter((char) => !chars.includes(char)) : chars);
  }

  const one =
    (from: readonly string[]): Sampler =>
    (next) =>
      from[next(from.length)] ?? '';

  return alternatives()(draw);
}
