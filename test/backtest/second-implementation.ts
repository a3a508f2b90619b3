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
  /** Undefined for any price. */
  readonly tick: string | undefined;
  readonly minSize: string;
  readonly minCost: string;
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
  readonly limits: PlainLimits;
}

/** 0 is off. */
export interface PlainLimits {
  readonly trailPct: number;
  readonly trailStartPct: number;
  readonly maxOpen: number;
  readonly maxExposurePct: number;
  readonly capital: number;
  readonly cooldown: number;
  readonly stopCooldown: number;
  readonly stopGuard: readonly [stops: number, bars: number];
  readonly losing: readonly [percent: number, bars: number];
  readonly dailyPct: number;
  readonly drawdownPct: number;
  readonly volatilityPct: number;
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
  trail: Decimal | undefined;
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
  const { limits } = rules;
  const stops: number[] = [];
  const lastStop = new Map<string, number>();
  const results = new Map<string, { at: number; percent: number }[]>();
  let peak = cash;
  let day = { number: NaN, first: cash };
  let pausedUntil = 0;
  let isHalted = false;
  const levelOf = (position: Held) => {
    const stop = position.entry.times(new D(-rules.stopPct).div(100).plus(1));
    const fixed = rules.stopPct > 0 ? stop : undefined;
    const { trail } = position;
    if (trail !== undefined && (fixed === undefined || trail.gt(fixed))) {
      return { price: trail, exit: 'trailing' };
    }
    return fixed && { price: fixed, exit: 'stop' };
  };
  const trailBelow = (position: Held, price: Decimal) => {
    if (limits.trailPct === 0) return;
    if (price.lt(position.entry.times(new D(limits.trailStartPct).div(100).plus(1)))) return;
    const level = price.times(new D(-limits.trailPct).div(100).plus(1));
    if (position.trail === undefined || level.gt(position.trail)) position.trail = level;
  };
  const isPaused = (symbol: string, close: number) => {
    if (isHalted || close < pausedUntil) return true;
    const within = (at: number | undefined, bars: number) =>
      at !== undefined && bars > 0 && close <= at + bars * rules.barMs;
    if (within(lastExit.get(symbol), limits.cooldown)) return true;
    if (within(lastStop.get(symbol), limits.stopCooldown)) return true;
    const [count, bars] = limits.stopGuard;
    for (const [k, at] of stops.entries()) {
      const first = stops[k - count + 1];
      if (first !== undefined && at - first < bars * rules.barMs && within(at, bars)) return true;
    }
    const [percent, span] = limits.losing;
    const own = results.get(symbol) ?? [];
    return own.some(({ at }, k) => {
      const near = own.slice(0, k + 1).filter((one) => at - one.at < span * rules.barMs);
      const sum = near.reduce((total, one) => total + one.percent, 0);
      return within(at, span) && sum <= percent;
    });
  };
  const dailyVolatility = (bars: ReadonlyMap<number, PlainBar>, open: number) => {
    const closes: number[] = [];
    for (let at = open - 167 * rules.barMs; at <= open; at += rules.barMs) {
      const bar = bars.get(at);
      if (bar !== undefined) closes.push(bar.close);
    }
    if (closes.length < 25) return undefined;
    let sum = 0;
    for (let k = 1; k < closes.length; k++)
      sum += Math.log((closes[k] ?? NaN) / (closes[k - 1] ?? NaN)) ** 2;
    return Math.sqrt((sum / (closes.length - 1)) * (86_400_000 / rules.barMs));
  };
  const equityNow = () => {
    let equity = cash;
    for (const [name, one] of held)
      equity = equity.plus(one.size.times(bidOf(known(lastClose, name))));
    return equity;
  };
  const floor = (size: Decimal, step: string) => size.div(step).floor().times(step);
  const onTick = (symbol: string, price: Decimal, side: 'up' | 'down') => {
    const { tick } = known(marketOf, symbol);
    if (tick === undefined) return price;
    if (side === 'up') return price.div(tick).ceil().times(tick);
    return D.max(tick, floor(price, tick));
  };
  const isSmall = (symbol: string, size: Decimal, price: Decimal) => {
    const { minSize, minCost } = known(marketOf, symbol);
    return size.lt(minSize) || size.times(price).lt(minCost);
  };
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

  function sell(symbol: string, seen: Decimal, bar: PlainBar, now: number) {
    const price = onTick(symbol, seen, 'down');
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
    const percent = leaving.value.minus(fee).minus(cost).div(position.entry.times(position.size));
    const own = results.get(symbol) ?? [];
    results.set(symbol, [...own, { at: now, percent: percent.times(100).toNumber() }]);
    if (leaving.exit === 'stop' || leaving.exit === 'trailing') {
      stops.push(now);
      lastStop.set(symbol, now);
    }
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
      const level = levelOf(position);
      const target = position.entry.times(new D(rules.targetPct).div(100).plus(1));
      const isTarget = rules.targetPct > 0 && target.lte(bar.high);
      if (level?.price.gte(bar.low) === true) {
        leave(symbol, position, level.exit);
        sell(symbol, D.min(level.price, bar.open), bar, close);
      } else if (isTarget) {
        leave(symbol, position, 'target');
        sell(symbol, D.max(target, bar.open), bar, close);
      } else trailBelow(position, new D(bar.high));
    }
    for (const { symbol, bars } of markets) {
      const bar = bars.get(open);
      if (bar !== undefined) lastClose.set(symbol, bar.close);
    }
    // Losses against their limits, before anything is decided.
    const value = equityNow();
    peak = D.max(peak, value);
    if (Math.floor(close / 86_400_000) !== day.number)
      day = { number: Math.floor(close / 86_400_000), first: value };
    const lost = (from: Decimal, percent: number) =>
      percent > 0 && from.minus(value).div(from).times(100).gte(percent);
    if (lost(peak, limits.drawdownPct)) isHalted = true;
    if (lost(day.first, limits.dailyPct)) pausedUntil = (day.number + 1) * 86_400_000;
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
        if (limits.maxOpen > 0 && held.size + buys.size >= limits.maxOpen) continue;
        if (isPaused(symbol, close)) continue;
        const equity = equityNow();
        let free = cash;
        let exposure = equity.minus(cash);
        let used = new D(0);
        for (const one of held.values()) used = used.plus(one.size.times(one.entry));
        for (const [name, one] of buys) {
          const cost = one.size.times(askOf(known(lastClose, name)));
          free = free.minus(cost.times(1 + rules.fee));
          exposure = exposure.plus(cost);
          used = used.plus(cost);
        }
        const ask = askOf(bar.close);
        const budgets = [equity.times(rules.fraction)];
        const volatility = dailyVolatility(bars, open);
        if (limits.volatilityPct > 0 && volatility === undefined) continue;
        if (limits.volatilityPct > 0)
          budgets.push(
            equity
              .times(limits.volatilityPct)
              .div(100)
              .div(volatility ?? NaN),
          );
        if (limits.maxExposurePct > 0)
          budgets.push(equity.times(limits.maxExposurePct).div(100).minus(exposure));
        if (limits.capital > 0) budgets.push(new D(limits.capital).minus(used));
        const affordable = free.div(ask.times(new D(rules.fee).plus(1)).times('1.01'));
        const sizes = budgets.map((budget) => budget.div(ask));
        const size = floor(D.min(affordable, ...sizes), step);
        if (size.lte(0) || isSmall(symbol, size, ask)) continue;
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
      const level = levelOf(position);
      const target = position.entry.times(new D(rules.targetPct).div(100).plus(1));
      const bid = bidOf(bar.open);
      const isTarget = rules.targetPct > 0 && bid.gte(target);
      const isOver = rules.holdBars > 0 && close >= position.holdUntil;
      const stopped = level !== undefined && bid.lte(level.price) ? level.exit : undefined;
      const exit = stopped ?? (isTarget ? 'target' : isOver ? 'hold' : undefined);
      if (exit === undefined) trailBelow(position, bid);
      else {
        leave(symbol, position, exit);
        sell(symbol, bid, bar, close);
      }
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
    const price = onTick(symbol, askOf(bar.open), 'up');
    const fee = feeOf(size.times(price));
    if (size.lt(order.size) && isSmall(symbol, size, price)) return true;
    if (size.lte(0) || size.times(price).plus(fee).gt(cash)) return true;
    cash = cash.minus(size.times(price)).minus(fee);
    take(symbol, size);
    const { holdUntil } = order;
    const bought = {
      size,
      entry: price,
      entryFee: fee,
      openedAt: time,
      holdUntil,
      trail: undefined,
    };
    held.set(symbol, bought);
    trailBelow(bought, price);
    return true;
  }
}

function known<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  if (value === undefined) throw new Error(`${name} is not known`);
  return value;
}
