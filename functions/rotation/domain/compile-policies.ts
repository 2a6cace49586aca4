/** Reads the rotation policies as people write them; a refusal names the line and the reason. */
import { LineCounter, parseDocument } from 'yaml';
import { err, ok, type Result } from '../../kernel/result.ts';
import { yamlLineOf } from '../../kernel/yaml-line.ts';
import { checkKinds, rotationPolicies, type PolicyProblem } from './policy.ts';
import type { RotatorDescription, VerifierDescription } from './ports.ts';

/**
 * @param text YAML
 * @returns the document as it is to be packed, or one line for each problem: `patterns/rotation.yaml:12: secrets.0.…`
 */
export function compilePolicies(
  file: string,
  text: string,
  rotators: readonly RotatorDescription[],
  verifiers: readonly VerifierDescription[],
): Result<unknown, readonly string[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0)
    return err(
      document.errors.map(
        ({ pos, message }) => `${file}:${lines.linePos(pos[0]).line}: ${message.split('\n')[0] ?? 'no YAML'}`,
      ),
    );
  const written: unknown = document.toJS();
  const read = rotationPolicies.safeParse(written);
  const problems: readonly PolicyProblem[] = read.success
    ? checkKinds(read.data, rotators, verifiers)
    : read.error.issues.map(({ path, message }) => ({
        path: path.map((each) => (typeof each === 'number' ? each : String(each))),
        message,
      }));
  if (problems.length === 0) return ok(written);
  return err(
    problems.map(
      ({ path, message }) =>
        `${file}:${yamlLineOf(document, lines, path) ?? 1}: ${path.join('.') || 'the policies'}: ${message}`,
    ),
  );
}
