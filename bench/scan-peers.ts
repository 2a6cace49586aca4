/**
 * Other scanners over the messages of bench:scan, on one thread. What is not installed is left out, with a word on how
 * to get it. Times are of the processor, start-up taken off.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { CompiledPack, CompiledRule } from '../functions/detection/domain/pack.ts';

/** How fast a peer was, or why that is not known. */
export interface Peer {
  readonly name: string;
  readonly mbPerS: number | undefined;
  readonly note: string;
}

interface Folders {
  /** Where peers are installed. */
  readonly peers: string;
  /** Where files for them are written. */
  readonly scratch: string;
}

const LIMIT_MS = 120_000;

interface Ran {
  /** Of the processor, all threads together. */
  readonly ms: number;
  readonly status: number | undefined;
  readonly output: string;
}

/** `times` of the shell tells the processor time of what it ran. */
function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
  const script = '"$@" 2>/dev/null; status=$?; echo; times; exit $status';
  const ran = spawnSync('sh', ['-c', script, 'sh', command, ...args], {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    maxBuffer: 1 << 28,
    env: { ...process.env, ...env },
  });
  const last = ran.stdout.trim().split('\n').at(-1) ?? '';
  const ms = [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
  return { ms, status: ran.status ?? undefined, output: ran.stdout };
}

const bytesOf = (messages: readonly string[]): number =>
  messages.reduce((sum, message) => sum + Buffer.byteLength(message) + 1, 0);

/** A program below the peers' folder, else one on the path. */
function find(folder: string, name: string): string | undefined {
  const own = path.join(folder, name, 'bin', name);
  if (existsSync(own)) return own;
  return run(name, ['--version']).status === 0 ? name : undefined;
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

/** A rule as engines without our form of rules take it: one regex; a rule of context is its words, what lies between, and the value. */
function wholeRegex({ regex, keywords, context }: CompiledRule): string {
  if (context === undefined) return regex;
  return String.raw`(?i:${keywords.map(escaped).join('|')})[\s\S]{0,${context.within}}?(?:${regex})`;
}

/**
 * ripgrep over a file of one message a line, counting lines: a line with many findings counts once, in its favour (but
 * keywords, of which every line has one near its start, are counted one by one).
 * Unicode classes are off, as in RE2. Each configuration gets as many messages as it may get through in half a minute.
 */
export function ripgrep({ rules }: CompiledPack, messages: readonly string[], folders: Folders) {
  const rg = find(folders.peers, 'rg');
  const fixed = rules.filter((rule) => rule.context === undefined);
  const prefixes = fixed.filter((rule) => rule.generic === 'none');
  const keywords = [...new Set(rules.flatMap((rule) => rule.keywords))];
  const all = rules.map(wholeRegex);
  const configurations: readonly {
    readonly name: string;
    readonly findsTheSame: boolean;
    readonly count: number;
    readonly patterns: readonly string[];
    readonly options?: readonly string[];
    /** Over the same file so many times: the shell's clock ticks every 10 ms. */
    readonly times?: number;
  }[] = [
    { name: 'all rules, one a line', findsTheSame: true, count: 200, patterns: all },
    {
      name: 'all rules as one alternation',
      findsTheSame: true,
      count: 200,
      patterns: [all.map((regex) => `(?:${regex})`).join('|')],
    },
    {
      name: `without the rules of context: ${fixed.length}`,
      findsTheSame: false,
      count: 200,
      patterns: fixed.map(({ regex }) => regex),
    },
    {
      name: `its best case, rules with a form of their own: ${prefixes.length}`,
      findsTheSame: false,
      count: 2_000,
      patterns: prefixes.map(({ regex }) => regex),
    },
    {
      name: `no rules, the ${keywords.length} keywords`,
      findsTheSame: false,
      count: messages.length,
      patterns: keywords,
      options: ['-F', '-i', '--count-matches'],
      times: 4,
    },
  ];
  return configurations.map(({ name, findsTheSame, count, patterns, options = [], times = 1 }) => {
    const title = `ripgrep, ${name}`;
    if (rg === undefined) return { name: title, mbPerS: undefined, note: 'not installed', findsTheSame };
    const sample = messages.slice(0, count);
    const files = {
      rules: path.join(folders.scratch, 'patterns.txt'),
      text: path.join(folders.scratch, 'messages.jsonl'),
      none: path.join(folders.scratch, 'none.jsonl'),
    };
    writeFileSync(files.rules, `${patterns.join('\n')}\n`);
    writeFileSync(files.text, `${sample.join('\n')}\n`);
    writeFileSync(files.none, '');
    const limits = ['--regex-size-limit=4G', '--dfa-size-limit=4G'];
    const args = ['--no-config', '-j1', '-c', '--no-unicode', ...limits, ...options, '-f', files.rules];
    const start = run(rg, [...args, files.none]);
    const whole = run(rg, [...args, ...Array.from({ length: times }, () => files.text)]);
    if (whole.status === undefined || whole.status > 1)
      return { name: title, mbPerS: undefined, note: 'refused, or not done in two minutes', findsTheSame };
    const ms = Math.max(1, whole.ms - start.ms);
    return {
      name: title,
      mbPerS: (times * bytesOf(sample)) / 1000 / ms,
      note: `${sample.length} messages; ${Math.round(start.ms)} ms to start`,
      findsTheSame,
    };
  });
}

/** gitleaks with its own rules over the same file. */
export function gitleaks(messages: readonly string[], folders: Folders): Peer {
  const name = 'gitleaks, its own rules';
  const command = find(folders.peers, 'gitleaks');
  const sample = messages.slice(0, 5_000);
  if (command === undefined) return { name, mbPerS: undefined, note: 'not installed' };
  const text = path.join(folders.scratch, 'messages.jsonl');
  const none = path.join(folders.scratch, 'none.jsonl');
  writeFileSync(text, `${sample.join('\n')}\n`);
  writeFileSync(none, '');
  const args = ['dir', '--no-banner', '--log-level', 'error', '--redact', '--exit-code', '0'];
  const single = { GOMAXPROCS: '1' };
  const start = run(command, [...args, none], single);
  const whole = run(command, [...args, text], single);
  if (whole.status !== 0) return { name, mbPerS: undefined, note: 'failed, or not done in two minutes' };
  return {
    name,
    mbPerS: bytesOf(sample) / 1000 / Math.max(1, whole.ms - start.ms),
    note: `${sample.length} messages; ${Math.round(start.ms)} ms to start`,
  };
}

const linted = z.object({ eachMs: z.number(), wholeMs: z.number() });

/** secretlint's core with its recommended rules, called for each message and for all of them in one text. */
export function secretlint(messages: readonly string[], folders: Folders): readonly Peer[] {
  const names = ['secretlint, its preset, per message', 'secretlint, its preset, one text'] as const;
  const folder = path.join(folders.peers, 'secretlint');
  const missing = (note: string): readonly Peer[] => names.map((name) => ({ name, mbPerS: undefined, note }));
  if (!existsSync(path.join(folder, 'node_modules', '@secretlint', 'core'))) return missing('not installed');
  const sample = messages.slice(0, 300);
  const text = path.join(folders.scratch, 'messages.jsonl');
  const script = path.join(folder, 'bench.mjs');
  writeFileSync(text, `${sample.join('\n')}\n`);
  writeFileSync(script, SECRETLINT);
  const ran = run(process.execPath, [script, text]);
  const line = ran.output.split('\n').find((each) => each.startsWith('{'));
  if (ran.status !== 0 || line === undefined) return missing('failed, or not done in two minutes');
  const { eachMs, wholeMs } = linted.parse(JSON.parse(line));
  const note = `${sample.length} messages`;
  return [
    { name: names[0], mbPerS: bytesOf(sample) / 1000 / eachMs, note },
    { name: names[1], mbPerS: bytesOf(sample) / 1000 / wholeMs, note },
  ];
}

const SECRETLINT = `
import { readFileSync } from 'node:fs';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
const config = { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }] };
const lint = (content) => lintSource({ source: { filePath: 'message.json', content, ext: '.json', contentType: 'text' }, options: { config, noPhysicFilePath: true } });
const text = readFileSync(process.argv[2], 'utf8');
const messages = text.trim().split('\\n');
const time = async (task) => {
  const before = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(before);
  return Math.max(1, (user + system) / 1000);
};
const each = async () => { for (const message of messages) await lint(message); };
await each();
console.log(JSON.stringify({ eachMs: await time(each), wholeMs: await time(() => lint(text)) }));
`;

/** Each rule in turn on each message, in V8's own regexes; a rule that V8 cannot take is left out, in its favour. */
export function plainLoop({ rules }: CompiledPack, messages: readonly string[]): Peer {
  const regexes = rules.flatMap((rule) => {
    try {
      return [new RegExp(wholeRegex(rule).replaceAll('(?i:', '(?:').replaceAll('(?i)', ''), 'gi')];
    } catch {
      return [];
    }
  });
  const sample = messages.slice(0, 50);
  const before = process.cpuUsage();
  for (const message of sample) for (const regex of regexes) Array.from(message.matchAll(regex));
  const { user, system } = process.cpuUsage(before);
  return {
    name: 'each rule in turn, in V8',
    mbPerS: bytesOf(sample) / (user + system),
    note: `${sample.length} messages, ${regexes.length} rules`,
  };
}
