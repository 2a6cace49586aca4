import RE2 from 're2';
import type { ByteRegex } from '../domain/ports.ts';

/** RE2 over bytes: linear in the input, offsets in bytes. */
export function createRe2Regex(source: string): ByteRegex {
  // `g` honours lastIndex, `d` gives the groups' offsets, `s` and `m` are left to the source's own flags.
  const regex = new RE2(source, 'gdu');
  return {
    exec(bytes, from) {
      regex.lastIndex = from;
      return regex.exec(bytes)?.indices;
    },
  };
}
