/**
 * `npm run bench:scan`: how fast the scanner is on a seeded body of messages, end to end from strings to findings, on
 * one thread, beside its peers in the same run; its start, its memory, long messages and hostile ones. `-- --quick` is
 * a tenth of it. Ends with one line of JSON.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRe2Regex } from '../functions/detection/adapters/re2-regex.ts';
import { createScanner } from '../functions/detection/domain/scanner.ts';
import type { CompiledPack, CompiledRule } from '../functions/detection/domain/pack.ts';
import { createProjectScanner, readProjectPack } from '../scripts/support/project-scanner.ts';
import { createCorpus } from './corpus.ts';
import { HOSTILE } from './hostile.ts';

const quick = process.argv.includes('--quick');
const SEED = 20261121;
const BATCH = 500;
const ROUNDS = 5;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const megabytes = (bytes: number, ms: number): number => bytes / 1e6 / (ms / 1e3);
const timed = (task: () => void): number => {
  const start = performance.now();
  task();
  return performance.now() - start;
};
const show = (what: string, value: string): void => console.log(`${what.padEnd(46)} ${value}`);

// The start is measured first, while nothing is warm.
const startedAt = performance.now();
const scanner = await createProjectScanner();
scanner.scan(['the first message']);
const readyMs = performance.now() - startedAt;

const corpus = createCorpus(quick ? 5_000 : 50_000, SEED);
const found = new Set<number>();
let findings = 0;
const scanAll = (): void => {
  for (let from = 0; from < corpus.messages.length; from += BATCH)
    for (const match of scanner.scan(corpus.messages.slice(from, from + BATCH))) {
      findings += 1;
      found.add(from + match.entry);
    }
};
scanAll();
const missed = [...corpus.leaking].filter((index) => !found.has(index)).length;
const falseAlarms = [...found].filter((index) => !corpus.leaking.has(index)).length;
const mbPerS = median(Array.from({ length: ROUNDS }, () => megabytes(corpus.bytes, timed(scanAll))));
show(
  'messages, bytes each',
  `${corpus.messages.length}, ${Math.round(corpus.bytes / corpus.messages.length)}`,
);
show(
  'scanner',
  `${mbPerS.toFixed(1)} MB/s, ${Math.round((mbPerS * 1e6) / (corpus.bytes / corpus.messages.length))} messages/s`,
);
show(
  'findings, leaks missed, clean messages flagged',
  `${findings / (ROUNDS + 1)}, ${missed}, ${falseAlarms}`,
);
show('ready', `${readyMs.toFixed(1)} ms`);

const pack = await readProjectPack();
const ratioToRipgrep = beside(pack);
const longP99 = longMessages();
const worst = hostile();
const rssMb = Math.round(process.memoryUsage().rss / 1e6);
show('resident memory', `${rssMb} MB`);
console.log(
  JSON.stringify({
    mbPerS: round(mbPerS),
    ratioToRipgrep: ratioToRipgrep === undefined ? null : round(ratioToRipgrep),
    worstAdversarialMbPerS: round(worst),
    long64KbP99Ms: round(longP99),
    readyMs: round(readyMs),
    rssMb,
    missed,
    falseAlarms,
  }),
);

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A rule as one regex: what stands by context, with its words before it. */
function wholeRegex({ regex, context, keywords }: CompiledRule): string {
  if (context === undefined) return regex;
  const words = keywords.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|');
  return String.raw`(?i:${words})[\s\S]{0,${context.within}}?(?:${regex})`;
}

/** The peers, each on as much of the corpus as it gets through in a few seconds. */
function beside({ rules }: CompiledPack): number | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-scan-'));
  try {
    const sample = corpus.messages.slice(0, quick ? 100 : 400);
    const sampleBytes = sample.reduce((sum, message) => sum + Buffer.byteLength(message) + 1, 0);
    const files = {
      all: path.join(folder, 'all.jsonl'),
      sample: path.join(folder, 'sample.jsonl'),
      words: path.join(folder, 'words.txt'),
      rules: path.join(folder, 'rules.txt'),
    };
    writeFileSync(files.all, `${corpus.messages.join('\n')}\n`);
    writeFileSync(files.sample, `${sample.join('\n')}\n`);
    writeFileSync(files.words, `${[...new Set(rules.flatMap((rule) => rule.keywords))].join('\n')}\n`);
    writeFileSync(files.rules, `${rules.map(wholeRegex).join('\n')}\n`);
    const limits = ['--regex-size-limit=4G', '--dfa-size-limit=4G'];
    const run = (
      name: string,
      bytes: number,
      command: string,
      args: readonly string[],
    ): number | undefined => {
      const start = performance.now();
      const result = spawnSync(command, args, { stdio: 'ignore', timeout: 240_000 });
      if (result.error !== undefined || (result.status ?? 2) > 1) {
        show(name, result.error === undefined ? 'failed' : 'not installed, or too slow');
        return undefined;
      }
      const speed = megabytes(bytes, performance.now() - start);
      show(name, `${speed.toFixed(2)} MB/s`);
      return speed;
    };
    run('ripgrep, keywords only', corpus.bytes, 'rg', [
      '-j1',
      '-c',
      '-i',
      '-F',
      '-f',
      files.words,
      files.all,
    ]);
    const regexes = run('ripgrep, the same rules', sampleBytes, 'rg', [
      '-j1',
      '-c',
      ...limits,
      '-f',
      files.rules,
      files.sample,
    ]);
    run('gitleaks, its own rules', corpus.bytes, 'gitleaks', [
      'dir',
      '--no-banner',
      '--exit-code=0',
      files.all,
    ]);
    run('secretlint, its preset', sampleBytes, 'secretlint', [files.sample]);
    const loop = rules.flatMap((rule) => {
      try {
        return [
          new RegExp(
            wholeRegex(rule)
              .replaceAll(/\(\?i:/g, '(?:')
              .replaceAll(/\(\?i\)/g, ''),
            'gi',
          ),
        ];
      } catch {
        // What JavaScript cannot write at all is left out, in its favour.
        return [];
      }
    });
    const few = sample.slice(0, 50);
    const fewBytes = few.reduce((sum, message) => sum + message.length, 0);
    const ms = timed(() => {
      for (const message of few) for (const regex of loop) Array.from(message.matchAll(regex));
    });
    show('each rule on each message in V8', `${megabytes(fewBytes, ms).toFixed(2)} MB/s`);
    return regexes === undefined ? undefined : mbPerS / regexes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Messages of 64 KB of the corpus's text, one by one. */
function longMessages(): number {
  const times: number[] = [];
  const text = corpus.messages.join('\n');
  for (let from = 0; from + 65_536 <= text.length && times.length < 200; from += 65_536)
    times.push(timed(() => void scanner.scan([text.slice(from, from + 65_536)])));
  const p99 = times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
  show('message of 64 KB, p99', `${p99.toFixed(2)} ms`);
  return p99;
}

/** A fresh scanner for each, so that none profits from what another compiled. */
function hostile(): number {
  let worstSpeed = Infinity;
  for (const [name, text] of HOSTILE) {
    const fresh = createScanner(pack, createRe2Regex);
    fresh.scan([text]);
    const rounds = quick ? 3 : 9;
    const speed = median(
      Array.from({ length: rounds }, () =>
        megabytes(
          text.length,
          timed(() => void fresh.scan([text])),
        ),
      ),
    );
    show(`hostile: ${name}`, `${speed.toFixed(1)} MB/s`);
    worstSpeed = Math.min(worstSpeed, speed);
  }
  return worstSpeed;
}
