import { decimalText, roundedText } from './decimal-text.js';
import type { Instrument } from '../market/instrument.js';
import { refuse } from '../dialect/binance-refusal.js';
import { bookLevels } from '../market/book.js';
import { getInstrument, type Route, type RouteRequest } from './route.js';

export const priceRoute = tickerRoute('/api/v3/ticker/price', {
  weightOf: (symbols) => (symbols === 1 ? 2 : 4),
  toTicker: (instrument, { market, nowMs }) => ({
    symbol: instrument.id,
    price: decimalText(market.quote(instrument, nowMs).last),
  }),
});

export const bookTickerRoute = tickerRoute('/api/v3/ticker/bookTicker', {
  weightOf: (symbols) => (symbols === 1 ? 2 : 4),
  toTicker: (instrument, request) => ({ symbol: instrument.id, ...bestOf(instrument, request) }),
});

export const dayTickerRoute = tickerRoute('/api/v3/ticker/24hr', {
  weightOf: (symbols) => (symbols <= 20 ? 2 : symbols <= 100 ? 40 : 80),
  toTicker: (instrument, request) => {
    const type = request.query.findText('type') ?? 'FULL';
    if (type !== 'FULL' && type !== 'MINI') {
      throw refuse(
        -1100,
        "Illegal characters found in parameter 'type'; legal range is 'FULL|MINI'.",
      );
    }
    return type === 'MINI' ? miniTicker(instrument, request) : fullTicker(instrument, request);
  },
});

interface TickerOptions {
  /** Weight by the number of pairs asked for; Infinity when none is named. */
  readonly weightOf: (symbols: number) => number;
  readonly toTicker: (instrument: Instrument, request: RouteRequest) => object;
}

/** A call that takes `symbol`, `symbols` or neither, and answers with one ticker or a list. */
function tickerRoute(path: string, { weightOf, toTicker }: TickerOptions): Route {
  return {
    method: 'GET',
    path,
    weightOf: (parameters) => {
      if (parameters.has('symbol')) return weightOf(1);
      const list = parameters.get('symbols');
      return weightOf(list === null ? Infinity : Math.max(2, list.split(',').length));
    },
    answer: (request) => {
      const asked = request.query.findSymbols();
      request.query.findText('type');
      if (asked === undefined) {
        return request.market.listedAt(request.nowMs).map((one) => toTicker(one, request));
      }
      const tickers = asked.ids.map((id) => toTicker(getInstrument(request, id), request));
      return asked.isList ? tickers : tickers[0];
    },
  };
}

function bestOf(instrument: Instrument, request: RouteRequest): object {
  const { bids, asks } = bookLevels(instrument, { ...request, depth: 1 });
  const [bidPrice, bidQty] = bids[0] ?? [0, 0];
  const [askPrice, askQty] = asks[0] ?? [0, 0];
  return {
    bidPrice: decimalText(bidPrice),
    bidQty: decimalText(bidQty),
    askPrice: decimalText(askPrice),
    askQty: decimalText(askQty),
  };
}

function miniTicker(instrument: Instrument, { market, nowMs }: RouteRequest): object {
  const day = market.lastDay(instrument, nowMs);
  const quoteVolume = (day.volume * (day.open + day.high + day.low + day.close)) / 4;
  return {
    symbol: instrument.id,
    openPrice: decimalText(day.open),
    highPrice: decimalText(day.high),
    lowPrice: decimalText(day.low),
    lastPrice: decimalText(market.quote(instrument, nowMs).last),
    volume: decimalText(day.volume),
    quoteVolume: roundedText(quoteVolume),
    openTime: day.openTime,
    closeTime: nowMs,
    firstId: 1,
    lastId: 1 + Math.ceil(quoteVolume / 900),
    count: Math.ceil(quoteVolume / 900),
  };
}

function fullTicker(instrument: Instrument, request: RouteRequest): object {
  const { market, nowMs } = request;
  const { open, high, low, close } = market.lastDay(instrument, nowMs);
  const { last } = market.quote(instrument, nowMs);
  return {
    priceChange: roundedText(last - open),
    priceChangePercent: ((last / open - 1) * 100).toFixed(3),
    weightedAvgPrice: roundedText((open + high + low + close) / 4),
    prevClosePrice: decimalText(open),
    lastQty: decimalText(1 / 10 ** instrument.quantityDecimals),
    ...bestOf(instrument, request),
    ...miniTicker(instrument, request),
  };
}
