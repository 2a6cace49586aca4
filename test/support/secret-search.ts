/** Looks for secrets at rest in any encoding that a careless writer could have given them. */

/** Shorter pieces of a secret are no proof: they occur by chance, and masks keep four characters of either end. */
const WINDOW = 12;
const KEPT_ENDS = 4;

/** A secret that was found where none may be; the value itself is never printed. */
export interface Exposure {
  readonly where: string;
  readonly secretType: string;
  readonly encoding: string;
}

export interface SoughtSecret {
  readonly type: string;
  readonly secret: string;
}

/** What a text, or a part of it, looks like in each encoding. Base64 in all three alignments, without its ragged ends. */
function encodingsOf(text: string): { encoding: string; needle: string }[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const ragged = Math.ceil((shift * 8) / 6);
    const tail = ((bytes.length + shift) * 8) % 6 === 0 ? 0 : 1;
    return encoded.slice(ragged, encoded.length - tail);
  });
  const escaped = JSON.stringify(text).slice(1, -1);
  return [
    { encoding: 'plain', needle: text },
    ...base64.map((needle) => ({ encoding: 'base64', needle })),
    ...base64.map((needle) => ({
      encoding: 'base64url',
      needle: needle.replaceAll('+', '-').replaceAll('/', '_'),
    })),
    { encoding: 'hex', needle: bytes.toString('hex') },
    { encoding: 'HEX', needle: bytes.toString('hex').toUpperCase() },
    { encoding: 'percent', needle: encodeURIComponent(text) },
    { encoding: 'JSON', needle: escaped },
    { encoding: 'JSON in JSON', needle: JSON.stringify(escaped).slice(1, -1) },
    { encoding: 'reversed', needle: Array.from(text).reverse().join('') },
  ];
}

/** A search made ready for many texts. */
export class SecretSearch {
  readonly #needles = new Map<string, { secretType: string; encoding: string }>();

  constructor(secrets: readonly SoughtSecret[]) {
    for (const { type, secret } of secrets) {
      const inner = secret.length > WINDOW + 2 * KEPT_ENDS ? secret.slice(KEPT_ENDS, -KEPT_ENDS) : secret;
      const pieces = [secret];
      for (let at = 0; at + WINDOW <= inner.length; at += WINDOW) pieces.push(inner.slice(at, at + WINDOW));
      for (const piece of pieces) {
        // A PEM's frame is the same in every key, and no secret.
        if (/^[-A-Z \n]+$/.test(piece) && piece.includes('-')) continue;
        for (const { encoding, needle } of encodingsOf(piece))
          if (!this.#needles.has(needle)) this.#needles.set(needle, { secretType: type, encoding });
      }
    }
  }

  /** How many forms of the secrets are looked for. */
  get needles(): number {
    return this.#needles.size;
  }

  /** @param where what the text is, for the one who reads of an exposure */
  in(where: string, text: string): Exposure[] {
    const found: Exposure[] = [];
    for (const [needle, what] of this.#needles) if (text.includes(needle)) found.push({ where, ...what });
    return found;
  }
}
