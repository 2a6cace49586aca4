/** Reads the response policy as people write it; a refusal names the line and the reason. */
import { LineCounter, parseDocument } from 'yaml';
import { err, ok, type Result } from '../../kernel/result.ts';
import { responsePolicy, type ResponsePolicy } from './policy.ts';

/** @param text YAML @returns the policy, or one line for each problem: `patterns/response.yaml:12: rules.0.response: …` */
export function compilePolicy(file: string, text: string): Result<ResponsePolicy, readonly string[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0)
    return err(
      document.errors.map(
        ({ pos, message }) => `${file}:${lines.linePos(pos[0]).line}: ${message.split('\n')[0] ?? 'no YAML'}`,
      ),
    );
  const read = responsePolicy.safeParse(document.toJS());
  if (read.success) return ok(read.data);
  return err(
    read.error.issues.map(({ path, message }) => {
      const names = path.map(String);
      return `${file}:${lineOf(names)}: ${names.join('.') || 'the policy'}: ${message}`;
    }),
  );

  /** Of the place, or of the nearest thing around it that is written. */
  function lineOf(path: readonly string[]): number {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const node: unknown = document.getIn(path.slice(0, depth), true);
      if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
        const start: unknown = node.range[0];
        if (typeof start === 'number') return lines.linePos(start).line;
      }
    }
    return 1;
  }
}
