import type { Candle } from '../../domain/candle.js';
import type { Signal } from '../../domain/signal.js';
import { timeframeMs, type Timeframe } from '../../domain/timeframe.js';
import { ConfigError } from '../../lib/errors.js';
import { groupBy } from '../../lib/group-by.js';
import { dailyVolatilityOf, VOLATILITY_BARS } from '../../risk/daily-volatility.js';
import type { Page, Paged } from '../../storage/connection/row.js';
import type { StoredQuote } from '../../storage/stores/price-store.js';
import type { Stores } from '../../storage/stores.js';
import { instrumentsOf } from './instruments-of.js';
import type { QuoteBatch, Recorded, RecordedDecision } from './recorded.js';

const PAGE_ROWS = 5_000;
/** A year of hundred symbols on hourly bars. */
const MAX_ROWS = 1_000_000;

export interface RecordedRequest {
  readonly venue: string;
  readonly account: string;
  /** Of the fallback's signals, at a wall time; a model's horizon is stored with it. */
  readonly fallbackHorizonAt: (createdAt: number) => number;
}

/**
 * Reads what a daemon recorded of an account, from its first decision on.
 *
 * @throws ConfigError when it recorded nothing
 */
export async function readRecorded(stores: Stores, request: RecordedRequest): Promise<Recorded> {
  const { venue, account } = request;
  const books = (await stores.accounts.list(venue)).find((one) => one.account === account);
  const all = await readAll((page) => stores.decisions.list({ venue }, page));
  const own = all.filter(({ isAdvisory }) => !isAdvisory).reverse();
  const [first] = own;
  if (books === undefined || first === undefined) {
    throw new ConfigError(`No decision of account ${account} at ${venue} is stored`);
  }
  // Rows of one moment keep the order in which they were stored.
  own.sort((one, other) => one.createdAt - other.createdAt || one.id - other.id);
  const key = { venue, account };
  const orders = (await readAll((page) => stores.orders.list(key, page))).reverse();
  const positions = await readAll((page) => stores.positions.list(key, page));
  const seriesOf = seriesReader(stores, venue);
  const instruments = await instrumentsOf({
    symbols: new Set([...own, ...orders, ...positions].map(({ symbol }) => symbol)),
    orders,
    currency: books.currency,
    findSeries: (symbol) => stores.series.find({ venue, symbol, timeframe: first.timeframe }),
  });
  return {
    venue,
    account,
    positions,
    orders,
    currency: books.currency,
    startEquity: books.initialEquity,
    timeframe: first.timeframe,
    bot: first.bot,
    decisions: await withSignals(stores, own, { request, seriesOf }),
    batches: toBatches(await stores.prices.listAll(venue)),
    fills: (await readAll((page) => stores.fills.list(key, page))).reverse(),
    lastResumedAt: await stores.halts.lastResumedAt(key),
    readEquity: async () => (await readAll((page) => stores.equity.list(key, page))).reverse(),
    findVolatility: volatilities(seriesOf, first.timeframe),
    findInstrument: (symbol) => instruments.get(symbol),
  };
}

async function readAll<T>(list: (page: Page) => Promise<Paged<T>>): Promise<T[]> {
  const rows: T[] = [];
  while (rows.length < MAX_ROWS) {
    const page = await list({ limit: PAGE_ROWS, offset: rows.length });
    rows.push(...page.rows);
    if (page.rows.length < PAGE_ROWS) break;
  }
  return rows;
}

async function withSignals(
  stores: Stores,
  decisions: readonly RecordedDecision['decision'][],
  { request, seriesOf }: { readonly request: RecordedRequest; readonly seriesOf: SeriesReader },
): Promise<readonly RecordedDecision[]> {
  const signals = new Map<string, Signal>();
  for (let from = 0; from < decisions.length; from += PAGE_ROWS / 10) {
    const uids = decisions.slice(from, from + PAGE_ROWS / 10).map(({ signalUid }) => signalUid);
    for (const signal of await stores.signals.findMany(uids)) signals.set(signal.uid, signal);
  }
  const horizonOf = horizons(stores, request);
  const recorded: RecordedDecision[] = [];
  for (const decision of decisions) {
    const signal = signals.get(decision.signalUid);
    if (signal === undefined) continue;
    const horizonBars = await horizonOf(signal, decision.createdAt);
    const candle = (await seriesOf(signal.symbol, signal.timeframe)).get(signal.candleOpenTime);
    recorded.push({ decision, signal, horizonBars, candle });
  }
  return recorded;
}

function horizons(
  stores: Stores,
  { fallbackHorizonAt }: RecordedRequest,
): (signal: Signal, createdAt: number) => Promise<number> {
  const known = new Map<string, number | undefined>();
  return async (signal, createdAt) => {
    if (signal.source === 'fallback') return fallbackHorizonAt(createdAt);
    const { modelUid } = signal;
    if (!known.has(modelUid)) {
      known.set(modelUid, (await stores.models.find(modelUid))?.horizonBars);
    }
    return known.get(modelUid) ?? fallbackHorizonAt(createdAt);
  };
}

/** Candles by their open times. */
type SeriesReader = (symbol: string, timeframe: Timeframe) => Promise<ReadonlyMap<number, Candle>>;

function seriesReader(stores: Stores, venue: string): SeriesReader {
  const known = new Map<string, ReturnType<SeriesReader>>();
  return (symbol, timeframe) => {
    const name = `${symbol} ${timeframe}`;
    const found = known.get(name) ?? readSeries(stores, { venue, symbol, timeframe });
    known.set(name, found);
    return found;
  };
}

async function readSeries(
  stores: Stores,
  key: Parameters<Stores['series']['find']>[0],
): Promise<ReadonlyMap<number, Candle>> {
  const series = await stores.series.find(key);
  if (series === undefined) return new Map();
  const rows = await stores.candles.read(series.id, {});
  return new Map(rows.map((candle) => [candle.openTime, candle]));
}

function volatilities(seriesOf: SeriesReader, timeframe: Timeframe): Recorded['findVolatility'] {
  const barMs = timeframeMs(timeframe);
  return async (symbol, closedBy) => {
    const series = await seriesOf(symbol, timeframe);
    const closes: number[] = [];
    for (let bars = VOLATILITY_BARS; bars > 0; bars--) {
      const candle = series.get(closedBy - bars * barMs);
      if (candle !== undefined) closes.push(candle.close);
    }
    return dailyVolatilityOf(closes, barMs);
  };
}

/** The quotes of one call were stored at one wall time. */
function toBatches(quotes: readonly StoredQuote[]): readonly QuoteBatch[] {
  return [...groupBy(quotes, ({ createdAt }) => createdAt)]
    .sort(([one], [other]) => one - other)
    .map(([createdAt, batch]) => ({ createdAt, quotes: batch }));
}
