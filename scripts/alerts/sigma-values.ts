/** Values of Sigma's detection items as tests that the evaluator runs. */
import { err, ok, type Result } from '../../functions/kernel/result.ts';
import type { FieldTest } from '../../functions/alerts/domain/sigma/rule.ts';
import { parseAddress } from '../../functions/alerts/domain/sigma/address.ts';

const PLACES = ['contains', 'startswith', 'endswith'] as const;
const COMPARISONS = ['gt', 'gte', 'lt', 'lte'] as const;
const ENCODINGS = ['base64', 'base64offset'] as const;
const REGEX_FLAGS = ['i', 's'] as const;
const KNOWN: ReadonlySet<string> = new Set([
  ...PLACES,
  ...COMPARISONS,
  ...ENCODINGS,
  ...REGEX_FLAGS,
  'all',
  'cased',
  'cidr',
  'exists',
  'fieldref',
  're',
]);

/** @returns why these modifiers cannot stand together or are not known, else undefined */
export function problemOfModifiers(modifiers: readonly string[]): string | undefined {
  const unknown = modifiers.find((modifier) => !KNOWN.has(modifier));
  if (unknown !== undefined)
    return `the modifier \`${unknown}\` is not supported: use one of ${[...KNOWN].join(', ')}`;
  const kinds = modifiers.filter((modifier) =>
    ['cidr', 'exists', 'fieldref', 're', ...COMPARISONS].includes(modifier),
  );
  if (kinds.length > 1) return `the modifiers ${kinds.join(' and ')} exclude each other`;
  return undefined;
}

/** One value of an item, by the item's modifiers. */
export function testOf(value: unknown, modifiers: readonly string[]): Result<FieldTest, string> {
  const has = (modifier: string) => modifiers.includes(modifier);
  if (has('exists'))
    return typeof value === 'boolean' ? ok({ op: 'exists', value }) : err('`exists` takes true or false');
  const comparison = COMPARISONS.find(has);
  if (comparison) {
    return typeof value === 'number'
      ? ok({ op: comparison, value })
      : err(`\`${comparison}\` takes a number`);
  }
  if (has('cidr')) return cidrOf(value);
  if (has('fieldref'))
    return typeof value === 'string' ? ok({ op: 'fieldref', field: value }) : err('`fieldref` names a field');
  if (has('re')) return regexOf(value, REGEX_FLAGS.filter(has).join(''));
  if (value === null) return ok({ op: 'null' });
  if (typeof value === 'boolean') return ok({ op: 'is', value });
  const place = PLACES.find(has);
  const encoding = ENCODINGS.find(has);
  if (typeof value === 'number' && !place && !encoding) return ok({ op: 'eq', value });
  if (typeof value !== 'string' && typeof value !== 'number')
    return err('a value is a text, a number, true, false or null');
  const text = String(value);
  if (encoding) {
    const encoded = encoding === 'base64' ? [base64(text)] : [0, 1, 2].map((shift) => base64At(text, shift));
    return ok(pattern(`(?:${encoded.map(literal).join('|')})`, place, 's'));
  }
  return ok(pattern(wildcards(text), place, has('cased') ? 's' : 'is'));
}

function pattern(source: string, place: (typeof PLACES)[number] | undefined, flags: 's' | 'is'): FieldTest {
  const head = place === 'contains' || place === 'endswith' ? '' : '^';
  const tail = place === 'contains' || place === 'startswith' ? '' : '$';
  return { op: 'pattern', source: `${head}${source}${tail}`, flags };
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

/** `*` and `?` of Sigma; a backslash takes their meaning, and that of a backslash before them. */
function wildcards(text: string): string {
  return text.replaceAll(
    /\\([*?\\])|([*?])|([^*?\\]+|\\)/g,
    (_, escaped?: string, wild?: string, plain?: string) => {
      if (wild !== undefined) return wild === '*' ? '.*' : '.';
      return literal(escaped ?? plain ?? '');
    },
  );
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The characters that are the same whatever stands around the text, when it starts at byte `shift` of three. */
function base64At(text: string, shift: number): string {
  const bytes = Buffer.byteLength(text) + shift;
  const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)])
    .toString('base64')
    .replaceAll('=', '');
  return encoded.slice([0, 2, 3][shift], bytes % 3 === 0 ? undefined : encoded.length - 1);
}

/** Backtracking over a repetition of repetitions takes time that grows exponentially. */
const NESTED_REPETITION = /\([^()]*[*+}][^()]*\)[*+{]/;

function regexOf(value: unknown, flags: string): Result<FieldTest, string> {
  if (typeof value !== 'string') return err('`re` takes a regular expression');
  if (NESTED_REPETITION.test(value))
    return err('the regular expression repeats a repetition: it could take forever');
  try {
    new RegExp(value, flags);
  } catch (error) {
    return err(
      `the regular expression does not compile: ${error instanceof Error ? error.message : 'unknown'}`,
    );
  }
  if (flags !== '' && flags !== 'i' && flags !== 's' && flags !== 'is')
    return err(`the flags ${flags} are unknown`);
  return ok({ op: 'pattern', source: value, flags });
}

function cidrOf(value: unknown): Result<FieldTest, string> {
  const [base = '', bits = ''] = typeof value === 'string' ? value.split('/', 2) : [];
  const address = parseAddress(base);
  const length = /^\d{1,3}$/.test(bits) ? Number(bits) : NaN;
  if (!address || !(length <= (address.version === 4 ? 32 : 128)))
    return err('`cidr` takes a network such as 10.0.0.0/8 or 2001:db8::/32');
  return ok({ op: 'cidr', base, bits: length, version: address.version });
}
