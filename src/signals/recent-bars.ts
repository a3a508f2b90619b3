import type { Candle } from '../domain/candle.js';
import { BarState, type CandleColumns } from '../domain/candle-columns.js';
import type { Series, SeriesKey } from '../domain/market.js';
import { barIndex, barOpenTime } from '../domain/timeframe.js';
import { SPAN_BARS } from '../features/definition/block-layout.js';
import { MAX_WINDOW_ROWS, windowReachBars } from '../features/row-window.js';
import { barsUpTo, BarWindow } from './bar-window.js';

/** As many bars as the longest window of feature rows needs. */
const BARS_NEEDED = SPAN_BARS + windowReachBars(MAX_WINDOW_ROWS);

/** Some more for the outcomes of earlier candles. */
const BARS_KEPT = BARS_NEEDED + 128;

/** Bars after the one asked for that are read with it: catching up asks for one after the other. */
const BARS_AHEAD = 256;

/** How often a load is repeated that a change of history overtook. */
const MAX_LOADS = 3;

export interface RecentBarsOptions {
  readonly series: { find(key: SeriesKey): Promise<Series | undefined> };
  /** Reads stored bars of the range, both ends included, on the regular grid. */
  readonly loadColumns: (
    seriesId: number,
    range: { readonly fromOpenTime: number; readonly toOpenTime: number },
  ) => Promise<CandleColumns>;
}

export interface ClosedBar {
  readonly openTime: number;
  /** Undefined where the venue has no candle for the bar. */
  readonly candle: Candle | undefined;
}

/**
 * The newest bars of each series, kept in memory: loaded once, then appended as bars close, so that a
 * closed candle costs no query. Candles are stored first, then appended here.
 */
export class RecentBars {
  readonly #options: RecentBarsOptions;
  readonly #windows = new Map<string, BarWindow>();
  /** Counts the changes of a series' history, so that a load knows when it was overtaken. */
  readonly #changes = new Map<string, number>();

  /** Offset of each loaded series' grid: a bar's number gives its open time only with it. */
  readonly #gridOffsets = new Map<string, number>();

  constructor(options: RecentBarsOptions) {
    this.#options = options;
  }

  /**
   * Bars up to the one that opens at `openTime`, at least as many as a feature row needs where so many
   * are stored. Undefined when no such series is collected or nothing of it is stored up to there.
   */
  async columnsUpTo(key: SeriesKey, openTime: number): Promise<CandleColumns | undefined> {
    const index = barIndex(openTime, key.timeframe);
    const kept = this.#windows.get(textOf(key));
    if (kept !== undefined && covers(kept, index)) return kept.columnsUpTo(index + 1);
    const series = await this.#options.series.find(key);
    if (series === undefined) return undefined;
    const columns = barsUpTo(await this.#load(series, index), index + 1);
    return columns.length === 0 ? undefined : columns;
  }

  /** Open time of the newest candle, where the bars of the series are in memory already. */
  newestOpenTime(key: SeriesKey): number | undefined {
    const window = this.#windows.get(textOf(key));
    const index = window?.newestStoredIndex();
    if (index === undefined) return undefined;
    return barOpenTime(index, key.timeframe, this.#gridOffsets.get(textOf(key)));
  }

  /** Takes over a bar that has closed and is stored, or that the venue is known not to have. */
  append(key: SeriesKey, bar: ClosedBar): void {
    const text = textOf(key);
    this.#countChange(text);
    const window = this.#windows.get(text);
    if (window === undefined) return;
    const index = barIndex(bar.openTime, key.timeframe);
    if (index === window.endIndex) {
      if (bar.candle === undefined) window.appendFiller();
      else window.append(bar.candle);
    } else if (bar.candle === undefined || !window.holds(index, bar.candle)) {
      this.#windows.delete(text);
    }
  }

  /** Forgets a series whose history changed (revised, repaired, an earlier first bar): the next use reloads it. */
  forget(key: SeriesKey): void {
    this.#countChange(textOf(key));
    this.#windows.delete(textOf(key));
  }

  /** Reads the bars around one and keeps them, unless the history changed meanwhile. */
  async #load(series: Series, index: number): Promise<CandleColumns> {
    const { timeframe } = series;
    const text = textOf(series);
    this.#gridOffsets.set(text, series.gridOffsetMs ?? 0);
    const fromIndex = Math.max(index - BARS_KEPT + 1, barIndex(0, timeframe));
    const range = {
      fromOpenTime: barOpenTime(fromIndex, timeframe),
      toOpenTime: barOpenTime(index + BARS_AHEAD, timeframe),
    };
    for (let load = 1; ; load++) {
      const change = this.#changes.get(text);
      const columns = await this.#options.loadColumns(series.id, range);
      const isCurrent = this.#changes.get(text) === change;
      if (isCurrent) this.#keep(text, columns, columns.firstIndex > fromIndex);
      if (isCurrent || load === MAX_LOADS) return columns;
    }
  }

  /** Bars that are not collected yet may still come: those at the end, and whatever has a hole, are not kept. */
  #keep(text: string, columns: CandleColumns, beginsSeries: boolean): void {
    this.#windows.delete(text);
    let { length } = columns;
    while (length > 0 && columns.state[length - 1] === BarState.unknown) length--;
    if (length === 0 || columns.state.subarray(0, length).includes(BarState.unknown)) return;
    const known = { ...columns, length };
    this.#windows.set(text, new BarWindow(known, { barsKept: BARS_KEPT, beginsSeries }));
  }

  #countChange(text: string): void {
    this.#changes.set(text, (this.#changes.get(text) ?? 0) + 1);
  }
}

/** Whether the window has all bars that a row of this bar needs, as far as they are stored at all. */
function covers(window: BarWindow, index: number): boolean {
  if (index >= window.endIndex || index < window.firstIndex) return false;
  return window.beginsSeries || window.firstIndex <= index - BARS_NEEDED + 1;
}

function textOf({ symbol, timeframe, venue }: SeriesKey): string {
  return `${venue} ${symbol} ${timeframe}`;
}
