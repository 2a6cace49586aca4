/** What a service saw of the rotations of its credential: an SVG, and the same as CSV. */
import type { RotationStatus } from '../../functions/contracts/rotation.ts';
import { HEIGHT, MARGIN, minuteMarks, round, text, WIDTH } from './plot.ts';
import type { ServiceSecond } from './service-protocol.ts';

/** A rotation came into a status. */
export interface Phase {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly status: RotationStatus;
  readonly number: number;
}

export interface RotationPlot {
  readonly title: string;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly seconds: readonly ServiceSecond[];
  readonly phases: readonly Phase[];
  /** When the process that takes the steps was killed, epoch milliseconds. */
  readonly kills: readonly number[];
}

/** Statuses that are one colour: which credentials work, and which one is published. */
const BANDS: readonly (readonly [name: string, colour: string, statuses: readonly RotationStatus[]])[] = [
  ['new one made and tested', '#cfe3f2', ['planned', 'staged', 'installed', 'verified']],
  ['new one published, both work', '#c9ead9', ['promoted', 'held', 'acknowledged', 'in_use']],
  ['old one retired', '#eeeeee', ['retired']],
  ['rolling back', '#f6d9c4', ['rolling_back']],
];
const DECADES_MS = [1, 10, 100, 1_000, 10_000] as const;
/** The upper third holds requests a second, the rest how long they took. */
const SPLIT = MARGIN.top + 110;
const BOTTOM = HEIGHT - MARGIN.bottom;

/** @returns a whole SVG document */
export function renderRotationPlot({ title, from, to, seconds, phases, kills }: RotationPlot): string {
  const x = (at: number): number =>
    round(
      MARGIN.left +
        (Math.min(Math.max(at - from, 0), to - from) / (to - from)) * (WIDTH - MARGIN.left - MARGIN.right),
    );
  const most = Math.max(1, ...seconds.map(({ succeeded }) => succeeded)) * 1.1;
  const yOfCount = (count: number): number => round(SPLIT - 14 - (count / most) * (SPLIT - 14 - MARGIN.top));
  const yOfMs = (ms: number): number => {
    const share =
      Math.log10(Math.min(Math.max(ms, DECADES_MS[0]), DECADES_MS[4])) / Math.log10(DECADES_MS[4]);
    return round(BOTTOM - share * (BOTTOM - SPLIT));
  };
  const grid = (y: number, words: string) => [
    `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y}" y2="${y}" stroke="#ddd"/>`,
    text(MARGIN.left - 8, y + 4, words, 'text-anchor="end"'),
  ];
  const shown = seconds.filter(({ at }) => at >= from && at <= to);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(MARGIN.left, 22, title, 'font-size="15" font-weight="bold"'),
    ...phases.flatMap(({ at, status }, index) => {
      const colour = BANDS.find(([, , statuses]) => statuses.includes(status))?.[1];
      const [left, right] = [x(at), x(phases[index + 1]?.at ?? to)];
      return colour === undefined
        ? []
        : [
            `<rect x="${left}" width="${round(right - left)}" y="${MARGIN.top}" height="${BOTTOM - MARGIN.top}" fill="${colour}"/>`,
          ];
    }),
    ...grid(yOfCount(0), '0'),
    ...grid(yOfCount(Math.floor(most / 1.1)), `${Math.floor(most / 1.1)}/s`),
    ...DECADES_MS.flatMap((ms) => grid(yOfMs(ms), ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`)),
    ...minuteMarks(to - from).map((minute) =>
      text(x(from + minute * 60_000), BOTTOM + 18, `${minute} min`, 'text-anchor="middle"'),
    ),
    ...kills.map(
      (at) =>
        `<line x1="${x(at)}" x2="${x(at)}" y1="${MARGIN.top}" y2="${BOTTOM}" stroke="#d55e00" stroke-dasharray="2 3"/>`,
    ),
    `<polyline points="${shown.map(({ at, succeeded }) => `${x(at)},${yOfCount(succeeded)}`).join(' ')}" fill="none" stroke="#0072b2"/>`,
    ...shown
      .filter(({ failed }) => failed > 0)
      .map(({ at, failed }) => `<circle cx="${x(at)}" cy="${yOfCount(failed)}" r="3" fill="#c00"/>`),
    ...shown.map(
      ({ at, longestGapMs }) =>
        `<circle cx="${x(at)}" cy="${yOfMs(longestGapMs)}" r="1.2" fill="#0072b2" fill-opacity="0.7"/>`,
    ),
    ...legend(),
    '</svg>',
  ].join('\n')}\n`;
}

function legend(): string[] {
  const y = HEIGHT - 14;
  const width = Math.floor((WIDTH - MARGIN.left - MARGIN.right) / 3);
  const entries: readonly (readonly [mark: (left: number, y: number) => string, words: string])[] = [
    [
      (left, at) => `<circle cx="${left + 8}" cy="${at - 4}" r="3" fill="#0072b2"/>`,
      'longest gap between successes',
    ],
    [
      (left, at) =>
        `<line x1="${left}" x2="${left + 18}" y1="${at - 4}" y2="${at - 4}" stroke="#d55e00" stroke-width="2" stroke-dasharray="2 3"/>`,
      'process of the steps killed',
    ],
    ...BANDS.map(
      ([words, colour]) =>
        [
          (left: number, at: number) =>
            `<rect x="${left}" y="${at - 11}" width="18" height="13" fill="${colour}" stroke="#999"/>`,
          words,
        ] as const,
    ),
  ];
  return entries.flatMap(([mark, words], index) => {
    const [left, at] = [MARGIN.left + width * (index % 3), y - (index < 3 ? 18 : 0)];
    return [mark(left, at), text(left + 24, at, words)];
  });
}

/** One line a second; a phase of a rotation is in the second in which it began or went on. */
export function renderRotationCsv(seconds: readonly ServiceSecond[], phases: readonly Phase[]): string {
  const lines = seconds.map(({ at, succeeded, failed, retried, latencies, longestGapMs }) => {
    const phase = phases.findLast((each) => each.at <= at);
    const slowest = Math.round(Math.max(0, ...latencies));
    return [
      new Date(at).toISOString(),
      ...[succeeded, failed, retried, slowest, Math.round(longestGapMs)],
      ...[phase?.number ?? '', phase?.status ?? ''],
    ].join(',');
  });
  const head = 'at,succeeded,failed,retried,longest_latency_ms,longest_gap_ms,rotation,status';
  return `${[head, ...lines].join('\n')}\n`;
}
