/** Where secrets stand in texts that somebody is about to write down: places, never what stands there. */
import type { SecretPlace } from '../../contracts/secret-search.ts';
import type { Detector } from './detector.ts';
import { spansOf, type Cut } from './redact.ts';

/** @returns places in UTF-16 code units, by text and then by place, without overlaps */
export function findSecrets(texts: readonly string[], detector: Detector): readonly SecretPlace[] {
  const byText = Map.groupBy(detector.scan(texts), ({ entry }) => entry);
  return [...byText].flatMap(([text, matches]) => {
    const bytes = Buffer.from(texts[text] ?? '');
    const cuts = matches.map(({ secret, covers, offset, length, secretType }): Cut => ({
      covers: [{ offset, length }, ...covers],
      secret: Buffer.from(secret.reveal()),
      placeholder: secretType,
    }));
    const unitOf = unitsIn(bytes);
    return spansOf(bytes, cuts).map(({ start, end, placeholder }) => ({
      text,
      start: unitOf(start),
      end: unitOf(end),
      secretType: placeholder,
    }));
  });
}

/** Code units of UTF-16 up to a place in bytes; places have to be asked for in ascending order. */
function unitsIn(bytes: Buffer): (at: number) => number {
  let [byte, unit] = [0, 0];
  return (at) => {
    unit += bytes.toString('utf8', byte, at).length;
    byte = at;
    return unit;
  };
}
