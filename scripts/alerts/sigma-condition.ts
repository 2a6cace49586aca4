/** Sigma's conditions: `selection and not (filter or 1 of noise_*)`. */
import { err, ok, type Result } from '../../functions/kernel/result.ts';
import type { Condition } from '../../functions/alerts/domain/sigma/rule.ts';

/** @param names of the rule's selections, which `them` and patterns choose among */
export function parseCondition(text: string, names: readonly string[]): Result<Condition, string> {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const peek = () => tokens[at]?.toLowerCase();

  function either(): Condition {
    const of = [both()];
    while (peek() === 'or') {
      at += 1;
      of.push(both());
    }
    return single(of) ?? { op: 'or', of };
  }

  function both(): Condition {
    const of = [unary()];
    while (peek() === 'and') {
      at += 1;
      of.push(unary());
    }
    return single(of) ?? { op: 'and', of };
  }

  function unary(): Condition {
    const token = tokens[at];
    at += 1;
    if (token === undefined) throw new SyntaxError('it ends where a selection should stand');
    if (token.toLowerCase() === 'not') return { op: 'not', of: unary() };
    if (token === '(') {
      const inner = either();
      if (tokens[at] !== ')') throw new SyntaxError('a parenthesis is not closed');
      at += 1;
      return inner;
    }
    if (
      (token === '1' || token.toLowerCase() === 'all' || token.toLowerCase() === 'any') &&
      peek() === 'of'
    ) {
      const pattern = tokens[at + 1] ?? '';
      at += 2;
      return quantified(token.toLowerCase() === 'all' ? 'and' : 'or', pattern);
    }
    if (!names.includes(token))
      throw new SyntaxError(`\`${token}\` is none of the selections ${names.join(', ')}`);
    return { op: 'selection', name: token };
  }

  function quantified(op: 'and' | 'or', pattern: string): Condition {
    const chosen = names.filter((name) =>
      // By the specification, `them` leaves out names that begin with an underscore.
      pattern === 'them' ? !name.startsWith('_') : fits(pattern, name),
    );
    if (chosen.length === 0)
      throw new SyntaxError(`\`${pattern}\` fits none of the selections ${names.join(', ')}`);
    return { op, of: chosen.map((name) => ({ op: 'selection', name })) };
  }

  try {
    const condition = either();
    if (at < tokens.length) throw new SyntaxError(`\`${tokens[at] ?? ''}\` is more than a condition`);
    return ok(condition);
  } catch (error) {
    if (error instanceof SyntaxError) return err(`condition: ${error.message}`);
    throw error;
  }
}

function single<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined;
}

function fits(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === name;
  const tail = rest.at(-1) ?? '';
  return name.startsWith(head) && name.endsWith(tail) && name.length >= head.length + tail.length;
}
