import { SPAN_BARS } from '../block-layout.js';
import { derive, type Expression } from '../expression.js';
import { newestClosed } from '../kernels/calendar.js';
import { CLOSED_BARS } from './inputs.js';

/** What an expression over a higher timeframe said when its newest bar closed, at each base bar. */
export function atBase(x: Expression): Expression {
  if (x.grid === 'base') return x;
  return derive({
    formula: `last closed ${x.formula}`,
    inputs: [x, CLOSED_BARS[x.grid]],
    lookbackBars: 0,
    kernel: newestClosed,
    grid: 'base',
    reachBars: SPAN_BARS,
  });
}
