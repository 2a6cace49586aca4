import { err, ok, type Result } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';
import { note, type Note } from '../domain/note.ts';

/** @returns the message that a channel's queue holds, or why it is none, without quoting it */
export function readNote(body: string): Result<Note, string> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return err('it is no JSON');
  }
  const parsed = note.safeParse(value);
  return parsed.success ? ok(parsed.data) : err(describeProblems(parsed.error));
}
