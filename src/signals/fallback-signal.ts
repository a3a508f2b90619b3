import { RSI, SMA } from 'technicalindicators';
import { BarState, type CandleColumns } from '../domain/candle-columns.js';
import type { Direction, FallbackIndicators } from '../domain/signal.js';

/** The indicators see the newest bars only, so that a signal does not depend on where history begins. */
export const MAX_BARS = 640;
export const MIN_BARS = 50;

export const SHORT_PERIOD = 14;
export const LONG_PERIOD = 50;
export const RSI_PERIOD = 14;

const OVERBOUGHT_RSI = 70;
const OVERSOLD_RSI = 30;
const NEUTRAL_RSI = 50;

const BASE_CONFIDENCE = 55;
const CONFIDENCE_SPAN = 10;
/** Distance of the averages, as a ratio, that counts as a full trend. */
const FULL_TREND = 0.02;

/** Averages of equal prices differ by rounding: closer than this they are equal. */
const EQUAL_RATIO = 1e-12;

export interface FallbackDirection {
  readonly prediction: Direction;
  /** 55 to 65; 0 for insufficient history. */
  readonly confidence: number;
  /** Undefined for insufficient history. */
  readonly indicators: FallbackIndicators | undefined;
}

/**
 * What the rules say at the last of the given bars, fillers included. Under 50 bars without a hole:
 * HOLD without indicators, for insufficient history.
 */
export function fallbackDirection(columns: CandleColumns): FallbackDirection {
  const closes = newestCloses(columns);
  if (closes.length < MIN_BARS) return { prediction: 'HOLD', confidence: 0, indicators: undefined };
  const indicators = {
    sma14: average(closes, SHORT_PERIOD),
    sma50: average(closes, LONG_PERIOD),
    rsi14: relativeStrength(closes),
  };
  const prediction = applyRules(indicators);
  return { prediction, confidence: fallbackConfidence(indicators), indicators };
}

/** BUY: SMA14 > SMA50 and RSI < 70. SELL: SMA14 < SMA50 and RSI > 30. HOLD otherwise. */
export function applyRules({ rsi14, sma14, sma50 }: FallbackIndicators): Direction {
  const trend = sma14 / sma50 - 1;
  if (trend > EQUAL_RATIO && rsi14 < OVERBOUGHT_RSI) return 'BUY';
  if (trend < -EQUAL_RATIO && rsi14 > OVERSOLD_RSI) return 'SELL';
  return 'HOLD';
}

/** 55 + 10 · clamp(½·|sma14/sma50 − 1|/0.02 + ½·|rsi − 50|/50, 0, 1). */
export function fallbackConfidence({ rsi14, sma14, sma50 }: FallbackIndicators): number {
  const trend = Math.abs(sma14 / sma50 - 1) / FULL_TREND;
  const strength = Math.abs(rsi14 - NEUTRAL_RSI) / NEUTRAL_RSI;
  const share = Math.min(Math.max(trend / 2 + strength / 2, 0), 1);
  return BASE_CONFIDENCE + CONFIDENCE_SPAN * share;
}

/** Closes of the newest bars after the last hole in the history. */
function newestCloses(columns: CandleColumns): number[] {
  const { close, length, state } = columns;
  let from = length;
  while (from > 0 && length - from < MAX_BARS && state[from - 1] !== BarState.unknown) from--;
  return Array.from(close.subarray(from, length));
}

function average(closes: readonly number[], period: number): number {
  const values = closes.slice(-period);
  return SMA.calculate({ period, values }).at(-1) ?? NaN;
}

/** The library calls a market that never moved overbought (RSI 100): it is neutral. */
function relativeStrength(closes: readonly number[]): number {
  if (closes.every((close) => close === closes[0])) return NEUTRAL_RSI;
  const values = [...closes];
  const rsi = RSI.calculate({ period: RSI_PERIOD, values }).at(-1);
  return rsi ?? NEUTRAL_RSI;
}
