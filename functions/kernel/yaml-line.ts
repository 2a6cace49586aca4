/** Of a parsed YAML document, what is needed to find a place in it: the parser's own types stay out of the kernel. */
interface YamlDocument {
  readonly contents: unknown;
  getIn(path: Iterable<unknown>, keepScalar: true): unknown;
}
interface LinePositions {
  linePos(offset: number): { readonly line: number };
}

/** The line, from 1, of what stands at a path; where nothing does, of the nearest thing around it. */
export function yamlLineOf(
  document: YamlDocument,
  lines: LinePositions,
  path: readonly PropertyKey[],
): number | undefined {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range))
      continue;
    const start: unknown = node.range[0];
    if (typeof start === 'number') return lines.linePos(start).line;
  }
  return undefined;
}
