import { readFile, stat } from 'node:fs/promises';
import { err, ok, type Result } from '../../kernel/result.ts';
import { parseKeyLine, type NoteKey } from '../../kernel/tlog/signed-note.ts';

/** Keys as they were given, or from the files that were named. */
export async function readKeys(given: readonly string[]): Promise<Result<readonly NoteKey[], string>> {
  const keys: NoteKey[] = [];
  for (const each of given) {
    const isFile = (await stat(each).catch(() => undefined))?.isFile() === true;
    const lines = isFile ? (await readFile(each, 'utf8')).split('\n') : [each];
    for (const line of lines
      .map((text) => text.trim())
      .filter((text) => text !== '' && !text.startsWith('#'))) {
      const key = parseKeyLine(line);
      if (!key.ok) return err(`${isFile ? `A key in ${each}` : `--key ${each}`} ${key.error}.`);
      keys.push(key.value);
    }
  }
  return keys.length > 0 ? ok(keys) : err('There is no key in what --key names.');
}
