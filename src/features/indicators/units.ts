import type { Expression } from '../definition/expression.js';
import { change, log, named } from './arithmetic.js';
import { BASE, REFERENCE_CLOSE } from './inputs.js';
import { atr } from './ranges.js';
import { deviation } from './windows.js';

/** ln(close), 0 at the start of the span. */
export const LOG_CLOSE = log(BASE.close);

/** Log return of one bar. */
export const RETURN = named('r', change(LOG_CLOSE));

/** The unit that distances between prices are measured in. */
export const ATR_14 = atr(BASE, 14);

/**
 * The unit that log returns over so many bars are measured in: at least 48 bars long, and never
 * shorter than the move itself, so that it is 0 only where the move is.
 */
export function volatilityOver(bars: number): Expression {
  return deviation(RETURN, Math.max(bars, 48));
}

export const LOG_REFERENCE = log(REFERENCE_CLOSE);

/** Log return of one bar of the reference symbol. */
export const REFERENCE_RETURN = named('r reference', change(LOG_REFERENCE));
