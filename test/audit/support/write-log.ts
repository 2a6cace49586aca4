import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BuiltLog } from './log-builder.ts';

/** Writes a log into a directory as its bucket would be copied, and its keys beside it. @returns both paths */
export async function writeLog(log: BuiltLog, below: string): Promise<{ directory: string; keys: string }> {
  const directory = path.join(below, 'log');
  for (const [object, bytes] of log.files) {
    await mkdir(path.dirname(path.join(directory, object)), { recursive: true });
    await writeFile(path.join(directory, object), bytes);
  }
  const keys = path.join(below, 'keys.txt');
  await writeFile(keys, `# keys of the log\n${log.keys.keys.map(({ vkey }) => vkey).join('\n')}\n`);
  return { directory, keys };
}
