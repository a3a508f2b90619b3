import { escapeHtml } from '../lib/escape-html.js';
import { groupBy } from '../lib/group-by.js';
import type { DayCoverage } from './coverage.js';
import { formatOutlier, formatTime, isOfMarket } from './findings.js';
import type { Outlier } from './outliers.js';
import type { SeriesQuality } from './quality-report.js';

const DAY_MS = 86_400_000;
/** Columns of the map at most; longer histories take several days a column. */
const MOST_COLUMNS = 180;
const CELL = { width: 5, height: 16, gap: 1 } as const;
const ROW_HEIGHT = CELL.height + 5;
const LABEL_WIDTH = 200;
const LABEL_CHARACTERS = 24;
/** A single missing bar of many must be seen, too. */
const MIN_MISSING_HEIGHT = 4;
const SHARE_WIDTH = 64;
const AXIS_HEIGHT = 26;
const MIN_TICK_DISTANCE = 76;
const MARKS_NAMED = 5;

interface Scale {
  /** Midnight of the first column. */
  readonly first: number;
  readonly daysACell: number;
  readonly columns: number;
}

export interface QualityMap {
  readonly svg: string;
  readonly daysACell: number;
}

/** Coverage of series by day as a drawing: one row a series, one cell a day or several. */
export function drawMap(series: readonly SeriesQuality[]): QualityMap | undefined {
  const shown = series.filter(({ days }) => days.length > 0);
  if (shown.length === 0) return undefined;
  const scale = findScale(shown);
  const width = xOf(scale.columns) + SHARE_WIDTH;
  const height = AXIS_HEIGHT + shown.length * ROW_HEIGHT;
  const rows = shown.map((one, at) => drawRow(one, AXIS_HEIGHT + at * ROW_HEIGHT, scale));
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const svg = `<svg role="img" aria-label="Coverage by day" ${size}>${drawAxis(scale)}${rows.join('\n')}</svg>`;
  return { svg, daysACell: scale.daysACell };
}

function findScale(series: readonly SeriesQuality[]): Scale {
  const days = series.flatMap((one) => [one.days[0], one.days.at(-1)]);
  const times = days.flatMap((one) => (one === undefined ? [] : [one.day]));
  const first = Math.min(...times);
  const span = (Math.max(...times) - first) / DAY_MS + 1;
  const daysACell = Math.ceil(span / MOST_COLUMNS);
  return { first, daysACell, columns: Math.ceil(span / daysACell) };
}

function xOf(column: number): number {
  return LABEL_WIDTH + column * (CELL.width + CELL.gap);
}

function columnOf(timeMs: number, { first, daysACell }: Scale): number {
  return Math.floor((timeMs - first) / DAY_MS / daysACell);
}

/** Labels of months, as many as fit. */
function drawAxis(scale: Scale): string {
  const ticks: string[] = [];
  let lastX = -Infinity;
  let lastMonth = '';
  for (let column = 0; column < scale.columns; column++) {
    const at = scale.first + column * scale.daysACell * DAY_MS;
    const month = new Date(at).toISOString().slice(0, 7);
    const x = xOf(column);
    if (month === lastMonth) continue;
    lastMonth = month;
    if (x - lastX < MIN_TICK_DISTANCE) continue;
    lastX = x;
    ticks.push(`<text class="tick" x="${x}" y="12">${month}</text>`);
    ticks.push(`<path class="rule" d="M${x + 0.5} 17v6"/>`);
  }
  return ticks.join('');
}

function drawRow(series: SeriesQuality, y: number, scale: Scale): string {
  const baseline = y + CELL.height - 4;
  const name = `${series.symbol} ${series.timeframe}`;
  const isFaulty = series.findings.some(({ level }) => level === 'fault');
  const label = `<text class="name${isFaulty ? ' faulty' : ''}" x="0" y="${baseline}">${tooltip(`${series.venue} ${name}`)}${escapeHtml(shorten(name))}</text>`;
  const share = `<text class="share" x="${xOf(scale.columns) + 8}" y="${baseline}">${formatShare(series.covered)}</text>`;
  return `<g>${label}${drawCells(series, y, scale)}${drawMarks(series, y, scale)}${share}</g>`;
}

function drawCells({ days }: SeriesQuality, y: number, scale: Scale): string {
  const byColumn = groupBy(days, ({ day }) => columnOf(day, scale));
  return [...byColumn].map(([column, some]) => drawCell(some, xOf(column), y)).join('');
}

function drawCell(days: readonly DayCoverage[], x: number, y: number): string {
  const sum = (of: (day: DayCoverage) => number): number =>
    days.reduce((total, day) => total + of(day), 0);
  const expected = sum((day) => day.expected);
  const [open, known] = [sum((day) => day.open), sum((day) => day.known)];
  const there = sum(({ stored, empty }) => stored + empty);
  if (expected === 0) return '';
  const missing = [
    ...(open > 0 ? [`${open} missing, unexplained`] : []),
    ...(known > 0 ? [`${known} the venue does not have`] : []),
  ];
  const title = [`${formatTime(days[0]?.day ?? 0)}: ${there} of ${expected} bars`, ...missing];
  const state = open >= known ? 'open' : 'known';
  const exactHeight = Math.ceil(((expected - there) / expected) * CELL.height);
  const missingHeight = exactHeight === 0 ? 0 : Math.max(MIN_MISSING_HEIGHT, exactHeight);
  const box = (name: string, top: number, height: number): string =>
    height <= 0
      ? ''
      : `<rect class="${name}" x="${x}" y="${top}" width="${CELL.width}" height="${height}"/>`;
  const full = box('full', y + missingHeight, CELL.height - missingHeight);
  return `<g>${tooltip(title.join(', '))}${box(state, y, missingHeight)}${full}</g>`;
}

/** One mark for the outliers of a column that other symbols do not explain. */
function drawMarks({ outliers }: SeriesQuality, y: number, scale: Scale): string {
  const own = outliers.filter((one) => !isOfMarket(one));
  const byColumn = groupBy(own, ({ openTime }) => columnOf(openTime, scale));
  return [...byColumn].map(([column, some]) => drawMark(some, xOf(column), y)).join('');
}

function drawMark(outliers: readonly Outlier[], x: number, y: number): string {
  const named = outliers.slice(0, MARKS_NAMED).map((one) => `${one.kind} ${formatOutlier(one)}`);
  const middle = x + CELL.width / 2;
  return `<path class="mark" d="M${middle} ${y + CELL.height - 6}l4 8h-8z">${tooltip(named.join('; '))}</path>`;
}

function tooltip(text: string): string {
  return `<title>${escapeHtml(text)}</title>`;
}

function shorten(text: string): string {
  return text.length <= LABEL_CHARACTERS ? text : `${text.slice(0, LABEL_CHARACTERS - 1)}…`;
}

/** Never 100 % where something is missing. */
export function formatShare(share: number): string {
  return `${(Math.floor(share * 1_000) / 10).toFixed(1)} %`;
}
