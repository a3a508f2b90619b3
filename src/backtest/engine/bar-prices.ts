import { BarState, type CandleColumns } from '../../domain/candle-columns.js';
import type { Candle } from '../../domain/candle.js';
import type { Quote } from '../../domain/market.js';
import { Money } from '../../domain/money.js';
import { barOpenTime, closeTimeOf, timeframeMs, type Timeframe } from '../../domain/timeframe.js';
import { dailyVolatilityOf, VOLATILITY_BARS } from '../../risk/daily-volatility.js';
import type { Quotes } from '../../trading/books/quote-board.js';
import type { MarketHistory, SymbolHistory } from '../history/market-history.js';
import { spreadPctOf } from '../history/spread-of.js';

/** A symbol, and its quote at the moment that it was last asked for. */
interface QuotedSymbol {
  readonly columns: CandleColumns;
  /** Half of its spread, as a fraction of the price. */
  readonly half: number;
  moment: number;
  quote: BarQuote | undefined;
}

/**
 * The prices of the bar that a run has come to, as quotes: the close of the bar that has just closed, then the open of
 * the next one, half the spread to either side. A bar without trades has no fresh price.
 */
export class BarPrices implements Quotes {
  /** The prices of a bar are known by its time: nothing is to be repeated on other ones. */
  readonly newestAt = undefined;
  readonly #symbols: ReadonlyMap<string, QuotedSymbol>;
  readonly #venue: string;
  readonly #timeframe: Timeframe;
  #index = 0;
  #isOpen = false;
  /** Counts the moments that were shown. */
  #moment = 0;

  /** @param spreadPct of the middle price where none was quoted: 0.02 is 0.02 % */
  constructor(history: MarketHistory, spreadPct: number) {
    this.#symbols = new Map(
      history.symbols.map((one) => {
        const half = spreadPctOf(one, spreadPct) / 200;
        return [one.instrument.symbol, { columns: one.columns, half, moment: 0, quote: undefined }];
      }),
    );
    this.#venue = history.venue;
    this.#timeframe = history.timeframe;
  }

  /** Shows the closes of the bar with that number. */
  showClose(index: number): void {
    this.#index = index;
    this.#isOpen = false;
    this.#moment += 1;
  }

  /** Shows the opens of the bar with that number. */
  showOpen(index: number): void {
    this.#index = index;
    this.#isOpen = true;
    this.#moment += 1;
  }

  find(symbol: string): Quote | undefined {
    return this.#findOnce(symbol);
  }

  /** Made when it is first asked for, and kept for as long as the moment is shown. */
  #findOnce(symbol: string): BarQuote | undefined {
    const quoted = this.#symbols.get(symbol);
    if (quoted === undefined) return undefined;
    if (quoted.moment !== this.#moment) {
      quoted.quote = this.#make(symbol, quoted);
      quoted.moment = this.#moment;
    }
    return quoted.quote;
  }

  #make(symbol: string, { columns, half }: QuotedSymbol): BarQuote | undefined {
    if (columns.length === 0) return undefined;
    const last = columns.length - 1;
    const wanted = this.#index - columns.firstIndex;
    if (wanted < 0) return undefined;
    if (this.#isOpen && wanted <= last && columns.state[wanted] === BarState.stored) {
      const price = columns.open[wanted] ?? NaN;
      const venueTime = barOpenTime(this.#index, this.#timeframe);
      return new BarQuote({ venue: this.#venue, symbol, price, venueTime, half });
    }
    let at = Math.min(this.#isOpen ? wanted - 1 : wanted, last);
    while (at > 0 && columns.state[at] !== BarState.stored) at -= 1;
    if (at < 0) return undefined;
    const openTime = barOpenTime(columns.firstIndex + at, this.#timeframe);
    const price = columns.close[at] ?? NaN;
    const venueTime = closeTimeOf(openTime, this.#timeframe);
    return new BarQuote({ venue: this.#venue, symbol, price, venueTime, half });
  }

  findFresh(symbol: string, nowMs: number, maxAgeMs: number): Quote | undefined {
    const quote = this.find(symbol);
    return quote !== undefined && nowMs - quote.venueTime <= maxAgeMs ? quote : undefined;
  }

  bidOf(symbol: string): Money | undefined {
    return this.#findOnce(symbol)?.bidPrice;
  }

  /** What a sale would fetch. */
  findBid(symbol: string): number | undefined {
    const quote = this.#findOnce(symbol);
    return quote === undefined ? undefined : Number(quote.bid);
  }

  /** Of the bars up to the one whose close is shown. */
  findVolatility(symbol: string): number | undefined {
    const columns = this.#symbols.get(symbol)?.columns;
    if (columns === undefined) return undefined;
    const last = this.#index - columns.firstIndex;
    const closes: number[] = [];
    for (let at = Math.max(0, last - VOLATILITY_BARS + 1); at <= last; at++) {
      if (columns.state[at] === BarState.stored) closes.push(columns.close[at] ?? NaN);
    }
    return dailyVolatilityOf(closes, timeframeMs(this.#timeframe));
  }

  /** The traded bar of a symbol with that number. */
  findBar(symbol: string, index: number): Candle | undefined {
    const columns = this.#symbols.get(symbol)?.columns;
    return columns === undefined ? undefined : barAt(columns, index);
  }
}

/** The traded bar with that number, counted since the epoch. */
export function barAt(columns: SymbolHistory['columns'], index: number): Candle | undefined {
  const at = index - columns.firstIndex;
  if (at < 0 || at >= columns.length || columns.state[at] !== BarState.stored) return undefined;
  return {
    openTime: barOpenTime(index, columns.timeframe),
    open: columns.open[at] ?? NaN,
    high: columns.high[at] ?? NaN,
    low: columns.low[at] ?? NaN,
    close: columns.close[at] ?? NaN,
    volume: columns.volume[at] ?? NaN,
  };
}

interface BarPrice {
  readonly venue: string;
  readonly symbol: string;
  readonly price: number;
  readonly venueTime: number;
  readonly half: number;
}

/** Most quotes are never read, so their texts are made when they are. */
class BarQuote implements Quote {
  readonly venue: string;
  readonly symbol: string;
  readonly venueTime: number;
  readonly #price: number;
  readonly #half: number;
  #bid: string | undefined;
  #bidPrice: Money | undefined;

  constructor({ venue, symbol, price, venueTime, half }: BarPrice) {
    this.venue = venue;
    this.symbol = symbol;
    this.venueTime = venueTime;
    this.#price = price;
    this.#half = half;
  }

  get bid(): string {
    this.#bid ??= String(this.#price * (1 - this.#half));
    return this.#bid;
  }

  get bidPrice(): Money {
    this.#bidPrice ??= new Money(this.bid);
    return this.#bidPrice;
  }

  get ask(): string {
    return String(this.#price * (1 + this.#half));
  }

  get last(): string {
    return String(this.#price);
  }
}
