import { Decimal } from 'decimal.js';
import type { Quote } from '../domain/market.js';
import { messageOf, RejectedError } from '../lib/errors.js';
import type { CcxtExchange, CcxtTicker } from './ccxt-exchange.js';
import type { QuoteBatch } from './market-data.js';

/** Symbols in one request: 100 names make an address of some 2 KB, which every server takes. */
const MAX_SYMBOLS_A_REQUEST = 100;

export interface QuoteRequest {
  readonly exchange: CcxtExchange;
  readonly venue: string;
  readonly symbols: readonly string[];
  /** A time that the venue has reached. */
  readonly marketMs: () => number;
  /** A time that it has certainly not passed. */
  readonly latestMarketMs: () => number;
  /** Runs one call with retries and translated errors. */
  readonly call: <T>(what: string, work: () => Promise<T>) => Promise<T>;
}

type Tickers = Readonly<Record<string, CcxtTicker>>;

/**
 * Best prices by bulk calls. Where a bulk call is refused because one of its symbols is (delisted,
 * say), that call's symbols are asked for one by one, so that the others still get their price.
 */
export async function fetchQuotes(request: QuoteRequest): Promise<QuoteBatch> {
  const quotes: Quote[] = [];
  const missing: { symbol: string; reason: string }[] = [];
  const listed = request.symbols.filter((symbol) => isListed(request, symbol));
  for (const symbol of request.symbols) {
    if (!isListed(request, symbol)) missing.push({ symbol, reason: 'the venue does not list it' });
  }
  for (const symbols of chunk(listed, MAX_SYMBOLS_A_REQUEST)) {
    const askedAtMs = request.marketMs();
    const { tickers, refusals } = await fetchTickers(request, symbols);
    const times = { askedAtMs, latestMs: request.latestMarketMs() };
    for (const symbol of symbols) {
      const quote = toQuote(tickers[symbol], { venue: request.venue, symbol, ...times });
      if (typeof quote !== 'string') quotes.push(quote);
      else missing.push({ symbol, reason: refusals.get(symbol) ?? quote });
    }
  }
  return { quotes, missing };
}

/** ccxt refuses a whole call over one name that it does not know: such names are not sent. */
function isListed({ exchange }: QuoteRequest, symbol: string): boolean {
  return exchange.markets?.[symbol] !== undefined;
}

interface TickerAnswer {
  readonly tickers: Tickers;
  readonly refusals: ReadonlyMap<string, string>;
}

async function fetchTickers(request: QuoteRequest, symbols: string[]): Promise<TickerAnswer> {
  const { exchange, call } = request;
  if (exchange.has['fetchTickers'] !== true) return fetchOneByOne(request, symbols);
  try {
    const tickers = await call('fetchTickers', () => exchange.fetchTickers(symbols));
    const hasBooks = symbols.some((symbol) => tickers[symbol]?.bid !== undefined);
    if (hasBooks || exchange.has['fetchBidsAsks'] !== true) return { tickers, refusals: new Map() };
    const books = await call('fetchBidsAsks', () => exchange.fetchBidsAsks(symbols));
    return { tickers: mergeBooks(tickers, books), refusals: new Map() };
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error;
    return fetchOneByOne(request, symbols);
  }
}

function mergeBooks(tickers: Tickers, books: Tickers): Tickers {
  const merged = Object.entries(tickers).map(([symbol, ticker]) => {
    const { bid, ask } = books[symbol] ?? ticker;
    return [symbol, { ...ticker, bid, ask }];
  });
  return Object.fromEntries(merged) as Tickers;
}

async function fetchOneByOne(request: QuoteRequest, symbols: string[]): Promise<TickerAnswer> {
  const tickers: Record<string, CcxtTicker> = {};
  const refusals = new Map<string, string>();
  for (const symbol of symbols) {
    try {
      const what = `fetchTicker ${symbol}`;
      tickers[symbol] = await request.call(what, () => request.exchange.fetchTicker(symbol));
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
      refusals.set(symbol, messageOf(error));
    }
  }
  return { tickers, refusals };
}

interface QuoteContext {
  readonly venue: string;
  readonly symbol: string;
  readonly askedAtMs: number;
  readonly latestMs: number;
}

/** The quote, or the reason why the ticker is not usable as one. */
function toQuote(
  ticker: CcxtTicker | undefined,
  { venue, symbol, askedAtMs, latestMs }: QuoteContext,
): Quote | string {
  if (ticker === undefined) return 'not in the answer';
  const { bid, ask, last, timestamp } = ticker;
  if (!isPrice(bid) || !isPrice(ask)) return `no book: bid ${bid}, ask ${ask}`;
  if (bid > ask) return `crossed book: bid ${bid} above ask ${ask}`;
  return {
    venue,
    symbol,
    bid: toText(bid),
    ask: toText(ask),
    last: toText(isPrice(last) ? last : bid),
    // A ticker's own time may be that of its last trade, hours ago, or lie ahead; its prices stand when it is asked.
    venueTime:
      isPrice(timestamp) && timestamp <= latestMs ? Math.max(timestamp, askedAtMs) : askedAtMs,
  };
}

function isPrice(value: number | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

/** Plain decimal digits: `String` would write 1e-7. */
function toText(value: number): string {
  return new Decimal(value).toFixed();
}

function chunk(items: readonly string[], size: number): string[][] {
  const chunks: string[][] = [];
  for (let start = 0; start < items.length; start += size) {
    chunks.push(items.slice(start, start + size));
  }
  return chunks;
}
