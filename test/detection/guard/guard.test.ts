import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detect } from '../../../functions/detection/domain/detect.ts';
import { DEFAULT_POLICY, parsePolicy } from '../../../functions/detection/domain/guard-policy.ts';
import { createGuard, type StoppedMessage } from '../../../functions/detection/guard/guard.ts';
import { createLeak, LEAK_TYPES } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { batchOf, NOW } from '../support/batches.ts';
import { projectPack, projectScanner } from '../support/scanner.ts';

const scanner = projectScanner();
const clock = { now: () => NOW };
const KEY = 'guards of one fleet';
const guard = createGuard({ clock, fingerprintKey: KEY });
const redacting = createGuard({
  clock,
  policy: { ...DEFAULT_POLICY, HIGH: 'redact', CRITICAL: 'redact' },
  fingerprintKey: KEY,
});
const random = createRandom(41);
const leakOf = (type: (typeof LEAK_TYPES)[number]) => createLeak(type, random);
const message = (text: string, id = 'm-1') =>
  JSON.stringify({ type: 'task_progress', from: 'agent-3', data: { message_id: id, note: text } });

/** What the detector finds in an entry with these bytes. */
const detected = (bytes: string | Uint8Array) =>
  (detect([batchOf([typeof bytes === 'string' ? bytes : Buffer.from(bytes)])], scanner, NOW)[0] ?? []).map(
    (one) => one.toFinding(() => '0'.repeat(64)),
  );

describe('a guard and the detector', () => {
  const leak = fc
    .record({ type: fc.constantFrom(...LEAK_TYPES), seed: fc.nat() })
    .map(({ type, seed }) => createLeak(type, createRandom(seed)).text);
  const noise = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.json({ maxDepth: 2 }),
    fc.constantFrom('"', '\\', ' ', '\n', '{"', '=', 'key: ', ' token='),
  );
  const text = fc.array(fc.oneof(noise, leak), { maxLength: 6 }).map((parts) => parts.join(' '));
  const anyMessage = fc.oneof(
    text,
    text.map((inner) => message(inner)),
    text.map((inner) => JSON.stringify({ outer: message(inner) })),
    fc
      .tuple(text, fc.uint8Array({ maxLength: 40 }))
      .map(([inner, bytes]) => new Uint8Array(Buffer.concat([bytes, Buffer.from(` ${inner} `), bytes]))),
  );

  it('always agree: what one finds, the other finds, in the same places', () => {
    fc.assert(
      fc.property(anyMessage, (sent) => {
        const place = ({
          rule,
          offset,
          length,
          severity,
          confidence,
        }: ReturnType<typeof detected>[number]) => ({
          ...{ rule, offset, length, severity, confidence },
        });
        expect(guard.check(sent).findings.map(place)).toEqual(detected(sent).map(place));
      }),
      { numRuns: 400 },
    );
  });

  it('always agree on what passes: nothing in it is found again', () => {
    fc.assert(
      fc.property(anyMessage, fc.boolean(), (sent, lenient) => {
        const { verdict, redacted } = (lenient ? redacting : guard).check(sent);
        if (verdict !== 'block') expect(detected(redacted).map(({ rule }) => rule)).toEqual([]);
        // What is shown of a blocked message holds none either.
        else expect(detected(redacted)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a verdict', () => {
  it('lets a message without secrets pass as it is', () => {
    expect(guard.check('all tests pass')).toMatchObject({
      verdict: 'allow',
      findings: [],
      redacted: 'all tests pass',
      noticeForSender: undefined,
      repeated: false,
    });
  });

  it('blocks a CRITICAL finding and tells rule and fingerprint, never the secret', () => {
    const [{ secret }] = leakOf('aws-secret-access-key').secrets;
    const { text } = leakOf('github-pat');
    const told = JSON.stringify(guard.check(message(`export GITHUB_TOKEN=${text}`)));
    const result = guard.check(message(`export GITHUB_TOKEN=${text}`));
    expect(result.verdict).toBe('block');
    const [found] = result.findings;
    expect(found).toMatchObject({
      stage: 'blocked-before-send',
      agent: 'agent-3',
      messageId: 'm-1',
      action: 'block',
    });
    expect(result.noticeForSender).toContain(found?.rule);
    expect(result.noticeForSender).toContain(found?.fingerprint.slice(0, 16));
    expect(told).not.toContain(text);
    expect(told).not.toContain(secret);
  });

  it('redacts where the policy says so, and JSON stays JSON', () => {
    const { text } = leakOf('github-pat');
    const { verdict, redacted } = redacting.check(message(`token ${text} here`));
    expect(verdict).toBe('redact');
    const note = (JSON.parse(String(redacted)) as { data: { note: string } }).data.note;
    expect(note).toMatch(/^token \[SHHH removed a credential here: .+\] here$/);
  });

  it('blocks what a cut would break, or leave a secret in', () => {
    const pack = projectPack();
    // A rule of one's own that cuts through an escape.
    const rule = {
      ...pack.rules[0],
      name: 'QUOTED',
      regex: 'marker-[a-z]+\\\\',
      secretGroup: 0,
      keywords: ['marker-'],
    };
    const breaking = createGuard({
      clock,
      policy: { LOW: 'redact', MEDIUM: 'redact', HIGH: 'redact', CRITICAL: 'redact' },
      pack: {
        ...pack,
        rules: [
          {
            ...rule,
            lookBehind: 0,
            run: { bytes: '', length: 0 },
            maxLength: 64,
            minEntropy: 0,
            checks: [],
            allowlist: [],
            companions: undefined,
            confidence: 0.9,
          },
        ],
      },
    });
    const result = breaking.check(JSON.stringify({ note: 'marker-abcdefghijklmnop"' }));
    expect(result.verdict).toBe('block');
  });

  it('lets pass what the policy allows, and says what it saw', () => {
    const watching = createGuard({
      clock,
      policy: { LOW: 'allow', MEDIUM: 'allow', HIGH: 'allow', CRITICAL: 'allow' },
    });
    const sent = message(leakOf('github-pat').text);
    const result = watching.check(sent);
    expect(result).toMatchObject({ verdict: 'allow', redacted: sent, noticeForSender: undefined });
    expect(result.findings).toHaveLength(1);
  });

  it('recognises a repeat by agent and message id, and gives its findings the ids of the first', () => {
    const { text } = leakOf('npm-token');
    const first = guard.check(message(text, 'm-7'));
    const again = guard.check(message(text, 'm-7'));
    const other = guard.check(message(text, 'm-8'));
    expect([first.repeated, again.repeated, other.repeated]).toEqual([false, true, false]);
    expect(again.findings.map(({ findingId }) => findingId)).toEqual(
      first.findings.map(({ findingId }) => findingId),
    );
    expect(other.findings[0]?.findingId).not.toBe(first.findings[0]?.findingId);
  });

  it('names a message without an id after its redacted text, so that it is known again', () => {
    const { text } = leakOf('npm-token');
    const first = guard.check(`run with ${text}`, { agent: 'a' });
    expect(first.messageId).toMatch(/^sha256-[0-9a-f]{32}$/);
    expect(guard.check(`run with ${text}`, { agent: 'a' })).toMatchObject({
      messageId: first.messageId,
      repeated: true,
    });
    expect(guard.check(`walk with ${text}`, { agent: 'a' }).messageId).not.toBe(first.messageId);
  });

  it('keeps secrets out of the names that the sender gives', () => {
    const { text } = leakOf('github-pat');
    const stopped: StoppedMessage[] = [];
    const telling = createGuard({ clock, onStopped: (each) => stopped.push(each) });
    telling.check(message(text, text), { agent: `agent ${text}` });
    expect(stopped).toHaveLength(1);
    expect(JSON.stringify(stopped)).not.toContain(text);
  });

  it('tells guards with the same key the same fingerprint, and others another', () => {
    const { text } = leakOf('github-pat');
    const fingerprints = [KEY, KEY, 'guards of another one'].map(
      (fingerprintKey) => createGuard({ clock, fingerprintKey }).check(text).findings[0]?.fingerprint,
    );
    expect(fingerprints[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprints[1]).toBe(fingerprints[0]);
    expect(fingerprints[2]).not.toBe(fingerprints[0]);
    expect(() => createGuard({ fingerprintKey: 'short' })).toThrow(/16 characters/);
  });
});

describe('a guard that fails', () => {
  const fail = () => {
    throw new Error('out of memory, while looking at a secret');
  };
  const broken = () => ({ exec: fail, matchAt: fail, mayMatchAt: fail });
  const { text } = leakOf('github-pat');
  /** Compiles at first, and breaks on the first message that has a keyword of a rule. */
  const failing = (whenGuardFails?: 'block' | 'allow') =>
    createGuard({ clock, createRegex: broken, ...(whenGuardFails && { whenGuardFails }) });

  it('is closed by default, and says that it could not look', () => {
    const result = failing().check(message(text));
    expect(result).toMatchObject({ verdict: 'block', failure: 'scan_failed', redacted: '' });
    expect(JSON.stringify(result)).not.toContain('out of memory');
    expect(result.noticeForSender).toMatch(/could not check/);
  });

  it('lets everything pass if it was told to', () => {
    expect(failing('allow').check(message(text))).toMatchObject({
      verdict: 'allow',
      failure: 'scan_failed',
      redacted: message(text),
    });
  });

  it('fails on a message that is larger than it may be', () => {
    const small = createGuard({ clock, maxMessageBytes: 10 });
    expect(small.check('ten bytes.').verdict).toBe('allow');
    expect(small.check('eleven byte')).toMatchObject({ verdict: 'block', failure: 'message_too_large' });
  });
});

describe('the rules of a guard', () => {
  it('are taken whole, or not at all', () => {
    const changing = createGuard({ clock });
    const before = changing.pack;
    const pack = projectPack();
    const { text } = leakOf('github-pat');
    const [first, ...rest] = pack.rules;
    for (const bad of [
      undefined,
      {},
      { ...pack, rules: [] },
      { ...pack, version: 2 },
      { ...pack, rules: [{ ...first, regex: '(?<=no)lookbehind' }, ...rest] },
    ]) {
      expect(changing.use(bad).ok).toBe(false);
      expect(changing.pack).toBe(before);
      expect(changing.check(text).verdict).toBe('block');
    }
    expect(changing.use({ ...pack, digest: 'another' })).toEqual({ ok: true, value: 'another' });
    expect(changing.pack).toBe('another');
  });

  it('are made ready between checks, which go on under the old ones until then', async () => {
    const changing = createGuard();
    const old = changing.pack;
    const pack = projectPack();
    const rules = pack.rules.map((rule) => ({ ...rule, regex: `(?:${rule.regex})` }));
    const seen: string[] = [];
    const checking = setInterval(() => seen.push(changing.check(leakOf('github-pat').text).pack), 0);
    expect(await changing.useGradually({ ...pack, rules, digest: 'another' })).toEqual({
      ok: true,
      value: 'another',
    });
    clearInterval(checking);
    expect(seen.length).toBeGreaterThan(3);
    expect(new Set(seen)).toEqual(new Set([old]));
    expect(changing.check('hello').pack).toBe('another');
    expect((await changing.useGradually({ rules: 'none' })).ok).toBe(false);
    expect(changing.pack).toBe('another');
  });
});

describe('a policy', () => {
  it('is read from a list, and refuses what is none', () => {
    expect(parsePolicy('')).toEqual(DEFAULT_POLICY);
    expect(parsePolicy('low=allow, HIGH=redact')).toEqual({
      ...DEFAULT_POLICY,
      LOW: 'allow',
      HIGH: 'redact',
    });
    expect(parsePolicy('SEVERE=block')).toMatch(/SEVERE=block/);
    expect(parsePolicy('HIGH=ignore')).toMatch(/allow, redact, block/);
  });
});
