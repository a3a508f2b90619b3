import { describe, expect, it } from 'vitest';
import type { Signal } from '../../domain/signal.js';
import {
  BAR,
  buildFallback,
  buildPosition,
  buildQuote,
  buildRules,
  buildSignal,
  CLOSE,
  HOUR,
} from '../../../test/trading/build-trading.js';
import { decide, type Observation } from './decide.js';
import type { TradingRules } from '../trading-rules.js';

type Changes = Partial<Omit<Observation, 'rules'>> & { readonly rules?: Partial<TradingRules> };

function observe({ rules, ...changes }: Changes = {}): Observation {
  return {
    rules: buildRules(rules),
    nowMs: CLOSE + 1_000,
    advisory: undefined,
    entryFreeze: undefined,
    position: undefined,
    quote: buildQuote(),
    hasCandleActed: false,
    lastExitAt: undefined,
    lastDecidedOpenTime: undefined,
    ...changes,
  };
}

interface Row {
  readonly fact: string;
  readonly signal: Signal;
  readonly seen?: Changes;
  readonly verdict: string;
}

const held = { position: buildPosition() };
const opening = { position: buildPosition({ status: 'opening', entryPrice: undefined }) };
const closing = { position: buildPosition({ status: 'closing' }) };
const refused = { position: buildPosition({ exitReason: 'signal' }) };
const buy = buildSignal();
const sell = buildSignal({ prediction: 'SELL' });
const hold = buildSignal({ prediction: 'HOLD' });
const fallbackRefusal = 'skip: fallback not executed: ALLOW_FALLBACK_EXECUTION=false';
const allowed = { rules: { allowFallbackExecution: true } };

function check(rows: readonly Row[]): void {
  it.each(rows)('$fact', ({ signal, seen, verdict }) => {
    const { action, reason } = decide(signal, observe(seen));
    expect(`${action}: ${reason}`).toBe(verdict);
  });
}

describe('a BUY', () => {
  check([
    { fact: 'opens when flat', signal: buy, verdict: 'open: BUY' },
    { fact: 'keeps what is held', signal: buy, seen: held, verdict: 'keep: already long' },
    {
      fact: 'keeps what is being bought',
      signal: buy,
      seen: opening,
      verdict: 'keep: already long',
    },
    { fact: 'waits for a sale', signal: buy, seen: closing, verdict: 'skip: already closing' },
    {
      fact: 'does not keep what was decided to be sold and is refused so far',
      signal: buy,
      seen: refused,
      verdict: 'skip: already closing: its sale was refused and is tried again',
    },
    {
      fact: 'does not buy back on a candle that closed before the exit',
      signal: buy,
      seen: { lastExitAt: CLOSE },
      verdict: 'skip: this candle closed before the last exit: an entry needs a later one',
    },
    {
      fact: 'buys on a candle that closed after the exit',
      signal: buy,
      seen: { lastExitAt: CLOSE - 1 },
      verdict: 'open: BUY',
    },
    {
      fact: 'needs its confidence',
      signal: buildSignal({ confidence: 38.2 }),
      verdict: 'skip: confidence 38.2 below 40',
    },
    {
      fact: 'shows the digits that make the difference',
      signal: buildSignal({ confidence: 39.996 }),
      verdict: 'skip: confidence 39.996 below 40',
    },
    { fact: 'opens at the minimum', signal: buildSignal({ confidence: 40 }), verdict: 'open: BUY' },
    {
      fact: 'is refused when its confidence is no number',
      signal: buildSignal({ confidence: Number.NaN }),
      verdict: 'skip: confidence NaN below 40',
    },
    { fact: 'needs a quote', signal: buy, seen: { quote: undefined }, verdict: 'skip: no quote' },
    {
      // 2 × 0.1 % of fees and a spread of 0.02 in 100.
      fact: 'must be worth its costs',
      signal: buildSignal({ expectedMove: 0.0012 }),
      verdict: 'skip: expected move 0.12 % below costs 0.22 %',
    },
    {
      fact: 'must be worth a multiple of its costs where that is set',
      signal: buildSignal({ expectedMove: 0.003 }),
      seen: { rules: { minEdgeCosts: 1.5 } },
      verdict: 'skip: expected move 0.30 % below 1.5 × costs 0.22 %',
    },
    {
      fact: 'opens at exactly its costs',
      signal: buildSignal({ expectedMove: 0.0022 }),
      verdict: 'open: BUY',
    },
    {
      fact: 'does not open while entries are frozen',
      signal: buy,
      seen: { entryFreeze: 'the books are on another database' },
      verdict: 'skip: entries frozen: the books are on another database',
    },
  ]);
});

describe('a SELL', () => {
  check([
    { fact: 'closes what is held', signal: sell, seen: held, verdict: 'close: SELL' },
    {
      fact: 'closes below every threshold, without a quote, while entries are frozen',
      signal: buildSignal({ prediction: 'SELL', confidence: 34, expectedMove: 0 }),
      seen: { ...held, quote: undefined, entryFreeze: 'halt' },
      verdict: 'close: SELL',
    },
    {
      fact: 'has nothing to close when flat',
      signal: sell,
      verdict: 'skip: flat: nothing to close',
    },
    { fact: 'leaves a sale alone', signal: sell, seen: closing, verdict: 'keep: already closing' },
    {
      fact: 'leaves a sale alone that is refused so far',
      signal: sell,
      seen: refused,
      verdict: 'keep: already closing: its sale was refused and is tried again',
    },
    {
      fact: 'says that a sale without a quote waits',
      signal: sell,
      seen: { ...closing, quote: undefined },
      verdict: 'keep: already closing: no quote to sell at yet',
    },
    {
      fact: 'leaves an unfilled entry to its exits',
      signal: sell,
      seen: opening,
      verdict: 'skip: the entry is not filled yet: its exits will guard it',
    },
  ]);
});

describe('a HOLD', () => {
  check([
    { fact: 'keeps what is held', signal: hold, seen: held, verdict: 'keep: HOLD' },
    { fact: 'stays flat', signal: hold, verdict: 'keep: HOLD' },
    {
      fact: 'says when it comes of a short history',
      signal: buildFallback({ prediction: 'HOLD', indicators: undefined }),
      verdict: 'keep: HOLD: insufficient history',
    },
  ]);
});

describe('a fallback signal', () => {
  check([
    { fact: 'does not open', signal: buildFallback(), verdict: fallbackRefusal },
    {
      fact: 'does not close',
      signal: buildFallback({ prediction: 'SELL' }),
      seen: held,
      verdict: fallbackRefusal,
    },
    { fact: 'opens where allowed', signal: buildFallback(), seen: allowed, verdict: 'open: BUY' },
    {
      fact: 'closes where allowed',
      signal: buildFallback({ prediction: 'SELL', confidence: 55 }),
      seen: { ...allowed, ...held },
      verdict: 'close: SELL',
    },
    {
      fact: 'has a minimum of its own',
      signal: buildFallback({ confidence: 57.77 }),
      seen: allowed,
      verdict: 'skip: confidence 57.8 below 60',
    },
  ]);
});

describe('every signal', () => {
  const lateNow = CLOSE + HOUR / 2 + 1;
  check([
    {
      fact: 'it is advisory first',
      signal: sell,
      seen: { ...held, nowMs: lateNow, advisory: '1h catboost trades, not 4h catboost' },
      verdict: 'skip: advisory: 1h catboost trades, not 4h catboost',
    },
    {
      fact: 'half a bar is too late',
      signal: sell,
      seen: { ...held, nowMs: lateNow },
      verdict: 'skip: too late: 1801 s after the close, at most 1800 s',
    },
    {
      fact: 'it is in time to the last millisecond',
      signal: sell,
      seen: { ...held, nowMs: lateNow - 1 },
      verdict: 'close: SELL',
    },
    {
      fact: 'thirty seconds of wall time are left when market time runs fast',
      signal: buy,
      seen: { rules: { marketSpeed: 360 }, nowMs: CLOSE + 30_000 * 360, quote: buildQuote() },
      verdict: 'open: BUY',
    },
    {
      fact: 'a lag that is set counts as it is',
      signal: buy,
      seen: { rules: { maxDecisionLagSec: 10 }, nowMs: CLOSE + 10_001 },
      verdict: 'skip: too late: 11 s after the close, at most 10 s',
    },
    {
      fact: 'a newer candle has taken its place',
      signal: buy,
      seen: { lastDecidedOpenTime: BAR + HOUR },
      verdict: 'skip: too late: a newer candle has been decided on',
    },
    {
      fact: 'another decision on the same candle does not make it late',
      signal: buy,
      seen: { lastDecidedOpenTime: BAR },
      verdict: 'open: BUY',
    },
    {
      fact: 'a candle changes the position once',
      signal: sell,
      seen: { ...held, hasCandleActed: true },
      verdict: 'skip: this candle has already changed the position',
    },
  ]);
});
