import { Decimal } from 'decimal.js';

/**
 * The rules of a backtest once more, written from their description alone: one loop over bars, no store, no broker, no
 * order objects. It shares no code with the engine, so that both being wrong in the same way would be a coincidence.
 */

const D = Decimal.clone({ precision: 40 });

export interface PlainBar {
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface PlainMarket {
  readonly symbol: string;
  readonly step: string;
  readonly bars: ReadonlyMap<number, PlainBar>;
  /** Signal at the close of a bar: direction and confidence. */
  readonly signals: ReadonlyMap<number, readonly ['BUY' | 'HOLD' | 'SELL', number]>;
}

export interface PlainRules {
  readonly barMs: number;
  readonly firstOpen: number;
  readonly lastOpen: number;
  readonly equity: number;
  readonly fraction: number;
  readonly fee: number;
  readonly stopPct: number;
  readonly targetPct: number;
  readonly holdBars: number;
  readonly minConfidence: number;
  readonly halfSpread: number;
  readonly volumeShare: number;
  /** A purchase that met no bar within this is given up. */
  readonly maxWaitMs: number;
}

export interface PlainTrade {
  symbol: string;
  openedAt: number;
  entryPrice: string;
  closedAt: number;
  exitPrice: string;
  size: string;
  fee: string;
  pnl: string;
  exit: string;
}

interface Held {
  size: Decimal;
  entry: Decimal;
  entryFee: Decimal;
  openedAt: number;
  holdUntil: number;
  /** Set once it is being sold: why, what is sold so far and for how much. */
  leaving?: { exit: string; sold: Decimal; value: Decimal };
}

export function backtestPlainly(markets: readonly PlainMarket[], rules: PlainRules): PlainTrade[] {
  const trades: PlainTrade[] = [];
  const held = new Map<string, Held>();
  /** What was decided and is not done yet, oldest first. */
  let queue: { side: 'buy' | 'sell'; symbol: string }[] = [];
  const lastExit = new Map<string, number>();
  const buys = new Map<string, { size: Decimal; holdUntil: number; since: number }>();
  const marketOf = new Map(markets.map((market) => [market.symbol, market]));
  const lastClose = new Map<string, number>();
  let cash = new D(rules.equity);
  let taken = new Map<string, Decimal>();
  const feeOf = (value: Decimal) => value.times(rules.fee).toDecimalPlaces(12, D.ROUND_UP);
  const bidOf = (price: number) => new D(String(price * (1 - rules.halfSpread)));
  const askOf = (price: number) => new D(String(price * (1 + rules.halfSpread)));
  const floor = (size: Decimal, step: string) => size.div(step).floor().times(step);
  const available = (symbol: string, volume: number) => {
    if (rules.volumeShare === 0) return new D(Infinity);
    const left = new D(volume).times(rules.volumeShare).minus(taken.get(symbol) ?? 0);
    return D.max(0, left);
  };
  const take = (symbol: string, size: Decimal) =>
    taken.set(symbol, (taken.get(symbol) ?? new D(0)).plus(size));

  function leave(symbol: string, position: Held, exit: string): void {
    position.leaving = { exit, sold: new D(0), value: new D(0) };
    queue.push({ side: 'sell', symbol });
  }

  function sell(symbol: string, price: Decimal, bar: PlainBar, now: number) {
    const position = held.get(symbol);
    if (position?.leaving === undefined) return;
    const { leaving } = position;
    const left = position.size.minus(leaving.sold);
    const can = D.min(left, available(symbol, bar.volume));
    const size = can.gte(left) ? left : floor(can, known(marketOf, symbol).step);
    take(symbol, size);
    leaving.sold = leaving.sold.plus(size);
    leaving.value = leaving.value.plus(size.times(price));
    if (leaving.sold.lt(position.size)) return;
    const fee = feeOf(leaving.value);
    cash = cash.plus(leaving.value).minus(fee);
    const cost = position.entry.times(position.size).plus(position.entryFee);
    trades.push({
      symbol,
      openedAt: position.openedAt,
      entryPrice: position.entry.toFixed(12),
      closedAt: bar.openTime,
      exitPrice: leaving.value.div(position.size).toFixed(12),
      size: position.size.toFixed(),
      fee: fee.plus(position.entryFee).toFixed(),
      pnl: leaving.value.minus(fee).minus(cost).toFixed(12),
      exit: leaving.exit,
    });
    held.delete(symbol);
    lastExit.set(symbol, now);
    queue = queue.filter((one) => one.side === 'buy' || one.symbol !== symbol);
  }

  for (let open = rules.firstOpen; open <= rules.lastOpen; open += rules.barMs) {
    const close = open + rules.barMs;
    // Inside the bar: the stop first, then the target.
    for (const [symbol, position] of [...held]) {
      const bar = known(marketOf, symbol).bars.get(open);
      if (bar === undefined || position.leaving !== undefined) continue;
      const stop = position.entry.times(new D(-rules.stopPct).div(100).plus(1));
      const target = position.entry.times(new D(rules.targetPct).div(100).plus(1));
      const isStop = rules.stopPct > 0 && stop.gte(bar.low);
      const isTarget = rules.targetPct > 0 && target.lte(bar.high);
      if (!isStop && !isTarget) continue;
      const price = isStop ? D.min(stop, bar.open) : D.max(target, bar.open);
      leave(symbol, position, isStop ? 'stop' : 'target');
      sell(symbol, price, bar, close);
    }
    for (const { symbol, bars } of markets) {
      const bar = bars.get(open);
      if (bar !== undefined) lastClose.set(symbol, bar.close);
    }
    // The signals of the bar, symbol by symbol.
    for (const { symbol, bars, signals, step } of markets) {
      const bar = bars.get(open);
      if (bar === undefined) continue;
      const [direction, confidence] = signals.get(open) ?? ['HOLD', 0];
      const position = held.get(symbol);
      const holdUntil = close + rules.holdBars * rules.barMs;
      if (direction === 'SELL' && position !== undefined && position.leaving === undefined)
        leave(symbol, position, 'signal');
      if (direction !== 'BUY') continue;
      const waiting = buys.get(symbol);
      if (waiting !== undefined) waiting.holdUntil = Math.max(waiting.holdUntil, holdUntil);
      else if (position !== undefined) {
        if (position.leaving === undefined)
          position.holdUntil = Math.max(position.holdUntil, holdUntil);
      } else if (close > (lastExit.get(symbol) ?? 0) && confidence >= rules.minConfidence) {
        let equity = cash;
        for (const [name, one] of held)
          equity = equity.plus(one.size.times(bidOf(known(lastClose, name))));
        let free = cash;
        for (const [name, one] of buys)
          free = free.minus(one.size.times(askOf(known(lastClose, name))).times(1 + rules.fee));
        const ask = askOf(bar.close);
        const affordable = free.div(ask.times(new D(rules.fee).plus(1)).times('1.01'));
        const size = floor(D.min(equity.times(rules.fraction).div(ask), affordable), step);
        if (size.lte(0)) continue;
        buys.set(symbol, { size, holdUntil, since: close });
        queue.push({ side: 'buy', symbol });
      }
    }
    if (open === rules.lastOpen) break;
    // The next bar opens: sales and purchases in the order in which they were decided.
    taken = new Map();
    fillAtOpen(close);
    for (const [symbol, position] of [...held]) {
      const bar = known(marketOf, symbol).bars.get(close);
      if (bar === undefined || position.leaving !== undefined) continue;
      if (position.openedAt === close) continue;
      const stop = position.entry.times(new D(-rules.stopPct).div(100).plus(1));
      const target = position.entry.times(new D(rules.targetPct).div(100).plus(1));
      const bid = bidOf(bar.open);
      const isStop = rules.stopPct > 0 && bid.lte(stop);
      const isTarget = rules.targetPct > 0 && bid.gte(target);
      if (!isStop && !isTarget && !(rules.holdBars > 0 && close >= position.holdUntil)) continue;
      leave(symbol, position, isStop ? 'stop' : isTarget ? 'target' : 'hold');
      sell(symbol, bid, bar, close);
    }
  }
  return trades.sort((a, b) => a.openedAt - b.openedAt || (a.symbol < b.symbol ? -1 : 1));

  function fillAtOpen(time: number): void {
    const before = queue;
    queue = [];
    for (const entry of before) {
      const bar = known(marketOf, entry.symbol).bars.get(time);
      if (entry.side === 'sell') {
        if (bar !== undefined) sell(entry.symbol, bidOf(bar.open), bar, time);
        if (held.get(entry.symbol)?.leaving !== undefined) queue.push(entry);
      } else if (!buy(entry.symbol, bar, time)) queue.push(entry);
    }
  }

  /** Returns whether the purchase is over, done or given up. */
  function buy(symbol: string, bar: PlainBar | undefined, time: number): boolean {
    const { step } = known(marketOf, symbol);
    const order = known(buys, symbol);
    const isLate = time - order.since > rules.maxWaitMs;
    if (bar === undefined && !isLate) return false;
    buys.delete(symbol);
    if (isLate || bar === undefined) return true;
    const size = floor(D.min(order.size, available(symbol, bar.volume)), step);
    const price = askOf(bar.open);
    const fee = feeOf(size.times(price));
    if (size.lte(0) || size.times(price).plus(fee).gt(cash)) return true;
    cash = cash.minus(size.times(price)).minus(fee);
    take(symbol, size);
    const { holdUntil } = order;
    held.set(symbol, { size, entry: price, entryFee: fee, openedAt: time, holdUntil });
    return true;
  }
}

function known<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  if (value === undefined) throw new Error(`${name} is not known`);
  return value;
}
