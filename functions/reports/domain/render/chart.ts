/** Bars as SVG: what a page shows and a PDF embeds, the same bytes for the same counts. */

export interface Series {
  readonly name: string;
  readonly colour: string;
  /** One for each category. */
  readonly counts: readonly number[];
}

export interface BarChart {
  /** Names its parts within a page. */
  readonly id: string;
  readonly title: string;
  /** The chart for who cannot see it. */
  readonly words: string;
  readonly categories: readonly string[];
  /** Stacked from the bottom, in this order. */
  readonly series: readonly Series[];
  readonly width: number;
  readonly height: number;
}

const MARGIN = { top: 8, right: 8, bottom: 22, left: 44 } as const;
const LEGEND = 20;
const MOST_LABELS = 12;
const INK = '#46525f';
const GRID = '#dfe4e9';

/** What a bar says at least, to be seen at all. */
const LEAST_PX = 1;

export function barChart({ id, title, words, categories, series, width, height }: BarChart): string {
  const totals = categories.map((_, index) =>
    series.reduce((sum, { counts }) => sum + (counts[index] ?? 0), 0),
  );
  const { top, step } = scaleOf(Math.max(0, ...totals));
  const hasLegend = series.length > 1;
  const y0 = height - MARGIN.bottom;
  const plot = {
    width: width - MARGIN.left - MARGIN.right,
    height: y0 - MARGIN.top - (hasLegend ? LEGEND : 0),
  };
  const yOf = (count: number) => y0 - (count / top) * plot.height;
  const band = plot.width / Math.max(1, categories.length);
  const gap = Math.min(band * 0.2, 6);
  const parts: string[] = [];

  for (let value = 0; value <= top; value += step) {
    const y = round(yOf(value));
    parts.push(
      `<line x1="${MARGIN.left}" y1="${y}" x2="${width - MARGIN.right}" y2="${y}" stroke="${GRID}"/>`,
    );
    parts.push(label(MARGIN.left - 6, y + 3.5, value.toLocaleString('en'), 'end'));
  }
  const every = Math.ceil(categories.length / MOST_LABELS);
  categories.forEach((category, index) => {
    const x = MARGIN.left + index * band;
    let y = y0;
    for (const { counts, colour } of series) {
      const count = counts[index] ?? 0;
      if (count === 0) continue;
      const tall = Math.max(LEAST_PX, y0 - yOf(count));
      y -= tall;
      parts.push(
        `<rect x="${round(x + gap / 2)}" y="${round(y)}" width="${round(band - gap)}" height="${round(tall)}" fill="${colour}"/>`,
      );
    }
    if (index % every === 0) parts.push(label(x + band / 2, y0 + 15, category, 'middle'));
  });
  if (hasLegend) {
    let x = MARGIN.left;
    for (const { name, colour } of series) {
      parts.push(
        `<rect x="${x}" y="4" width="10" height="10" fill="${colour}"/>`,
        label(x + 15, 13, name, 'start'),
      );
      x += 30 + name.length * 6;
    }
  }
  const told = `<title id="${id}-title">${escapeXml(title)}</title><desc id="${id}-words">${escapeXml(words)}</desc>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="${id}-title ${id}-words" viewBox="0 0 ${width} ${height}" font-family="IBM Plex Sans, sans-serif" font-size="10">${told}${parts.join('')}</svg>`;
}

const label = (x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${INK}">${escapeXml(text)}</text>`;

/** A round top above the highest bar, and the distance between lines: whole numbers, since these are counts. */
function scaleOf(most: number): { readonly top: number; readonly step: number } {
  const raw = Math.max(1, most) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((one) => one * power >= raw) ?? 10;
  const step = Math.max(1, factor * power);
  return { top: Math.max(step, Math.ceil(most / step) * step), step };
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** For text and attributes of XML and HTML. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`);
}
