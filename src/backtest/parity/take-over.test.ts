import { describe, expect, it } from 'vitest';
import {
  buildInstrument,
  buildQuote,
  buildRules,
  buildSignal,
  CLOSE,
  HOUR,
} from '../../../test/trading/build-trading.js';
import { NO_LIMITS } from '../../../test/trading/risk-limits.js';
import type { RiskLimits } from '../../risk/risk-limits.js';
import { Money } from '../../domain/money.js';
import { SILENT_LOGGER } from '../../lib/silent-logger.js';
import type { Recorded, RecordedDecision } from './recorded.js';
import { replay } from './replay.js';
import { findTakeOver } from './take-over.js';

/** 23:00 is the close of the first candle; the day ends an hour later. */
const MIDNIGHT = CLOSE + HOUR;
const MINUTE = 60_000;
/** The quotes of before are deleted. From the second stored ones on all that follows is known. */
const FIRST_QUOTES = MIDNIGHT + 10 * MINUTE;
const SECOND_QUOTES = FIRST_QUOTES + HOUR;

function decisionOf(candleOpenTime: number, quotesAt: number): RecordedDecision {
  const decidedAt = quotesAt + MINUTE;
  const signal = buildSignal({ candleOpenTime, signaledAt: decidedAt });
  const { uid, venue, symbol, timeframe, bot } = signal;
  const decision = {
    ...{ uid: `of ${uid}`, signalUid: uid, venue, symbol, timeframe, bot, candleOpenTime },
    action: 'skip',
    ...{ reason: 'as recorded', isAdvisory: false, positionUid: undefined },
    ...{ decidedAt, quotesAt, createdAt: decidedAt },
  } as const;
  return { decision, signal, horizonBars: 4, candle: undefined };
}

const LAST = decisionOf(MIDNIGHT, SECOND_QUOTES);

/** Values of the books by the time at which they were stored. */
const VALUES: readonly (readonly [at: number, equity: number])[] = [
  [MIDNIGHT - 3 * HOUR, 12_000],
  [MIDNIGHT - 30 * MINUTE, 10_500],
  [MIDNIGHT + 5 * MINUTE, 11_000],
  [FIRST_QUOTES, 10_800],
  [SECOND_QUOTES, 13_000],
];

function recordedWith(lastResumedAt?: number): Recorded {
  const rules = buildRules();
  const { venue, account, currency, timeframe, bot, paperEquity } = rules;
  const batchAt = (venueTime: number) => ({
    createdAt: venueTime,
    quotes: [buildQuote({ venueTime })],
  });
  return {
    ...{ venue, account, currency, timeframe, bot, startEquity: paperEquity, lastResumedAt },
    decisions: [decisionOf(CLOSE - HOUR, CLOSE + 1_000), LAST],
    batches: [batchAt(FIRST_QUOTES), batchAt(SECOND_QUOTES)],
    ...{ positions: [], orders: [], fills: [] },
    readEquity: async () =>
      VALUES.map(([at, value]) => {
        const equity = new Money(value);
        const positionsValue = new Money(0);
        return { venue, account, at, createdAt: at, equity, cash: equity, positionsValue };
      }),
    findVolatility: async () => undefined,
    findInstrument: (symbol) => buildInstrument(symbol),
  };
}

describe('what losses are counted from at the take-over', () => {
  it.each([
    ['the highest value of before and the first of the day', undefined, 12_000, 11_000],
    ['those since a person resumed the day before', MIDNIGHT - HOUR, 11_000, 11_000],
    ['those since a person resumed that day', MIDNIGHT + 7 * MINUTE, 10_800, 10_800],
    // When a person had resumed before is not stored then.
    ['all of them, where a person resumed afterwards', SECOND_QUOTES + HOUR, 12_000, 11_000],
  ] as const)('are %s', async (_, lastResumedAt, peak, dayFirst) => {
    const takeOver = await findTakeOver(recordedWith(lastResumedAt), () => buildRules());
    expect(takeOver).toMatchObject({ at: SECOND_QUOTES, marketMs: FIRST_QUOTES });
    expect(takeOver?.marks.peak?.toNumber()).toBe(peak);
    expect(takeOver?.marks.dayFirst?.equity.toNumber()).toBe(dayFirst);
    // What was stored later is for the replay to work out.
    expect(takeOver?.lastPoint?.equity.toNumber()).toBe(10_800);
  });

  it('has no first value of a day that nothing was stored on', async () => {
    const recorded = recordedWith();
    const readEquity = async () => (await recorded.readEquity()).slice(0, 2);
    const takeOver = await findTakeOver({ ...recorded, readEquity }, () => buildRules());
    expect(takeOver?.marks.peak?.toNumber()).toBe(12_000);
    expect(takeOver?.marks.dayFirst).toBeUndefined();
    expect(takeOver?.lastPoint?.equity.toNumber()).toBe(10_500);
  });
});

describe('a replay that takes over, with books of 10,000', () => {
  async function lastDecision(
    risk: Partial<RiskLimits>,
    lastResumedAt?: number,
  ): Promise<readonly [string | undefined, string | undefined]> {
    const recorded = recordedWith(lastResumedAt);
    const rulesAt = () => buildRules({ risk: { ...NO_LIMITS, ...risk } });
    const takeOver = await findTakeOver(recorded, rulesAt);
    const { decisions } = await replay(recorded, { rulesAt, takeOver, logger: SILENT_LOGGER });
    const decision = decisions.get(LAST.signal.uid);
    return [decision?.action, decision?.reason];
  }

  it('buys nothing after a drawdown from the peak of before, 16.67 %', async () => {
    const [action, reason] = await lastDecision({ maxDrawdownPct: 16 });
    expect([action, reason]).toEqual(['skip', expect.stringContaining('drawdown of 16.67 %')]);
    expect(await lastDecision({ maxDrawdownPct: 17 })).toEqual(['open', 'BUY']);
  });

  it('buys again once a person has resumed: 9.09 % are left of the drawdown', async () => {
    expect(await lastDecision({ maxDrawdownPct: 16 }, MIDNIGHT - HOUR)).toEqual(['open', 'BUY']);
    const [action, reason] = await lastDecision({ maxDrawdownPct: 9 }, MIDNIGHT - HOUR);
    expect([action, reason]).toEqual(['skip', expect.stringContaining('drawdown of 9.09 %')]);
  });

  it('buys nothing after a loss since the first value of the day, 9.09 %', async () => {
    const [action, reason] = await lastDecision({ dailyLossPct: 9 });
    expect([action, reason]).toEqual(['skip', expect.stringContaining('9.09 %')]);
    expect(await lastDecision({ dailyLossPct: 10 })).toEqual(['open', 'BUY']);
  });
});
