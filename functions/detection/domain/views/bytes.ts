/** Classes of bytes, as tables: one look-up a byte. */

const table = (includes: (byte: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => Number(includes(byte)));
const oneOf = (chars: string): ((byte: number) => boolean) => {
  const bytes = new Set(Buffer.from(chars, 'latin1'));
  return (byte) => bytes.has(byte);
};

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const HEX = '0123456789abcdef';

/** What a token is made of: both base64 alphabets, without the padding. */
export const TOKEN = table(oneOf(`${BASE64}-_`));
export const HEX_DIGIT = table(oneOf(`${HEX}ABCDEF`));
export const ALPHANUMERIC = table(oneOf(BASE64.slice(0, 62)));
/** What a byte of a token is: a hex digit, another letter, or a mark between them. */
export const KINDS = { hex: 1, letter: 2, mark: 4 } as const;
export const KIND = Uint8Array.from({ length: 256 }, (_, byte) =>
  HEX_DIGIT[byte] === 1 ? KINDS.hex : ALPHANUMERIC[byte] === 1 ? KINDS.letter : KINDS.mark,
);
/** Ends a region that grows to the end of what stands together. */
export const BREAK = table((byte) => byte <= 0x20 || byte === 0xff || oneOf('"\'`<>')(byte));
/** What somebody may put between the characters of a token. */
export const SEPARATOR = table(oneOf(' \t\n.,:;|*~-_/+=!#'));
export const QUOTE = table(oneOf('"\'`'));
export const PRINTABLE = table((byte) => (byte >= 0x20 && byte < 0x7f) || oneOf('\t\n\r')(byte));

/** Base64 values of both alphabets; 64 for any other byte. */
export const SEXTET = new Uint8Array(256).fill(64);
for (const [value, byte] of Buffer.from(BASE64).entries()) SEXTET[byte] = value;
SEXTET[0x2d] = 62;
SEXTET[0x5f] = 63;

/** Hex values in either case; 16 for any other byte. */
export const NIBBLE = new Uint8Array(256).fill(16);
for (const [value, byte] of Buffer.from(HEX).entries()) NIBBLE[byte] = value;
for (const [value, byte] of Buffer.from(HEX.toUpperCase()).entries()) NIBBLE[byte] = value;

/** The value of hex digits from `start` to `end`, or -1 where some byte is none. */
export function hexAt(bytes: Buffer, start: number, end: number): number {
  if (end > bytes.length || start >= end) return -1;
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const nibble = NIBBLE[bytes[at] ?? 0] ?? 16;
    if (nibble > 15) return -1;
    value = value * 16 + nibble;
  }
  return value;
}
