/** What tells a secret from a placeholder, a test value, a reference or an ordinary word. */

/** Shannon entropy of a text's characters, in bits a character: 0 for one repeated, log2(n) for n different ones. */
export function shannonEntropy(text: string): number {
  if (text.length === 0) return 0;
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let total = 0;
  for (const count of counts.values()) total += count;
  let bits = 0;
  for (const count of counts.values()) bits -= (count / total) * Math.log2(count / total);
  return bits;
}

/** Marks that a value is filled in elsewhere: shell, template and format syntax, calls and look-ups. */
const REFERENCE =
  /\$\{|\$\(|\{\{|\}\}|<%|%>|^%\w+%$|^\$[A-Za-z_]\w*$|^<[^>]*>$|^\[[^\]]*\]$|^@[A-Za-z]+@$|^__\w+__$|process\.env|os\.environ|getenv|secrets?\.[A-Z_]+\}|^\*+$/;

const PLACEHOLDER_WORD =
  /example|sample|placeholder|change[-_ ]?(?:me|this|it)|your[-_ ]?(?:api|key|token|secret|password|access|own|\w*here)|dummy|redacted|replace[-_ ]?(?:me|this|with)|insert[-_ ]|todo|fixme|notreal|not[-_]a[-_]|fake|mocked|removed by shhh|put[-_ ]?your|enter[-_ ]?your|to[-_]be[-_]/i;

/** One character over and over, or a keyboard or alphabet run, is nobody's key. */
const FILLER =
  /(.)\1{7,}|^(.)\2{3,}$|\*{3,}|\.{4,}|…|x{6,}|X{6,}|^(?:0123456789|1234567890|123456789|12345678|1234567|abcdefgh)/;
const ALPHABET_RUN = /abcdefghijklm|0123456789abcdef|1234567890123456|qwertyuiop/i;

/** Whether a token of a known format is a documented example, masked or filler, and so no secret. */
export function isPlaceholderToken(secret: string): boolean {
  return /EXAMPLE|REDACTED|PLACEHOLDER|CHANGEME|YOUR_|your[-_](?:api|key|token|secret)|\*{3,}|\$\{|\{\{|x{8,}|X{8,}|(.)\1{11,}/.test(
    secret,
  );
}

/** Whether a value that only its name makes a secret is a placeholder, a reference or filler. */
export function isPlaceholderValue(value: string): boolean {
  return (
    REFERENCE.test(value) || PLACEHOLDER_WORD.test(value) || FILLER.test(value) || ALPHABET_RUN.test(value)
  );
}

const ORDINARY =
  /^(?:password|passwd|pass|pwd|secret|secrets|token|tokens|key|keys|apikey|api_key|access_token|credentials?|user|username|admin|root|guest|test|testing|tested|default|null|nil|none|undefined|true|false|yes|no|string|number|boolean|object|text|value|required|optional|hidden|masked|empty|unknown|bearer|basic|authorization|function|return|missing|invalid|expired|rotated|revoked|disabled|enabled)$/i;

/** Words and digits that a person would write in a sentence, a path, an identifier or a date. */
export function isOrdinaryText(value: string): boolean {
  if (ORDINARY.test(value)) return true;
  // A name of snake, kebab, dotted or camel case, a path or a plain word without any digit.
  if (
    /^[A-Za-z]+(?:[-_./:][A-Za-z]+)*$/.test(value) &&
    !/[a-z][A-Z]{2,}[a-z]|[A-Z][a-z][A-Z][a-z][A-Z]/.test(value)
  )
    return true;
  if (/^[\d.,:/ TZ+-]+$/.test(value)) return true;
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value);
}
