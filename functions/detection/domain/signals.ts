/** What tells a secret from a placeholder, a test value, a reference or an ordinary word. */
import { isDigit, isLower, isUpper, wordShare } from './words.ts';

/** How often each character of ASCII stands in the text that is looked at; all zero between two looks. */
const counts = new Uint32Array(128);

/** Shannon entropy of a text's characters, in bits a character: 0 for one repeated, log2(n) for n different ones. */
export function shannonEntropy(text: string): number {
  const { length } = text;
  for (let at = 0; at < length; at += 1) if (text.charCodeAt(at) >= counts.length) return entropyOf(text);
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    counts[code] = (counts[code] ?? 0) + 1;
  }
  let bits = 0;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    const count = counts[code] ?? 0;
    if (count > 1) bits += count * Math.log2(count);
    counts[code] = 0;
  }
  return length === 0 ? 0 : Math.log2(length) - bits / length;
}

/** The same for any characters. */
function entropyOf(text: string): number {
  const seen = new Map<string, number>();
  let total = 0;
  for (const char of text) {
    seen.set(char, (seen.get(char) ?? 0) + 1);
    total += 1;
  }
  let bits = 0;
  for (const count of seen.values()) bits -= (count / total) * Math.log2(count / total);
  return bits;
}

/*
 * The regexes below run in V8, which tries every way to take a text apart: no two neighbouring repeats may both match the
 * same characters, nor may a repeat follow what can start anywhere in it, or a hostile value costs its square or worse.
 */

/** The value stands elsewhere: shell, template and format syntax, look-ups and calls. */
const REFERENCE = new RegExp(
  [
    String.raw`\$\{\{?\s*[\w.:?/-]+\s*\}`, // ${VAR}, ${{ secrets.X }}
    String.raw`\{\{[^{}]*\}\}|\{%|%\}|<%|%>`, // templates
    String.raw`^\$[A-Za-z_]\w*$|^\$\d$|^%\w+%$|^#\{[^}]*\}|^\{[\w.]+\}$|^@[\w.]+@$|^:[a-z_]+$`, // $VAR, %VAR%, #{x}, {x}, @x@, :x
    String.raw`^<[^<>]*>$|^\[[^\[\]]*\]$|^&lt;.*&gt;$|^__\w+__$|^%[sdvr](?:\W+%[sdvr])*$|^%\(\w+\)s$`, // <x>, [x], __X__, %s
    String.raw`\b(?:process\.env|os\.environ|getenv|import\.meta|ENV\[|System\.get|config\.get|secretsmanager:|vault:|ssm:|op:\/\/|arn:aws:)`,
    String.raw`^[A-Za-z_][\w.]*\([^)]*\)?;?$`, // call()
    String.raw`^[a-z_]\w*(?:\.[A-Za-z_]\w*)+$|^[a-z]\w*\[`, // object.field
  ].join('|'),
);

const PLACEHOLDER_WORD = new RegExp(
  [
    'example',
    'sample',
    'placeholder',
    'change[-_ ]?(?:me|this|it)',
    'redacted',
    String.raw`replace[-_ ]?(?:me|this|with)`,
    String.raw`insert[-_ ](?:your|here|the)`,
    String.raw`not[-_ ]?(?:a[-_ ]|real|secret|secure)`,
    'shhh removed',
    String.raw`put[-_ ]?your`,
    String.raw`enter[-_ ]?your`,
    String.raw`(?:key|token|secret|password)[-_ ]?(?:goes[-_ ]?)?here`,
    String.raw`^(?:my|the|a|test|some|any|your|real|super)[-_ ]?(?:api[-_ ]?key|key|token|secret|password|secret[-_ ]?key)[-_ ]?\d{0,3}$`,
    'foo[-_]?bar',
    // The user "Aladdin" of RFC 7617 has it, and who copies from there.
    'open[-_ ]?sesame',
  ].join('|'),
  'i',
);

/** So short that random text holds one now and then: these count as words of their own, or in a value made of words. */
const SHORT_WORD = /(?:^|[^a-z]|some)(?:fake|mock)|^todo|dummy|fixme|lorem/i;
const SHORT_WORD_ALONE = /(?:^|[^a-z0-9])(?:(?:some)?fake|mock|todo|dummy|fixme|lorem)(?:[^a-z0-9]|$)/i;
const SHARE_OF_WORDS = 0.4;

const YOUR = /(?<![a-z])your[-_ ]?/gi;
const WORD = /\w*/y;
const YOURS = /api|key|token|secret|pass|access|own|here|client|account/i;

/** `your-api-key`, `YOUR_OWN_SECRET`: one look into each word, however often it says `your`. */
function saysYour(value: string): boolean {
  let answered = 0;
  for (const said of value.matchAll(YOUR)) {
    const from = said.index + said[0].length;
    if (from < answered) continue;
    WORD.lastIndex = from;
    const word = WORD.exec(value)?.[0] ?? '';
    if (YOURS.test(word)) return true;
    answered = from + word.length;
  }
  return false;
}

/** `$(command)`. */
function substitutes(value: string): boolean {
  const from = value.indexOf('$(');
  return from >= 0 && value.includes(')', from);
}

/** One character over and over, or a mask, is nobody's key. */
const FILLER =
  /(.)\1{7,}|^(.)\2{3,}$|\*{3,}|\.{4,}|…|x{5,}|X{5,}|^(?:0?123456789?0?|abcdef(?:gh?)?|12345678)$/;

const PLACEHOLDER =
  /EXAMPLE(?:KEY)?$|REDACTED|PLACEHOLDER|CHANGEME|YOUR_|your[-_](?:api|key|token|secret)|\*{3,}|\$\{[\w.:?/-]+\}|\{\{\s*[\w.]+\s*\}\}|x{8,}|X{8,}|([^A])\1{15,}/;
/** What one of its alternatives begins with; the last is any character 16 times, of which this asks for eight. */
const PAIRS = new Set(['EX', 'RE', 'PL', 'CH', 'YO', 'yo', '**', '${', '{{', 'xx', 'XX']);
const BEGINS = Uint8Array.from({ length: 128 * 128 }, (_, pair) =>
  Number(PAIRS.has(String.fromCharCode(pair >> 7, pair & 127))),
);

/** Whether a token of a known format is a documented example, masked or filler, and so no secret. */
export function isPlaceholderToken(secret: string): boolean {
  return mayBePlaceholder(secret) && PLACEHOLDER.test(secret);
}

/** One look at each pair tells nearly all secrets from placeholders; the regex takes longer. */
function mayBePlaceholder(text: string): boolean {
  let before = 0;
  let alike = 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 128 || BEGINS[before * 128 + code] === 1) return true;
    alike = code === before ? alike + 1 : 1;
    if (alike === 8) return true;
    before = code;
  }
  return false;
}

function isPlaceholderValue(value: string): boolean {
  return (
    REFERENCE.test(value) ||
    substitutes(value) ||
    PLACEHOLDER_WORD.test(value) ||
    saysYour(value) ||
    FILLER.test(value) ||
    holdsShortWord(value)
  );
}

const holdsShortWord = (value: string): boolean =>
  SHORT_WORD.test(value) && (SHORT_WORD_ALONE.test(value) || wordShare(value) > SHARE_OF_WORDS);

/** One piece of 2 to 12 characters over and over. */
const REPEATED = /(.{2,12}?)\1{2,}/g;
/** The share of a value from which on a repeated piece shows that somebody typed it to fill the place. */
const REPEATED_SHARE = 0.7;

/** Whether a value is mostly one short piece over and over, in any case: `abcd1234abcd1234ABCD1234`. */
function isRepeated(value: string): boolean {
  const text = value.toLowerCase();
  if (!mayBeRepeated(text)) return false;
  const runs = Array.from(text.matchAll(REPEATED), ([run]) => run.length);
  return Math.max(...runs, 0) >= REPEATED_SHARE * value.length;
}

/** A run of so large a share covers the middle, wherever it starts: most values show there that they have none. */
function mayBeRepeated(text: string): boolean {
  for (let period = 2; period <= 12; period += 1) {
    const run = Math.max(Math.ceil(REPEATED_SHARE * text.length), 3 * period);
    if (run > text.length) return false;
    let at = text.length - run + period;
    while (at < run && text.charCodeAt(at) === text.charCodeAt(at - period)) at += 1;
    if (at >= run) return true;
  }
  return false;
}

const ORDINARY = new Set(
  (
    'password passwd pass pwd passphrase secret secrets token tokens key keys apikey api_key access_token credential credentials ' +
    'user username admin root guest test testing tested default null nil none undefined true false yes no string number ' +
    'boolean object text value values required optional hidden masked empty unknown bearer basic authorization function ' +
    'return pass passed fail failed failure error skip skipped missing invalid incorrect expired rotated revoked disabled enabled plaintext encrypted password123 login ' +
    'signin signup submit reset forgot confirm confirmation update create delete remove change changed input label ' +
    'placeholder textbox email e-mail phone address postgres mysql redis mongo localhost database development production ' +
    'staging public private internal external strong weak minimum maximum length characters json yaml http https'
  ).split(' '),
);

function isOrdinaryWord(value: string): boolean {
  const word = value.toLowerCase();
  return ORDINARY.has(/[^a-z0-9_-]/.test(word) ? word.replaceAll(/[^a-z0-9_-]/g, '') : word);
}

/** Names that end like a credential's and are none. */
const PUBLIC_NAME = new RegExp(
  [
    'public',
    'pub_?key',
    'publishable',
    'primary[-_ ]?key',
    'foreign[-_ ]?key',
    'sort[-_ ]?key',
    '(?:partition|range|hash|cache|group|object|bucket|row|map|index|lookup|routing|dedup\\w*|idempotency|correlation|trace|span|request|message|sentence|translation|i18n|label|field|column|sub|super|hot|short|meta|data|dataset|query|registry|react|vue|widget|node|state|event|topic|state|metric|feature|flag|tag|page|host|site|artifact|checksum|commit|build|version|release|content|file|image|asset|blob)[-_]?keys?(?:[^a-z]|$)',
    'keyword',
    'keyboard',
    'monkey',
    'turkey',
    'hockey',
    '(?:token|key|secret|credential|client|account)[-_ ]?(?:id|ids|name|names|path|file|type|types|version|count|counts|size|length|limit|index|url|uri|endpoint|arn|format|pattern|regex|prefix|suffix|field|label|expir\\w*|ttl|usage|policy|provider|manager|store|ref|reference|hash|digest|alias|algorithm|alg|class|handler|owner|store|issuer|status|title|description|env|var|vault|scope|scopes)s?(?:[^a-z]|$)',
    'tokeni[sz]',
    'tokens?[-_ ]?(?:used|left|in|out|per|count|total|max|min)',
    '(?:next|continuation|page|cursor|sync|resume|csrf|xsrf|verification|recaptcha|site)[-_]?(?:page[-_]?)?token',
    'badge|arn:aws|secretsmanager:',
    'thumbprint|fingerprint|checksum|digest|sha-?\\d|md5|integrity|etag|nonce',
    'secret[-_ ]?access[-_ ]?key|aws[-_ ]?secret',
    '(?:^|[^a-z])authors?(?:[^a-z]|$)|authenticat',
  ].join('|'),
  'i',
);

/**
 * Whether what stands before a value names something that is no secret: a public key, a key's id, a token count.
 * @param before the part of the match before the value
 */
export function isPublicName(before: string): boolean {
  return PUBLIC_NAME.test(before);
}

/** Whether a password, which a person may have chosen, is none after all. */
export function isOrdinaryPassword(value: string): boolean {
  if (isPlaceholderValue(value) || isOrdinaryWord(value)) return true;
  // Code between two strings, not a string.
  if (/^[\s+,;:)\]}&|.<>]|^\s*["']?\$[A-Za-z_]+["']?$|\(\)|["'] ?\+|\+ ?["']|\$\w+\[/.test(value))
    return true;
  if (value.includes('/') && !/\d/.test(value) && wordShare(value) > 0.7) return true;
  // Neither a path, an address nor a number, a date or a version is a password.
  if (/^[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}$/.test(value)) return true;
  if (/^(?:\/|\.{1,2}\/|~\/|https?:|file:|[#.][A-Za-z])/.test(value) || /^[\d.,:/TZ+-]{1,35}$/.test(value))
    return true;
  if (isIdentifier(value)) return true;
  return (
    !/[A-Za-z0-9]/.test(value) ||
    /^[a-z]+(?:[-_.][a-z]+){2,}$/.test(value) ||
    /^[A-Za-z][a-z]+(?: [a-z]+)+$/.test(value) ||
    /^[a-z]+@$/.test(value) ||
    /^[A-Z]+(?:_[A-Z]+)+$/.test(value)
  );
}

/** Words of letters, a small number in some of them: up to 20 letters before it, or more of which the rest is lower case. */
const WORDS_AND_NUMBERS =
  /^[A-Za-z]+(?:\d{1,4}[a-z]*)?(?:[-_](?:[A-Za-z]{1,20}(?:\d{1,4}[a-z]*)?|[A-Za-z]{20}[a-z]+|\d{1,4})){2,}$/;

/**
 * Whether a value is the name of something in code, a header, a protocol or a file: words that may hold a small number
 * (`X-Amz-S3session-Token`, `SASL_SCRAM_512_AUTH`, `RSA_2048`), a constant (`0x8C2F`), a source file.
 */
function isIdentifier(value: string): boolean {
  return (
    /^_*[A-Z][A-Z0-9]+(?:_(?:[A-Z]+(?:\d{1,5}[A-Z]*)?|\d{1,4}))+$/.test(value) ||
    /^-?0x[0-9A-Fa-f]{1,16}[UL]{0,3}$/.test(value) ||
    (WORDS_AND_NUMBERS.test(value) && wordShare(value) > 0.4) ||
    (/^[\w/.-]+\.(?:c|h|cc|cpp|js|ts|py|go|rs|java|rb|sh|md|txt|html|json|ya?ml|toml|xml)$/.test(value) &&
      wordShare(value) > 0.3)
  );
}

/** Characters from which on a name in a value, or a value in a name, is no chance. */
const NAME_CHARACTERS = 10;

/**
 * Whether a value says its own name again, as a member of an enumeration or an alias does: `PASSED: "PASSED"`,
 * `set_key nettle_set_key`.
 * @param before the part of the match before the value, or its end
 */
export function repeatsItsName(value: string, before: string): boolean {
  if (endsLike(before, value)) return true;
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const name = plain(lastNameOf(before));
  if (name.length < NAME_CHARACTERS) return false;
  const said = plain(value);
  return said.length >= NAME_CHARACTERS && (said.includes(name) || name.includes(said));
}

/** Whether the letters and digits of a text end in those of a value, of which there are some; case does not count. */
function endsLike(text: string, value: string): boolean {
  let left = text.length;
  let alike = 0;
  for (let right = value.length - 1; right >= 0; right -= 1) {
    const wanted = plainCode(value.charCodeAt(right));
    if (wanted === 0) continue;
    do left -= 1;
    while (left >= 0 && plainCode(text.charCodeAt(left)) === 0);
    if (left < 0 || plainCode(text.charCodeAt(left)) !== wanted) return false;
    alike += 1;
  }
  return alike > 0;
}

/** A letter of ASCII in lower case, a digit, or 0. */
function plainCode(code: number): number {
  return isDigit(code) || isLower(code) ? code : isUpper(code) ? code | 0x20 : 0;
}

/** From the last letter, digit or underscore back, as far as these and dashes go. */
function lastNameOf(text: string): string {
  let end = text.length;
  while (end > 0 && !isWordUnit(text.charCodeAt(end - 1))) end -= 1;
  let start = end;
  while (start > 0 && (isWordUnit(text.charCodeAt(start - 1)) || text[start - 1] === '-')) start -= 1;
  return text.slice(start, end);
}

const isWordUnit = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || code === 0x5f || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** A UUID of version 1 is made of the time and the machine (RFC 9562), and so no secret. */
const TIMED_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** In groups as a UUID's, with letters that none has: typed by hand to show the form. */
const LIKE_UUID = /(?:^|[^0-9a-z])([0-9a-z]{8}-(?:[0-9a-z]{4}-){3}[0-9a-z]{12})$/i;

/** Whether a value that ought to be random reads like words, a path, a number or a name. */
export function isOrdinaryToken(value: string): boolean {
  if (
    isPlaceholderValue(value) ||
    isRepeated(value) ||
    isIdentifier(value) ||
    /^https?:/.test(value) ||
    /^[\d.,:/ TZ+-]+$/.test(value)
  )
    return true;
  const groups = LIKE_UUID.exec(value)?.[1];
  if (groups !== undefined && !UUID.test(groups)) return true;
  if (groups === value) return TIMED_UUID.test(value);
  // A key without a digit is rare, and then it is long and mixes cases.
  if (
    !/\d/.test(value) &&
    !(value.length >= 16 && /[a-z][A-Z].*[a-z][A-Z]|[A-Z]{2}[a-z].*[A-Z]{2}/.test(value))
  )
    return true;
  return wordShare(value) > (/\d/.test(value) ? 0.5 : 0.3);
}

/**
 * Whether a token of a known format is made of words: then somebody wrote it to show the format.
 * @param doubted whether only its surroundings name the format, or a check of it failed: then fewer words will do
 */
export function readsLikeText(token: string, doubted = false): boolean {
  // A path of words alone; one with a number in it may be the address of a webhook.
  if (token.length >= 200 || (!doubted && !/[a-z]/.test(token)) || (token.includes('/') && /\d/.test(token)))
    return false;
  return wordShare(token) > (doubted ? 0.48 : 0.7);
}
