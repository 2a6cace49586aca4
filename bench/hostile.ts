/**
 * Messages that are made to cost a scanner as much as can be: some that were thought of, and for each keyword and each
 * example of the rules what can be made of it. 64 KB each.
 */
import type { NamedRule } from '../functions/detection/domain/compile.ts';
import { createLeak, LEAK_TYPES } from '../test/support/fleet/leaks.ts';
import { ALPHABETS, createRandom } from '../test/support/fleet/random.ts';

export interface HostileText {
  readonly name: string;
  /** One message, or successive ones of one agent. */
  readonly texts: readonly string[];
}

const SIZE = 65_536;
const random = createRandom(7);
const token = (length: number): string => random.text(ALPHABETS.alphanumeric, length);
const hex = (length: number): string => random.text(ALPHABETS.hex, length);

function filled(piece: string | ((index: number) => string)): string {
  let text = '';
  for (let index = 0; text.length < SIZE; index += 1)
    text += typeof piece === 'string' ? piece : piece(index);
  return text.slice(0, SIZE);
}

const noise = random.text(ALPHABETS.base64, SIZE);
const base64 = (text: string, times: number): string =>
  times === 0 ? text : base64(Buffer.from(text).toString('base64').slice(0, SIZE), times - 1);
const one = (name: string, text: string): HostileText => ({ name, texts: [text] });

const NAMED: Readonly<Record<string, string>> = {
  'private keys that never end': filled('-----BEGIN ' + 'PRIVATE KEY-----\n'),
  'one private key that never ends': ('-----BEGIN ' + `PRIVATE KEY-----\n${noise}`).slice(0, SIZE),
  eyJ: filled('eyJ'),
  'halves of JWTs': filled('eyJhbGciOiJIUzI1NiJ9.'),
  'token=': filled('token='),
  'password="': filled('password="'),
  'Authorization: Bearer': filled('Authorization: Bearer '),
  'x-api-token-': filled('x-api-token-'),
  'truncated tokens': filled('gh' + 'p_9fK2mXwz4KpVq8rT2aLd '),
  'sk-': filled('sk-'),
  'AWS ids': filled('AK' + 'IAQ7RT2MXWZ4KPVQ8R '),
  'passwords in plain': filled('password = x9fK2mXwz4Kp '),
  'environment files': filled(() => `DB_PASSWORD=${token(14)}\nAPI_TOKEN=${token(30)}\n`),
  'JSON of keys and passwords': filled(() => `{"api_key":"${token(24)}","password":"${token(12)}"},`),
  placeholders: filled('api_key="your-api-key-goes-here-please" '),
  'addresses with users': filled('https://a:b'),
  'names of providers': filled('azure key datadog token stripe secret sentry auth '),
  escapes: filled('\\u0041%41&#65;'),
  'escaped backslashes': filled('\\\\'),
  'percent of percent': filled('%25'),
  'joined literals': filled('+\n\\\\'),
  separators: filled(() => `${token(3)}-`),
  'zero-width characters': filled('\u200bа'),
  'base64 of base64': base64(filled('test test test test '), 2),
  'random base64': noise,
  hexadecimal: hex(SIZE),
  uuids: filled(() => `key ${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)} `),
  'spaces after a name': `token${' '.repeat(SIZE - 5)}`,
};

/** What does not depend on the rules, and every keyword of theirs in turn. */
export function hostileTexts(keywords: readonly string[]): readonly HostileText[] {
  const keyword = (index: number): string => keywords[index % keywords.length] ?? '';
  const any = (): string => keywords[random.int(keywords.length)] ?? '';
  const soup = filled(keyword);
  const leaks = (type: (typeof LEAK_TYPES)[number] | undefined) => (index: number) => {
    const leak = createLeak(type ?? LEAK_TYPES[index % LEAK_TYPES.length] ?? 'jwt', random);
    return `${leak.variable}=${leak.text} `;
  };
  return [
    ...Object.entries(NAMED).map(([name, text]) => one(name, text)),
    one('every keyword', soup),
    one(
      'every keyword, spaced',
      filled((index) => `${keyword(index)} `),
    ),
    one(
      'every keyword and a digest',
      filled((index) => `${keyword(index)} key ${hex(40)} `),
    ),
    one(
      'every keyword and a token',
      filled((index) => `${keyword(index)}_token: ${token(40)} `),
    ),
    one(
      'keywords by chance, some with a value',
      filled((index) => `${any()} ${index % 8 === 0 ? `key ${hex(32)} ` : ''}`),
    ),
    one('every keyword in base64', base64(soup, 1)),
    one('every keyword in base64 of base64', base64(soup, 2)),
    one('leaks of every type', filled(leaks(undefined))),
    ...LEAK_TYPES.map((type) => one(`leaks: ${type}`, filled(leaks(type)))),
    {
      name: 'halves of tokens in successive messages',
      texts: Array.from({ length: 128 }, () => `${token(24)} ${token(440)} ${token(24)}`),
    },
  ];
}

/** For each keyword, nothing but it; for each rule, what can be made of its first example. One by one: they are 500 MB. */
export function* hostileRules(
  keywords: readonly string[],
  rules: readonly NamedRule[],
): Generator<HostileText> {
  for (const keyword of keywords) {
    yield one(`${keyword} on end`, filled(keyword));
    yield one(`${keyword} spaced`, filled(`${keyword} `));
    yield one(
      `${keyword} and a value`,
      filled(() => `${keyword}=${token(8)} `),
    );
  }
  for (const { name, source } of rules) {
    const [example = ''] = source.examples.match;
    const cut = (share: number): string => example.slice(0, Math.floor(example.length * share));
    yield one(`${name} on end`, filled(example));
    yield one(`${name} spaced`, filled(`${example} `));
    yield one(
      `${name}, another each time`,
      filled(() => `${another(example)} `),
    );
    yield one(`${name}, nearly whole`, filled(`${cut(0.9)} `));
    yield one(`${name}, half of it on end`, filled(cut(0.5)));
  }
}

/** The same form with other characters. */
const another = (example: string): string =>
  example.replaceAll(/[A-Za-z0-9]{8,}/g, (run) =>
    /^[a-f0-9]+$/.test(run) ? hex(run.length) : run.slice(0, 4) + token(run.length - 4),
  );
