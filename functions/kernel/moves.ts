/** A table of moves between states, from which a write's condition, a diagram and property tests are made. */
export interface Transition<S extends string> {
  readonly from: readonly S[];
  readonly to: S;
}

export interface MachineTable<S extends string, M extends string> {
  readonly initial: S;
  /** Where it ends: nothing moves it on by itself. */
  readonly terminal: ReadonlySet<S>;
  readonly transitions: Readonly<Record<M, Transition<S>>>;
}

/** The state that a move leads to, or undefined where there is no such move from here. */
export function nextState<S extends string, M extends string>(
  { transitions }: MachineTable<S, M>,
  move: M,
  from: S,
): S | undefined {
  const { from: valid, to } = transitions[move];
  return valid.includes(from) ? to : undefined;
}

/** The part of a DynamoDB condition that admits a move: `#status IN (:from0, :from1)` with its values. */
export function moveCondition<S extends string, M extends string>(
  { transitions }: MachineTable<S, M>,
  move: M,
): { readonly expression: string; readonly values: Readonly<Record<string, string>> } {
  const { from } = transitions[move];
  return {
    expression: `#status IN (${from.map((_, index) => `:from${index}`).join(', ')})`,
    values: Object.fromEntries(from.map((state, index) => [`:from${index}`, state])),
  };
}

/** The table as a mermaid state diagram: moves with the same ends share an arrow. */
export function diagramOf<S extends string, M extends string>(table: MachineTable<S, M>): string {
  const arrows = new Map<string, string[]>();
  const moves: readonly [string, Transition<S>][] = Object.entries(table.transitions);
  for (const [move, { from, to }] of moves)
    for (const state of from) {
      const arrow = `${state} --> ${to}`;
      arrows.set(arrow, [...(arrows.get(arrow) ?? []), move]);
    }
  return [
    'stateDiagram-v2',
    `    [*] --> ${table.initial}`,
    ...[...arrows].map(([arrow, moved]) => `    ${arrow}: ${moved.join(', ')}`),
    ...[...table.terminal].map((state) => `    ${state} --> [*]`),
  ].join('\n');
}
