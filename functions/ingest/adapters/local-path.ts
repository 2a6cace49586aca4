import { realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { Trouble } from '../domain/ports.ts';

/**
 * A path that a registered log names, below the directory that logs may lie in: whoever may write the directory of
 * peers must not thereby read any file of the shipper's host. Links are followed first.
 * @throws Trouble `unreachable` when nothing is there, or it lies elsewhere
 */
export function pathBelow(root: string, named: string): string {
  const [top, path] = [realPath(root), realPath(resolve(root, named))];
  if (top === undefined || path === undefined)
    throw new Trouble('unreachable', `There is nothing at ${named} below the shipper's directory of logs.`);
  if (path !== top && !path.startsWith(top + sep))
    throw new Trouble('unreachable', `${named} lies outside the shipper's directory of logs.`);
  return path;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
