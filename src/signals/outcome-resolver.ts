import type { CandleColumns } from '../domain/candle-columns.js';
import { BarState } from '../domain/candle-columns.js';
import { modelKeyFor } from '../domain/bots.js';
import { modelKeyText, type ModelKey } from '../domain/model-key.js';
import type { LabelThresholds } from '../domain/model-record.js';
import type { Direction, Signal, SignalOutcome } from '../domain/signal.js';
import { barIndex, barOpenTime, lastClosedOpenTime, timeframeMs } from '../domain/timeframe.js';
import type { Clock } from '../lib/clock.js';
import type { RecentBars } from './recent-bars.js';
import type { SignalStores } from './signal-stores.js';

const MAX_SIGNALS_A_PASS = 50;

export interface OutcomeResolverOptions {
  readonly stores: Pick<SignalStores, 'signals' | 'models'>;
  readonly bars: Pick<RecentBars, 'columnsUpTo'>;
  readonly clock: Clock;
  /** `LABEL_HORIZON_BARS`: for fallback signals; a model's come with its record. */
  readonly fallbackHorizonBars: number;
}

/** How a signal is judged once its horizon has passed. */
interface Yardstick {
  readonly horizonBars: number;
  readonly thresholds: LabelThresholds;
}

/**
 * Parts the classes where no model of the key has thresholds: any rise is BUY, any fall SELL, and HOLD
 * only what did not move.
 */
const SIGN_THRESHOLDS: LabelThresholds = { sell: 0, buy: 0 };

/** Joins to earlier signals what became of them. */
export class OutcomeResolver {
  readonly #options: OutcomeResolverOptions;
  /** The newest closed candle of keys up to which nothing is left to resolve: the next one may change that. */
  readonly #settled = new Map<string, number>();

  constructor(options: OutcomeResolverOptions) {
    this.#options = options;
  }

  /**
   * One pass over the oldest signals of a key without an outcome, bounded; those whose candles are not
   * there yet wait for a later pass.
   *
   * @returns how many were resolved
   */
  async resolve(key: ModelKey): Promise<number> {
    const { clock, stores } = this.#options;
    const lastClosed = lastClosedOpenTime(clock.marketMs(), key.timeframe);
    const name = modelKeyText(key);
    if (this.#settled.get(name) === lastClosed) return 0;
    const signals = await stores.signals.listUnresolved(key, lastClosed, MAX_SIGNALS_A_PASS);
    const { resolved, isSettled } = await this.#resolve(key, { signals, lastClosed });
    if (isSettled) this.#settled.set(name, lastClosed);
    return resolved;
  }

  async #resolve(
    key: ModelKey,
    { signals, lastClosed }: { readonly signals: readonly Signal[]; readonly lastClosed: number },
  ): Promise<{ readonly resolved: number; readonly isSettled: boolean }> {
    if (signals.length === 0) return { resolved: 0, isSettled: true };
    const { clock, stores } = this.#options;
    let isSettled = signals.length < MAX_SIGNALS_A_PASS;
    const findYardstick = await this.#prepareYardsticks(key, signals);
    const outcomes: SignalOutcome[] = [];
    let columns: CandleColumns | undefined;
    // Newest first: one stretch of bars then serves many signals.
    for (const signal of signals.toSorted((a, b) => b.candleOpenTime - a.candleOpenTime)) {
      const yardstick = findYardstick(signal);
      const endOpenTime =
        signal.candleOpenTime + yardstick.horizonBars * timeframeMs(key.timeframe);
      if (endOpenTime > lastClosed) continue;
      if (columns === undefined || !reaches(columns, signal.candleOpenTime)) {
        columns = await this.#options.bars.columnsUpTo(key, endOpenTime);
      }
      const outcome = columns && findOutcome(columns, signal, yardstick);
      if (outcome === undefined) isSettled = false;
      else outcomes.push({ ...outcome, resolvedAt: clock.marketMs() });
    }
    if (outcomes.length > 0) await stores.signals.resolve(outcomes);
    return { resolved: outcomes.length, isSettled };
  }

  async #prepareYardsticks(
    key: ModelKey,
    signals: readonly Signal[],
  ): Promise<(signal: Signal) => Yardstick> {
    const fallback = await this.#fallbackYardstick(key);
    const ofModels = new Map<string, Yardstick>();
    const uids = new Set(signals.flatMap((s) => (s.source === 'model' ? [s.modelUid] : [])));
    for (const uid of uids) {
      const record = await this.#options.stores.models.find(uid);
      if (record?.thresholds === undefined) continue;
      const { horizonBars, thresholds } = record;
      ofModels.set(uid, { horizonBars, thresholds });
    }
    return (signal) => {
      const own = signal.source === 'model' ? ofModels.get(signal.modelUid) : undefined;
      return own ?? fallback;
    };
  }

  /** A fallback signal is compared with the newest thresholds of any model of the key. */
  async #fallbackYardstick(key: ModelKey): Promise<Yardstick> {
    const versions = await this.#options.stores.models.listVersions(modelKeyFor(key));
    const newest = versions.find((record) => record.thresholds !== undefined);
    return {
      horizonBars: this.#options.fallbackHorizonBars,
      thresholds: newest?.thresholds ?? SIGN_THRESHOLDS,
    };
  }
}

/** Class of a forward log return: SELL below the lower threshold, BUY above the upper one. */
export function classOfReturn(forwardReturn: number, thresholds: LabelThresholds): Direction {
  if (forwardReturn > thresholds.buy) return 'BUY';
  return forwardReturn < thresholds.sell ? 'SELL' : 'HOLD';
}

function reaches(columns: CandleColumns, openTime: number): boolean {
  return barOpenTime(columns.firstIndex, columns.timeframe) <= openTime;
}

/** ln(close[t+h] / close[t]); undefined while a bar of the two is not known. */
function findOutcome(
  columns: CandleColumns,
  signal: Signal,
  { horizonBars, thresholds }: Yardstick,
): Omit<SignalOutcome, 'resolvedAt'> | undefined {
  const from = barIndex(signal.candleOpenTime, columns.timeframe) - columns.firstIndex;
  const start = knownClose(columns, from);
  const end = knownClose(columns, from + horizonBars);
  if (start === undefined || end === undefined) return undefined;
  const outcomeReturn = Math.log(end / start);
  return {
    signalUid: signal.uid,
    outcomeReturn,
    outcomeClass: classOfReturn(outcomeReturn, thresholds),
  };
}

function knownClose(columns: CandleColumns, at: number): number | undefined {
  if (at < 0 || at >= columns.length || columns.state[at] === BarState.unknown) return undefined;
  const close = columns.close[at];
  return close !== undefined && close > 0 ? close : undefined;
}
