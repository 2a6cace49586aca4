/** From the rules as people write them to the pack that the scanner reads; refuses what would fail or lie later. */
import { createHash } from 'node:crypto';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { severity } from '../../contracts/finding.ts';
import { analyseRegex } from './regex-analysis.ts';
import { brokenLocks, locksOf, type Locks } from './locks.ts';
import { ruleFile, type CompiledPack, type CompiledRule, type RuleSource } from './pack.ts';
import type { CreateRegex } from './ports.ts';
import { createScanner } from './scanner.ts';

export interface PatternFile {
  readonly name: string;
  readonly text: string;
}

/** Why a pack cannot be: in which file, where, which rule, and what to change. */
export interface PatternProblem {
  readonly file: string;
  readonly line: number | undefined;
  readonly rule: string | undefined;
  readonly reason: string;
}

export interface NamedRule {
  readonly file: string;
  readonly line: number | undefined;
  readonly name: string;
  readonly source: RuleSource;
}

/** Reads rule files: every well-formed rule, and every problem of form. */
export function readPatterns(files: readonly PatternFile[]): {
  rules: readonly NamedRule[];
  problems: readonly PatternProblem[];
} {
  const rules: NamedRule[] = [];
  const problems: PatternProblem[] = [];
  for (const file of files) {
    const lines = new LineCounter();
    const document = parseDocument(file.text, { lineCounter: lines, uniqueKeys: true });
    for (const error of document.errors)
      problems.push({
        file: file.name,
        line: error.linePos?.[0].line,
        rule: undefined,
        reason: firstLine(error.message),
      });
    if (document.errors.length > 0) continue;
    const parsed = ruleFile.safeParse(document.toJS());
    if (!parsed.success) {
      for (const issue of parsed.error.issues) {
        const path = issue.path.map(String);
        problems.push({
          file: file.name,
          line: lineOf(document, lines, path),
          rule: path[0],
          reason: `${path.slice(1).join('.') || 'rule'}: ${issue.message}`,
        });
      }
      continue;
    }
    for (const [name, source] of Object.entries(parsed.data))
      rules.push({ file: file.name, line: lineOf(document, lines, [name]), name, source });
  }
  return { rules, problems };
}

/**
 * Compiles every active rule and tries its examples.
 * @param before the locks of the pack that this one takes the place of
 * @returns the pack, or each problem found; never both
 */
export function compilePack(
  files: readonly PatternFile[],
  createRegex: CreateRegex,
  before: Locks = {},
): { readonly pack: CompiledPack } | { readonly problems: readonly PatternProblem[] } {
  const read = readPatterns(files);
  const problems: PatternProblem[] = [...read.problems];
  const names = new Map<string, string>();
  const compiled: CompiledRule[] = [];
  for (const rule of read.rules) {
    const refuse = (reason: string): void => {
      problems.push({ file: rule.file, line: rule.line, rule: rule.name, reason });
    };
    const elsewhere = names.get(rule.name);
    if (elsewhere !== undefined) refuse(`a rule of this name stands in ${elsewhere} too; rename one`);
    names.set(rule.name, rule.file);
    const one = compileRule(rule, createRegex, refuse);
    if (one !== undefined && rule.source.active) compiled.push(one);
  }
  const active = new Set(read.rules.filter(({ source }) => source.active).map(({ name }) => name));
  for (const { file, line, name, source } of read.rules) {
    const { companions } = source;
    if (companions === undefined) continue;
    for (const companion of companions.rules)
      if (!active.has(companion))
        problems.push({
          ...{ file, line },
          rule: name,
          reason: `companions: there is no active rule ${companion}`,
        });
    if (severity.options.indexOf(companions.severityAlone) >= severity.options.indexOf(source.severity))
      problems.push({
        ...{ file, line },
        rule: name,
        reason: `companions: severityAlone must be below the rule's own severity, ${source.severity}`,
      });
  }
  for (const [name, reason] of brokenLocks(before, read.rules)) {
    const rule = read.rules.find((one) => one.name === name);
    problems.push({
      file: rule?.file ?? 'patterns',
      line: rule?.line,
      rule: name,
      reason: `locked: ${reason}`,
    });
  }
  if (compiled.length === 0 && problems.length === 0)
    problems.push({ file: 'patterns', line: undefined, rule: undefined, reason: 'no active rule was found' });
  if (problems.length > 0) return { problems };
  const digest = createHash('sha256').update(JSON.stringify(compiled)).digest('hex').slice(0, 12);
  const locks = locksOf(read.rules);
  return {
    pack: { version: 1, digest, rules: compiled, ...(Object.keys(locks).length > 0 && { locks }) },
  };
}

function compileRule(
  { name, source }: NamedRule,
  createRegex: CreateRegex,
  refuse: (reason: string) => void,
): CompiledRule | undefined {
  const keywords = [...new Set(source.keywords)];
  for (const keyword of keywords)
    if (!/^[\x20-\x7e]+$/.test(keyword)) refuse(`keywords: "${keyword}" is not printable ASCII`);
  try {
    createRegex(source.regex);
    for (const allowed of source.allowlist ?? []) createRegex(allowed);
  } catch (error) {
    refuse(`regex: RE2 does not compile it: ${reasonOf(error)}`);
    return undefined;
  }
  for (const [index, update] of (source.pending_updates ?? []).entries()) {
    if (update.regex === undefined) continue;
    try {
      createRegex(update.regex);
    } catch (error) {
      refuse(`pending_updates[${index}]: RE2 does not compile its regex: ${reasonOf(error)}`);
    }
    if (update.status === 'approved' && update.regex !== source.regex)
      refuse(
        `pending_updates[${index}] is approved but is not the rule's regex: apply it, or decide otherwise`,
      );
  }
  let facts;
  try {
    facts = analyseRegex(
      source.regex,
      keywords.map((keyword) => keyword.toLowerCase()),
    );
  } catch (error) {
    refuse(`regex: ${reasonOf(error)}`);
    return undefined;
  }
  const lookBehind = source.context === undefined ? facts.lookBehind : 0;
  if (lookBehind === undefined) {
    refuse(
      `keywords: the regex can match text that holds none of ${keywords.join(', ')}, or holds it too far from its start, so the prefilter would lose it`,
    );
    return undefined;
  }
  if (source.secretGroup !== undefined && source.secretGroup > facts.groups) {
    refuse(`secretGroup: the regex has ${facts.groups} groups, not ${source.secretGroup}`);
    return undefined;
  }
  const rule: CompiledRule = {
    name,
    secretType: source.secretType ?? name.toLowerCase().replaceAll('_', '-'),
    provider: source.provider,
    regex: source.regex,
    ...(source.secretGroup !== undefined && { secretGroup: source.secretGroup }),
    keywords,
    exactKeywords: source.context === undefined && !source.regex.includes('(?i'),
    wordStart: source.context === undefined && lookBehind === 0 && source.regex.startsWith('\\b'),
    lookBehind,
    maxLength: Math.min(facts.maxLength, source.maxLength ?? facts.maxLength),
    run: facts.run,
    severity: source.severity,
    confidence: source.confidence,
    minEntropy: source.minEntropy ?? 0,
    generic: source.generic ?? 'none',
    ...(source.context && { context: source.context }),
    checks: source.checks ?? [],
    allowlist: source.allowlist ?? [],
    ...(source.companions && { companions: source.companions }),
    recommendedAction: source.recommendedAction,
  };
  const alone = createScanner({ version: 1, digest: name, rules: [rule] }, createRegex);
  for (const [index, text] of source.examples.match.entries())
    if (alone.scan([text]).length === 0) refuse(`examples.match[${index}] is not found by the rule`);
  for (const [index, text] of source.examples.noMatch.entries())
    if (alone.scan([text]).length > 0)
      refuse(`examples.noMatch[${index}] is found by the rule and should not be`);
  return rule;
}

/** One problem as one line: `patterns/cloud.yaml:12 AWS_KEY: regex: …`. */
export function describeProblem(problem: PatternProblem): string {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
  return problem.rule === undefined
    ? `${place}: ${problem.reason}`
    : `${place} ${problem.rule}: ${problem.reason}`;
}

function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      const start: unknown = node.range[0];
      if (typeof start === 'number') return lines.linePos(start).line - (depth === 1 ? 1 : 0);
    }
  }
  return undefined;
}

const firstLine = (text: string): string => text.split('\n')[0] ?? text;
const reasonOf = (error: unknown): string =>
  firstLine(error instanceof Error ? error.message : 'unknown error');
