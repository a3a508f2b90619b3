import type { Candle } from '../../domain/candle.js';
import type { Timeframe } from '../../domain/timeframe.js';
import type { Instrument } from './instrument.js';

/** From `fromMs` (included) to `toMs` (excluded), epoch milliseconds UTC. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Where the demo's prices come from. A source knows the whole future of its market; only `Market`
 * reads it, and shows no more than what market time has reached.
 */
export interface CandleSource {
  /** Short hash of everything that determines the prices: part of the venue's name. */
  readonly hash: string;
  readonly instruments: readonly Instrument[];
  /** Open time of the earliest bar of any pair. */
  readonly startMs: number;
  /** Close time of the last bar of any pair; undefined when the market is endless. */
  readonly endMs: number | undefined;
  /** Market time at which the first run begins. */
  readonly defaultStartMs: number;

  /**
   * Timeframes in which the pair's bars are kept, coarsest first. The last one is the finest that can
   * be read, and the bar along which the price moves; the others save work.
   */
  levelsOf(id: string): readonly Timeframe[];

  /** Whole bars whose open time lies in the span, ascending; bars without a candle are left out. */
  readBars(id: string, timeframe: Timeframe, span: TimeSpan): Candle[];

  /** The newest bar of the finest timeframe that opens at `timeMs` or before. */
  findBarAt(id: string, timeMs: number): Candle | undefined;
}
