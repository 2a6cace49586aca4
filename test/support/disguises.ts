/** Planted secrets in every disguise that the detector undoes, alone and in one another, with where they stand. */
import { createLeak, type LeakType } from './fleet/leaks.ts';
import { createRandom, type Random } from './fleet/random.ts';

const byteHex = (byte: number): string => byte.toString(16).padStart(2, '0');
const each = (text: string, of: (char: string) => string): string => Array.from(text, of).join('');
const unit = (char: string): string => char.charCodeAt(0).toString(16).padStart(4, '0');
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const lines = (text: string, width: number, end: string): string =>
  text.replaceAll(new RegExp(`(.{${String(width)}})(?!$)`, 'g'), `$1${end}`);
const pieces = (every: number, separator: string) => (text: string) => lines(text, every, separator);
const broken = (text: string, joint: string): string => `${text.slice(0, 7)}${joint}${text.slice(7)}`;

/** Encodings: any text can stand in them, and they in one another. */
export const ENCODERS = {
  base64,
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'base64 in lines': (text) => lines(base64(text), 64, '\n'),
  'base64 of UTF-16': (text) => Buffer.from(text, 'utf16le').toString('base64'),
  hex: (text) => Buffer.from(text).toString('hex'),
  'hex in capitals': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  percent: (text) => Array.from(Buffer.from(text), (byte) => `%${byteHex(byte)}`).join(''),
  'unicode escapes': (text) => each(text, (char) => `\\u${unit(char)}`),
  'byte escapes': (text) => Array.from(Buffer.from(text), (byte) => `\\x${byteHex(byte)}`).join(''),
  entities: (text) => each(text, (char) => `&#${String(char.charCodeAt(0))};`),
  'hex entities': (text) => each(text, (char) => `&#x${unit(char)};`),
} satisfies Readonly<Record<string, (text: string) => string>>;

const LATIN_TWINS = new Map(
  Array.from('ACEHKMOPTXaceopxy', (latin, at) => [latin, 'АСЕНКМОРТХасеорху'.charAt(at)]),
);

/** Tricks: what somebody does to a token by hand. */
export const TRICKS = {
  'zero-width spaces': pieces(3, '\u200b'),
  'soft hyphens': pieces(5, '\u00ad'),
  'full width': (text) => each(text, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0)),
  lookalikes: (text) => each(text, (char) => LATIN_TWINS.get(char) ?? char),
  'spaces after each': pieces(1, ' '),
  'dots after two': pieces(2, '.'),
  'spaces after four': pieces(4, ' '),
  'dashes after four': pieces(4, '-'),
  'colons after six': pieces(6, ':'),
  'joined with plus': (text) => broken(text, '" + "'),
  'joined with dot': (text) => broken(text, "' . '"),
  'carried on': (text) => broken(text, '\\\n'),
} satisfies Readonly<Record<string, (text: string) => string>>;

const NOT_ASCII: ReadonlySet<string> = new Set([
  'zero-width spaces',
  'soft hyphens',
  'full width',
  'lookalikes',
]);

export type Encoder = keyof typeof ENCODERS;
export type Trick = keyof typeof TRICKS;
const ENCODER_NAMES: readonly Encoder[] = keysOf(ENCODERS);
const TRICK_NAMES: readonly Trick[] = keysOf(TRICKS);

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): readonly Key[] {
  const isKey = (key: string): key is Key => key in record;
  return Object.keys(record).filter(isKey);
}

/** Types whose whole text is the secret, of a fixed length: nothing beside it can be taken for part of it. */
const TOKENS = [
  'aws-access-key-id',
  'github-pat',
  'npm-token',
  'google-api-key',
  'digitalocean-pat',
  'sendgrid-api-key',
] as const satisfies readonly LeakType[];

export interface Plant {
  readonly type: LeakType;
  readonly seed: number;
  readonly trick?: Trick;
  /** Innermost first. */
  readonly encoders: readonly Encoder[];
}
export interface PlantedEntry {
  /** Noise and plants in turn. */
  readonly parts: readonly (string | Plant)[];
  /** Whether the entry is a JSON object that holds the text in a string. */
  readonly json: boolean;
}
export type Batch = readonly PlantedEntry[];

const WORDS = [
  'The',
  'worker',
  'kept',
  'its',
  'lease;',
  'naïve',
  '結果は同じ',
  '– ok',
  '✅',
  'see',
  '/var/log/app.log',
  '42 %',
  'a & b',
  'C:\\temp',
];

function noise(random: Random): string {
  const kind = random.int(6);
  if (kind === 0) return random.text('0123456789abcdef', 8 + random.int(60));
  if (kind === 1) return random.bytes(random.int(90)).toString('base64');
  if (kind === 2)
    return `%${random.text('0123456789abcdefgh', 2)}&#${random.text('0123456789;x', 3)}\\u${random.text('0123', 3)}`;
  if (kind === 3) return random.text(' .-:"\'\\+%&=<>\n\t', random.int(30));
  if (kind === 4) return JSON.stringify({ id: random.text('0123456789abcdef', 32), ok: true, text: 'a\nb' });
  return Array.from({ length: random.int(30) }, () => WORDS[random.int(WORDS.length)] ?? '').join(' ');
}

export function createBatch(seed: number): Batch {
  const random = createRandom(seed);
  return Array.from({ length: 1 + random.int(4) }, () => {
    const json = random.int(2) === 0;
    const parts: (string | Plant)[] = [noise(random)];
    for (let plants = random.int(3); plants > 0; plants -= 1) {
      const trick = random.int(3) === 0 ? TRICK_NAMES[random.int(TRICK_NAMES.length)] : undefined;
      // With the trick and the string of JSON around, three in all.
      const inAscii = trick === undefined || !NOT_ASCII.has(trick);
      const depth = random.int(4 - Number(trick !== undefined) - Number(json));
      parts.push(
        {
          type: random.pick(TOKENS),
          seed: random.int(2 ** 31),
          ...(trick !== undefined && { trick }),
          encoders: Array.from({ length: depth }, (_, inner) => {
            const encoder = ENCODER_NAMES[random.int(ENCODER_NAMES.length)] ?? 'hex';
            // UTF-16 reads as text without its zeros only where it is ASCII.
            return encoder === 'base64 of UTF-16' && !inAscii && inner === 0 ? 'base64' : encoder;
          }),
        },
        noise(random),
      );
    }
    return { parts, json };
  });
}

export interface BuiltPlant {
  readonly plant: Plant;
  readonly secret: string;
  /** Where the disguised secret stands in the entry, in bytes. */
  readonly from: number;
  readonly to: number;
  /** How long it is at each level of its disguise, innermost first: of one width, two secrets stand alike. */
  readonly widths: readonly number[];
}
export interface BuiltEntry {
  readonly bytes: Buffer;
  readonly plants: readonly BuiltPlant[];
}

function disguise({ type, seed, trick, encoders }: Plant) {
  const secret = createLeak(type, createRandom(seed)).text;
  let text = trick === undefined ? secret : TRICKS[trick](secret);
  const widths = [Buffer.byteLength(text)];
  for (const encoder of encoders) {
    text = ENCODERS[encoder](text);
    widths.push(Buffer.byteLength(text));
  }
  return { secret, text, widths };
}

export function build({ parts, json }: PlantedEntry): BuiltEntry {
  const written = (text: string): Buffer => Buffer.from(json ? JSON.stringify(text).slice(1, -1) : text);
  const chunks: Buffer[] = [Buffer.from(json ? '{"type":"task_progress","data":"' : '')];
  let at = chunks[0]?.length ?? 0;
  const add = (chunk: Buffer): void => {
    chunks.push(chunk);
    at += chunk.length;
  };
  const plants: BuiltPlant[] = [];
  for (const part of parts) {
    if (typeof part === 'string') {
      add(written(part));
      continue;
    }
    const { secret, text, widths } = disguise(part);
    // Quotes, as around a literal: where a token begins and ends is not in doubt.
    add(written('\n"'));
    const from = at;
    add(written(text));
    plants.push({ plant: part, secret, from, to: at, widths });
    add(written('";\n'));
  }
  if (json) add(Buffer.from('"}'));
  return { bytes: Buffer.concat(chunks), plants };
}

/** Every smaller batch that differs by one thing. */
export function* smaller(batch: Batch): Generator<Batch> {
  for (const [index, entry] of batch.entries()) {
    const withEntry = (...changed: readonly PlantedEntry[]): Batch => [
      ...batch.slice(0, index),
      ...changed,
      ...batch.slice(index + 1),
    ];
    if (batch.length > 1) yield withEntry();
    if (entry.json) yield withEntry({ ...entry, json: false });
    for (const [at, part] of entry.parts.entries()) {
      const withPart = (...changed: readonly (string | Plant)[]): Batch =>
        withEntry({
          ...entry,
          parts: [...entry.parts.slice(0, at), ...changed, ...entry.parts.slice(at + 1)],
        });
      yield withPart();
      if (typeof part === 'string') {
        if (part.length > 1) {
          yield withPart(part.slice(0, part.length >> 1));
          yield withPart(part.slice(part.length >> 1));
        }
        continue;
      }
      const { trick, ...plain } = part;
      if (trick !== undefined) yield withPart(plain);
      for (const drop of part.encoders.keys())
        yield withPart({ ...part, encoders: part.encoders.filter((_, kept) => kept !== drop) });
    }
  }
}
