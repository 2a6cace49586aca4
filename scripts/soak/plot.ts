/** A plot as SVG: lag over time on a logarithmic scale, and what was done to the system meanwhile. */

export interface PlotEvent {
  /** Milliseconds from the start. */
  readonly at: number;
  readonly kind: string;
}

export interface Plot {
  readonly title: string;
  readonly durationMs: number;
  /** `at` in milliseconds from the start, `ms` the lag. */
  readonly lags: readonly { readonly at: number; readonly ms: number }[];
  readonly events: readonly PlotEvent[];
}

export const WIDTH = 960;
export const HEIGHT = 420;
export const MARGIN = { left: 70, right: 20, top: 48, bottom: 62 };
const DECADES_MS = [10, 100, 1_000, 10_000, 100_000] as const;
/** Told apart without hue as well: https://jfly.uni-koeln.de/color/ */
const COLOURS = ['#d55e00', '#009e73', '#cc79a7', '#e69f00'] as const;

/** @returns a whole SVG document */
export function renderPlot({ title, durationMs, lags, events }: Plot): string {
  const x = (at: number): number =>
    round(MARGIN.left + (Math.min(at, durationMs) / durationMs) * (WIDTH - MARGIN.left - MARGIN.right));
  const [low, high] = [Math.log10(DECADES_MS[0]), Math.log10(DECADES_MS[4])];
  const y = (ms: number): number => {
    const share = (Math.log10(Math.min(Math.max(ms, DECADES_MS[0]), DECADES_MS[4])) - low) / (high - low);
    return round(HEIGHT - MARGIN.bottom - share * (HEIGHT - MARGIN.top - MARGIN.bottom));
  };
  const kinds = [...new Set(events.map(({ kind }) => kind))];
  const colourOf = (kind: string): string => COLOURS[kinds.indexOf(kind) % COLOURS.length] ?? '#000';
  const bottom = HEIGHT - MARGIN.bottom;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(MARGIN.left, 22, title, 'font-size="15" font-weight="bold"'),
    ...DECADES_MS.flatMap((ms) => [
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(ms)}" y2="${y(ms)}" stroke="#ddd"/>`,
      text(MARGIN.left - 8, y(ms) + 4, ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`, 'text-anchor="end"'),
    ]),
    ...minuteMarks(durationMs).map((at) =>
      text(x(at * 60_000), bottom + 20, `${at} min`, 'text-anchor="middle"'),
    ),
    ...events.map(
      ({ at, kind }) =>
        `<line x1="${x(at)}" x2="${x(at)}" y1="${MARGIN.top}" y2="${bottom}" stroke="${colourOf(kind)}" stroke-dasharray="${dashOf(kinds.indexOf(kind))}"/>`,
    ),
    ...lags.map(
      ({ at, ms }) => `<circle cx="${x(at)}" cy="${y(ms)}" r="1.6" fill="#0072b2" fill-opacity="0.6"/>`,
    ),
    ...legend(kinds, colourOf),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function legend(kinds: readonly string[], colourOf: (kind: string) => string): string[] {
  const y = HEIGHT - 16;
  const width = Math.floor((WIDTH - MARGIN.left - MARGIN.right) / (kinds.length + 1));
  return [
    `<circle cx="${MARGIN.left + 6}" cy="${y - 4}" r="3" fill="#0072b2"/>`,
    text(MARGIN.left + 16, y, 'a leak: append to quarantine'),
    ...kinds.flatMap((kind, index) => {
      const left = MARGIN.left + width * (index + 1);
      return [
        `<line x1="${left}" x2="${left + 22}" y1="${y - 4}" y2="${y - 4}" stroke="${colourOf(kind)}" stroke-width="2" stroke-dasharray="${dashOf(index)}"/>`,
        text(left + 28, y, kind),
      ];
    }),
  ];
}

const dashOf = (index: number): string => ['none', '6 3', '2 3', '8 3 2 3'][index % 4] ?? 'none';
/** Minutes that an axis shows, a dozen at most. */
export function minuteMarks(durationMs: number): number[] {
  const minutes = durationMs / 60_000;
  const step = [0.5, 1, 2, 5, 10, 15, 30, 60].find((size) => minutes / size <= 12) ?? 120;
  return Array.from({ length: Math.floor(minutes / step) + 1 }, (_, index) => index * step);
}

export const round = (value: number): number => Math.round(value * 10) / 10;
export const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x}" y="${y}" ${more}>${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
