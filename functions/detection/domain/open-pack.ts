/** Makes a scanner of a pack that came from elsewhere, or says why it is none. */
import { createHash } from 'node:crypto';
import { err, ok, type Result } from '../../kernel/result.ts';
import { compiledPack } from './pack.ts';
import type { CreateRegex } from './ports.ts';
import { createDetector, type Detector } from './detector.ts';

/** Rules that are ready to scan with. */
export interface OpenedPack {
  readonly scanner: Detector;
  /** Every regex of the pack: the next pack has most of them too. */
  readonly sources: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * The scanner compiles a rule when it first meets one of its keywords, which is too late to refuse a pack that was
 * fetched: here every regex is compiled, and one scan is tried.
 * @param pack as `patterns.json` holds it
 * @param known regexes that are known to compile, and need not be tried again
 * @returns the rules, or why the pack is none; names rules and quotes nothing else
 */
export function openPack(
  pack: unknown,
  createRegex: CreateRegex,
  known: ReadonlySet<string> = NONE,
): Result<OpenedPack, string> {
  const steps = openPackInSteps(pack, createRegex, known);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** As {@link openPack}, in steps between which others may work: each takes some milliseconds at most. */
export function* openPackInSteps(
  pack: unknown,
  createRegex: CreateRegex,
  known: ReadonlySet<string> = NONE,
): Generator<undefined, Result<OpenedPack, string>> {
  const parsed = compiledPack.safeParse(pack);
  if (!parsed.success) {
    const places = parsed.error.issues
      .slice(0, 3)
      .map(({ path, code }) => `${path.join('.') || 'all of it'}: ${code}`);
    return err(`it is no pack of this version (${places.join('; ')})`);
  }
  yield;
  const sources = new Set<string>();
  for (const { name, regex, allowlist } of parsed.data.rules) {
    const fresh = [regex, ...allowlist].filter((source) => !known.has(source) && !sources.has(source));
    try {
      fresh.forEach((source) => createRegex(source));
    } catch {
      return err(`RE2 does not compile its rule ${name}`);
    }
    for (const source of [regex, ...allowlist]) sources.add(source);
    if (fresh.length > 0) yield;
  }
  try {
    const scanner = createDetector(parsed.data, createRegex);
    scanner.scan(['a first look']);
    return ok({ scanner, sources });
  } catch {
    return err('the scanner does not start with it');
  }
}

/** `ETag` of a pack's document: the SHA-256 over its bytes in hex, in quotes. A client holds the document against it. */
export function packTag(document: string): string {
  return `"${createHash('sha256').update(document).digest('hex')}"`;
}
