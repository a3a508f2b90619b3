import { isGlobalBot } from '../../domain/bots.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { Series } from '../../domain/market.js';
import { barIndex, barOpenTime } from '../../domain/timeframe.js';
import { barsADay } from '../../features/items/item-sequence.js';
import { BLOCK_BARS, DEPTH_BARS } from '../../features/definition/block-layout.js';
import type { Stores } from '../../storage/stores.js';
import type { TrainingOptions } from '../options/training-options.js';
import { trainingWindowAt, type TrainingWindow } from '../dataset/training-window.js';

/** Training does not wait for the last candles of a back-fill that is this close to the present: the venue may be down. */
const MAX_LAG_BARS = 24;
/** With fewer reference candles than this share the reference's features would be dropped from the model. */
const MIN_REFERENCE_SHARE = 0.8;

/** What is stored for a key's training, as far as it decides whether training may begin. */
export interface HistoryState {
  /** Real closed candles of the training window whose feature rows can be computed. */
  readonly samples: number;
  readonly newestOpenTime: number | undefined;
  /** What is missing, in words; undefined when training may begin. */
  readonly shortage: string | undefined;
}

interface HistoryContext {
  readonly options: HistoryOptions;
  readonly marketMs: number;
  /** Counts of earlier calls. */
  readonly counts?: CandleCounts | undefined;
}

type HistoryOptions = Pick<
  TrainingOptions,
  'historyDays' | 'trainMonthsBack' | 'minInitialTrainSamples' | 'referenceSymbol'
>;

/** Of which candles of a series a count is: those of the training window, or all. */
type Counted = 'window' | 'all';

/** Remembers counts of candles: counting a window takes the database a millisecond, for each key and its reference. */
export class CandleCounts {
  readonly #known = new Map<string, { readonly range: string; readonly count: number }>();

  /** How many candles a series has in a span; asked again once the span or what is stored has changed. */
  async count(
    candles: Pick<Stores['candles'], 'count'>,
    seriesId: number,
    span: {
      readonly of: Counted;
      readonly from: number;
      readonly to: number;
      readonly stored: string;
    },
  ): Promise<number> {
    const { of, from, to, stored } = span;
    const range = `${from} ${to} ${stored}`;
    const known = this.#known.get(`${of} ${seriesId}`);
    if (known?.range === range) return known.count;
    const count = await candles.count(seriesId, { from, to });
    this.#known.set(`${of} ${seriesId}`, { range, count });
    return count;
  }
}

/** Reads what is stored for the key; counts that have not changed are not asked for again. */
export async function readHistory(
  stores: Pick<Stores, 'series' | 'candles' | 'knownGaps'>,
  key: ModelKey,
  context: HistoryContext,
): Promise<HistoryState> {
  if (isGlobalBot(key.bot)) return readGlobalHistory(stores, key, context);
  const { options, marketMs } = context;
  const window = trainingWindowAt(marketMs, key.timeframe, options);
  const own = await readSeries(stores, key, { window, counts: context.counts });
  const { samples, newestOpenTime } = own;
  const lag = await findLag(stores, own, window);
  const missing = options.minInitialTrainSamples - samples;
  const shortage =
    missing > 0
      ? `${samples} of ${options.minInitialTrainSamples} usable candles`
      : (lag ?? (await findReferenceShortage(stores, key, { ...context, window, samples })));
  return { samples, newestOpenTime, shortage };
}

/** Entries of all instruments together, about one a day each. */
async function readGlobalHistory(
  stores: Pick<Stores, 'candles'>,
  key: ModelKey,
  { options, counts = new CandleCounts() }: HistoryContext,
): Promise<HistoryState> {
  const { minInitialTrainSamples } = options;
  let count = 0;
  let newest: number | undefined;
  for (const { seriesId, first, last } of await stores.candles.boundsOfAll(key)) {
    const span = { of: 'all', from: first, to: last, stored: '' } as const;
    count += await counts.count(stores.candles, seriesId, span);
    newest = Math.max(newest ?? last, last);
  }
  const samples = Math.floor(count / (barsADay(key.timeframe) ?? Infinity));
  const isEnough = samples >= minInitialTrainSamples;
  const shortage = isEnough ? undefined : `${samples} of ${minInitialTrainSamples} daily entries`;
  return { samples, newestOpenTime: newest, shortage };
}

interface SeriesHistory {
  readonly series: Series | undefined;
  readonly samples: number;
  readonly newestOpenTime: number | undefined;
  /** Whether it is stored from the venue's first bar on. */
  readonly isFromFirstBar: boolean;
}

interface SeriesSpan {
  readonly window: TrainingWindow;
  readonly counts?: CandleCounts | undefined;
}

async function readSeries(
  stores: Pick<Stores, 'series' | 'candles'>,
  key: ModelKey,
  { window, counts = new CandleCounts() }: SeriesSpan,
): Promise<SeriesHistory> {
  const series = await stores.series.find(key);
  const range = series === undefined ? undefined : await stores.candles.bounds(series.id);
  if (series === undefined || range === undefined) {
    return { series, samples: 0, newestOpenTime: undefined, isFromFirstBar: false };
  }
  const isFromFirstBar = series.firstBarAt !== undefined && range.first <= series.firstBarAt;
  const from = Math.max(window.fromOpenTime, firstUsableOpenTime(series, range.first));
  const stored = `${range.first} ${range.last}`;
  const span = { of: 'window', from, to: window.lastOpenTime, stored } as const;
  const samples = await counts.count(stores.candles, series.id, span);
  return { series, samples, newestOpenTime: range.last, isFromFirstBar };
}

/** A row is usable once the span of its block is stored, or everything since the instrument's first bar. */
function firstUsableOpenTime(series: Series, firstOpenTime: number): number {
  const { firstBarAt, timeframe } = series;
  if (firstBarAt !== undefined && firstOpenTime <= firstBarAt) return firstOpenTime;
  const firstWithDepth = barIndex(firstOpenTime, timeframe) + DEPTH_BARS;
  return barOpenTime(Math.ceil(firstWithDepth / BLOCK_BARS) * BLOCK_BARS, timeframe);
}

/** While back-fill has not reached the present, a model would serve without having seen the last weeks. */
async function findLag(
  stores: Pick<Stores, 'knownGaps'>,
  { series, newestOpenTime }: SeriesHistory,
  window: TrainingWindow,
): Promise<string | undefined> {
  if (series === undefined || newestOpenTime === undefined) return undefined;
  const lagBars = window.toIndex - 1 - barIndex(newestOpenTime, series.timeframe);
  if (lagBars <= MAX_LAG_BARS) return undefined;
  if (await stores.knownGaps.has(series.id, window.lastOpenTime)) return undefined;
  return `the newest candle is ${lagBars} bars old`;
}

async function findReferenceShortage(
  stores: Pick<Stores, 'series' | 'candles'>,
  key: ModelKey,
  context: HistoryContext & { readonly window: TrainingWindow; readonly samples: number },
): Promise<string | undefined> {
  const { referenceSymbol } = context.options;
  if (referenceSymbol === undefined || referenceSymbol === key.symbol) return undefined;
  const referenceKey = { ...key, symbol: referenceSymbol };
  const reference = await readSeries(stores, referenceKey, context);
  const isEnough = reference.samples >= context.samples * MIN_REFERENCE_SHARE;
  if (isEnough || reference.isFromFirstBar) return undefined;
  return `${reference.samples} usable candles of the reference ${referenceSymbol}`;
}
