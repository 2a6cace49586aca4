/**
 * `npm run bench:scan`: how fast the detector is on a seeded body of messages, end to end from strings to findings, on
 * one thread, beside its peers in the same run; its start, its memory, long messages and hostile ones. `-- --quick` is
 * a tenth of the messages, and of the hostile ones those that do not go through every keyword and every rule. Ends with
 * one line of JSON. Times are of the processor, so that other load on the machine counts less; wall where it says so.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRe2Regex } from '../functions/detection/adapters/re2-regex.ts';
import { readPatterns } from '../functions/detection/domain/compile.ts';
import { createScanner } from '../functions/detection/domain/scanner.ts';
import { readPatternFiles } from '../scripts/build-patterns.ts';
import { createProjectScanner, readProjectPack } from '../scripts/support/project-scanner.ts';
import { BUILD_DIR } from '../scripts/support/project.ts';
import { createCorpus } from './corpus.ts';
import { hostileRules, hostileTexts, type HostileText } from './hostile.ts';
import { gitleaks, plainLoop, ripgrep, secretlint, type Peer } from './scan-peers.ts';

const quick = process.argv.includes('--quick');
const SEED = 20261121;
const BATCH = 500;
const ROUNDS = 7;
const COLD_STARTS = 5;
const LONG_MESSAGES = 1_000;
/** What is faster by the clock, within a few scans, is not measured; in MB/s. */
const SEEMS_SLOW = 10;
/** So long a hostile text is scanned beforehand: until then a thread beside compiles what is run, on the same clock. */
const WARM_MS = 400;
/** So long it is scanned again and again: a processor's clock may tick only every few milliseconds. */
const LEAST_MS = 200;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const round = (value: number, digits = 1): number => Number(value.toFixed(digits));
/** So that a long run shows that it runs; on standard error, which nobody parses. */
const progress = (what: string): void => console.error(`… ${what}`);
const show = (what: string, value: string): void => console.log(`${what.padEnd(64)} ${value}`);

function cpuMs(task: () => void): number {
  const before = process.cpuUsage();
  task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function wallMs(task: () => void): number {
  const start = performance.now();
  task();
  return performance.now() - start;
}

// In a process of its own: what a first message waits for.
if (process.argv.includes('--cold')) {
  const start = performance.now();
  (await createProjectScanner()).scan(['the first message']);
  console.log(performance.now() - start);
  process.exit(0);
}

const readyMs = median(
  Array.from({ length: COLD_STARTS }, () => {
    const { stdout } = spawnSync(process.execPath, [import.meta.filename, '--cold'], { encoding: 'utf8' });
    return Number(stdout);
  }),
);
show('ready, wall time in a fresh process', `${readyMs.toFixed(1)} ms`);

const corpus = createCorpus(quick ? 5_000 : 50_000, SEED);
const pack = await readProjectPack();
const detector = await createProjectScanner();
const found = new Set<number>();
let findings = 0;
function scanAll(scan: (texts: readonly string[]) => readonly { readonly entry: number }[]): void {
  findings = 0;
  for (let from = 0; from < corpus.messages.length; from += BATCH)
    for (const match of scan(corpus.messages.slice(from, from + BATCH))) {
      findings += 1;
      found.add(from + match.entry);
    }
}
const throughput = (scan: Parameters<typeof scanAll>[0]): number => {
  scanAll(scan);
  return median(Array.from({ length: ROUNDS }, () => corpus.bytes / 1000 / cpuMs(() => scanAll(scan))));
};
const perMessage = corpus.bytes / corpus.messages.length;
show('messages, bytes each', `${corpus.messages.length}, ${Math.round(perMessage)}`);
const mbPerS = throughput((texts) => detector.scan(texts));
show('SHHH', `${mbPerS.toFixed(1)} MB/s, ${Math.round((mbPerS * 1e6) / perMessage)} messages/s`);
const missed = [...corpus.leaking].filter((index) => !found.has(index)).length;
const falseAlarms = [...found].filter((index) => !corpus.leaking.has(index)).length;
show('findings, leaks missed, clean messages flagged', `${findings}, ${missed}, ${falseAlarms}`);
const plain = createScanner(pack, createRe2Regex);
const plainMbPerS = throughput((texts) => plain.scan(texts));
const viewsCost = (100 * plainMbPerS) / mbPerS - 100;
show(
  'the same without looking into encodings and disguises',
  `${plainMbPerS.toFixed(1)} MB/s: that costs ${viewsCost.toFixed(0)} %`,
);

const peers = beside();
const ripgrepMbPerS = Math.max(
  ...peers.flatMap((peer) => ('findsTheSame' in peer && peer.findsTheSame ? [peer.mbPerS ?? 0] : [])),
);
const longP99 = longMessages();
const worst = await hostile();
const rssMb = Math.round(process.memoryUsage().rss / 1e6);
show('resident memory', `${rssMb} MB`);
console.log(
  JSON.stringify({
    mbPerS: round(mbPerS),
    ratioToRipgrep: ripgrepMbPerS > 0 ? round(mbPerS / ripgrepMbPerS) : null,
    worstAdversarialMbPerS: round(worst.mbPerS),
    worstAdversarial: worst.name,
    underEight: worst.underEight,
    hostileTexts: worst.count,
    long64KbP99Ms: round(longP99),
    viewsCostPercent: Math.round(viewsCost),
    readyMs: round(readyMs),
    rssMb,
    missed,
    falseAlarms,
    peers: Object.fromEntries(
      peers.map(({ name, mbPerS: speed }) => [name, speed === undefined ? null : round(speed, 3)]),
    ),
  }),
);

function beside(): readonly Peer[] {
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-scan-'));
  const folders = { peers: path.join(BUILD_DIR, 'peers'), scratch };
  try {
    const measures: readonly (readonly [string, () => readonly Peer[]])[] = [
      ['ripgrep, up to a minute', () => ripgrep(pack, corpus.messages, folders)],
      ['gitleaks', () => [gitleaks(corpus.messages, folders)]],
      ['secretlint', () => secretlint(corpus.messages, folders)],
      ['each rule in plain V8', () => [plainLoop(pack, corpus.messages)]],
    ];
    return measures.flatMap(([what, measure]) => {
      progress(what);
      const measured = measure();
      for (const { name, mbPerS: speed, note } of measured)
        show(name, speed === undefined ? note : `${speed.toFixed(speed < 1 ? 3 : 1)} MB/s (${note})`);
      return measured;
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Messages of 64 KB of the corpus's text, one by one, wall time; a thousand, so that a single collection of garbage that
 * other parts of this run left behind does not decide what the slowest in a hundred takes.
 */
function longMessages(): number {
  progress(`${LONG_MESSAGES} messages of 64 KB`);
  const text = corpus.messages.join('\n');
  const pieces = Array.from({ length: Math.min(200, Math.floor(text.length / 65_536)) }, (_, index) =>
    text.slice(index * 65_536, (index + 1) * 65_536),
  );
  for (const piece of pieces.slice(0, 40)) detector.scan([piece]);
  const times = Array.from({ length: LONG_MESSAGES }, (_, index) =>
    wallMs(() => void detector.scan([pieces[index % pieces.length] ?? ''])),
  ).toSorted((a, b) => a - b);
  const p99 = times[Math.floor(times.length * 0.99)] ?? 0;
  show('message of 64 KB, median and p99, wall time', `${median(times).toFixed(2)}, ${p99.toFixed(2)} ms`);
  return p99;
}

/** Each is scanned a few times; what seems slow then is measured once it is warm. */
async function hostile() {
  const keywords = [...new Set(pack.rules.flatMap((rule) => rule.keywords))];
  const scan = ({ texts: entries }: HostileText): void => void detector.scan(entries, () => 'one agent');
  const measured: { readonly name: string; readonly mbPerS: number }[] = [];
  let count = 0;
  const look = (text: HostileText): void => {
    if (count % 1_000 === 0) progress(`hostile texts, ${count} so far`);
    count += 1;
    const seemed = Math.min(...Array.from({ length: 4 }, () => wallMs(() => scan(text))));
    if (bytesOf(text) / 1000 / seemed > SEEMS_SLOW) return;
    for (let warm = 0; warm < WARM_MS;) warm += wallMs(() => scan(text));
    let rounds = 0;
    let ms = 0;
    for (; ms < LEAST_MS; rounds += 1) ms += cpuMs(() => scan(text));
    measured.push({ name: text.name, mbPerS: (bytesOf(text) * rounds) / 1000 / ms });
  };
  // The first is slow because it is the first.
  const named = hostileTexts(keywords);
  named.forEach(scan);
  named.forEach(look);
  if (!quick)
    for (const text of hostileRules(keywords, readPatterns(await readPatternFiles()).rules)) look(text);
  measured.sort((a, b) => a.mbPerS - b.mbPerS);
  for (const { name, mbPerS: speed } of measured.slice(0, 20))
    show(`hostile: ${name.slice(0, 54)}`, `${speed.toFixed(1)} MB/s`);
  const [first] = measured;
  return {
    name: first?.name ?? '',
    mbPerS: first?.mbPerS ?? 0,
    underEight: measured.filter(({ mbPerS: speed }) => speed < 8).length,
    count,
  };
}

function bytesOf({ texts }: HostileText): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
