/**
 * `npm run bench:guard [-- --rounds N]`: what a check costs, in process and over loopback HTTP. Each figure is the median
 * of the rounds, because a machine that others use too has bad seconds; the worst round is told beside it, with how
 * much of the processors others had in it. The last line is JSON.
 */
import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { loadavg } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readFileSync } from 'node:fs';
import { createGuard } from '../functions/detection/guard/guard.ts';
import { createEntries } from '../test/support/fleet/entries.ts';
import { createLeak } from '../test/support/fleet/leaks.ts';
import { createRandom } from '../test/support/fleet/random.ts';

const SERVICE = path.resolve(import.meta.dirname, '../functions/detection/guard/shhh-guard.ts');
const MESSAGE_BYTES = 600;
const IN_PROCESS_CHECKS = 20_000;
const PER_SECOND = 1_000;
const SECONDS = 5;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Math.max(1, Number(values.rounds));

/** What agents write, cut or filled to the size that is measured. */
function messages(count: number): string[] {
  const random = createRandom(600);
  const factory = createEntries(random);
  return Array.from({ length: count }, (_, index) => {
    const text = factory.next(index, 1_764_000_000_000 + index).toString('utf8');
    return text.length >= MESSAGE_BYTES
      ? text.slice(0, MESSAGE_BYTES)
      : text + random.text('abcdefghijklmnopqrstuvwxyz     ', MESSAGE_BYTES - text.length);
  });
}

interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Ticks of all processors since the machine started: all of them, and those in which one worked. Source: proc_stat(5). */
function machineTicks(): { readonly all: number; readonly busy: number } {
  const ticks =
    readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.trim().split(/\s+/).slice(1, 9).map(Number) ?? [];
  const all = ticks.reduce((sum, each) => sum + each, 0);
  return { all, busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0) };
}

/** Of a process, its threads included. Source: proc_pid_stat(5). */
function processTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** Runs a round and tells what share of all processors others had meanwhile, in percent. */
async function beside<T>(
  own: readonly number[],
  round: () => Promise<T>,
): Promise<T & { othersPercent: number }> {
  const ours = (): number => own.reduce((sum, pid) => sum + processTicks(pid), 0);
  const [before, mine] = [machineTicks(), ours()];
  const result = await round();
  const [after, mineAfter] = [machineTicks(), ours()];
  const others = after.busy - before.busy - (mineAfter - mine);
  return { ...result, othersPercent: Math.max(0, Math.round((100 * others) / (after.all - before.all))) };
}

function latencyOf(samplesMs: number[]): Latency {
  const sorted = samplesMs.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

function inProcess(check: (message: string) => unknown, from: readonly string[]): Latency {
  const samples: number[] = [];
  for (let n = 0; n < IN_PROCESS_CHECKS; n += 1) {
    const message = from[n % from.length] ?? '';
    const started = performance.now();
    check(message);
    samples.push(performance.now() - started);
  }
  return latencyOf(samples);
}

/** An open loop: a request each millisecond, whether or not the ones before are answered. */
async function overHttp(
  url: URL,
  from: readonly string[],
  seconds: number,
): Promise<Latency & { perSecond: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const bodies = from.map((message) => Buffer.from(JSON.stringify({ message, agent: 'bench' })));
  const samples: number[] = [];
  let failed = 0;
  const total = PER_SECOND * seconds;
  const started = performance.now();
  const open: Promise<void>[] = [];
  for (let n = 0; n < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * PER_SECOND) + 1);
    for (; n < due; n += 1) {
      const body = bodies[n % bodies.length] ?? Buffer.alloc(0);
      open.push(
        new Promise((done) => {
          const sent = performance.now();
          const asked = request(
            url,
            {
              method: 'POST',
              agent,
              headers: { 'content-type': 'application/json', 'content-length': body.length },
            },
            (answer) => {
              answer.resume();
              answer.on('end', () => {
                samples.push(performance.now() - sent);
                if (answer.statusCode !== 200) failed += 1;
                done();
              });
            },
          );
          asked.on('error', () => {
            failed += 1;
            done();
          });
          asked.end(body);
        }),
      );
    }
    await sleep(1);
  }
  await Promise.all(open);
  const perSecond = Math.round(samples.length / ((performance.now() - started) / 1000));
  agent.destroy();
  if (failed > 0) throw new Error(`${failed} of ${total} requests failed.`);
  return { ...latencyOf(samples), perSecond };
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;
const show = (ms: number): string => `${ms.toFixed(3)} ms`;

function summary(name: string, all: readonly Latency[]) {
  const p50Ms = median(all.map((one) => one.p50Ms));
  const p99Ms = median(all.map((one) => one.p99Ms));
  const worstMs = Math.max(...all.map((one) => one.p99Ms));
  console.log(
    `${name.padEnd(44)} p50 ${show(p50Ms)}  p99 ${show(p99Ms)}  p99 of the worst round ${show(worstMs)}`,
  );
  return { p50Ms: Number(p50Ms.toFixed(4)), p99Ms: Number(p99Ms.toFixed(4)) };
}

const clean = messages(2_000);
const random = createRandom(601);
const leaking = clean
  .slice(0, 200)
  .map((message) => `${message.slice(0, 540)} ${createLeak('github-pat', random).text}`);
const guard = createGuard();
inProcess((message) => guard.check(message), clean);
inProcess((message) => guard.check(message), leaking);

const perRound = Array.from({ length: rounds }, () => ({
  clean: inProcess((message) => guard.check(message), clean),
  leaking: inProcess((message) => guard.check(message), leaking),
}));

const service = spawn(process.execPath, [SERVICE, '--listen', '127.0.0.1:0'], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
const http: (Latency & { perSecond: number; othersPercent: number })[] = [];
try {
  const line = await new Promise<unknown>((resolve) => service.stderr.once('data', resolve));
  const address = /http:\/\/[^,\s]+/.exec(String(line))?.[0];
  if (address === undefined) throw new Error('The service did not say where it listens.');
  const url = new URL('/v1/check', address);
  await overHttp(url, clean, 2);
  for (let round = 0; round < rounds; round += 1) {
    const took = await beside([process.pid, service.pid ?? process.pid], () => overHttp(url, clean, SECONDS));
    console.error(
      `HTTP round ${round + 1}: p50 ${show(took.p50Ms)}, p99 ${show(took.p99Ms)}; others had ${took.othersPercent} % of the processors`,
    );
    http.push(took);
  }
} finally {
  service.kill('SIGTERM');
}

console.log(
  `${MESSAGE_BYTES} B messages, median of ${rounds} rounds; load average ${(loadavg()[0] ?? 0).toFixed(1)}`,
);
const result = {
  inProcess: summary(
    'in process, no secret',
    perRound.map((round) => round.clean),
  ),
  inProcessWithLeak: summary(
    'in process, a secret in each',
    perRound.map((round) => round.leaking),
  ),
  loopbackHttp: {
    ...summary(`loopback HTTP, ${PER_SECOND} requests/s offered`, http),
    perSecond: median(http.map((one) => one.perSecond)),
    othersPercent: median(http.map((one) => one.othersPercent)),
  },
  pack: guard.pack,
};
console.log(JSON.stringify(result));
