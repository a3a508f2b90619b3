import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Money } from '../domain/money.js';
import { assessEntry } from './assess-entry.js';
import { NO_LIMITS } from '../../test/trading/risk-limits.js';
import type { ClosedTrade } from './closed-trades.js';
import type { RiskLimits } from './risk-limits.js';
import type { RiskContext } from './risk-rule.js';

type Changes = Partial<Omit<RiskContext, 'limits'>> & { readonly limits?: Partial<RiskLimits> };

const HOUR = 3_600_000;
const CLOSE = 1_700_000_000_000 - (1_700_000_000_000 % HOUR);

function context({ limits, ...changes }: Changes = {}): RiskContext {
  return {
    currency: 'USDT',
    equity: new Money(10_000),
    freeCash: new Money(10_000),
    feeRate: new Money('0.001'),
    limits: { ...NO_LIMITS, ...limits },
    sizeStep: new Money('0.001'),
    minCost: new Money(5),
    hasPosition: false,
    dayStart: undefined,
    peak: undefined,
    openPositions: 0,
    exposure: new Money(0),
    usedCapital: new Money(0),
    candleCloseAt: CLOSE,
    barMs: HOUR,
    lastExit: undefined,
    lastStop: undefined,
    stopTimes: [],
    results: [],
    dailyVolatility: undefined,
    model: undefined,
    ...changes,
  };
}

function assess(price: string, changes: Changes = {}): string {
  const assessment = assessEntry('BTC/USDT', price, context(changes));
  return assessment.status === 'allowed' ? assessment.sizeBase.toString() : assessment.reason;
}

describe('the size of an entry', () => {
  it('is the fraction of the equity', () => {
    expect(assess('100')).toBe('10');
  });

  it('is rounded down to the step of the venue', () => {
    expect(assess('333')).toBe('3.003');
  });

  it('is what free cash pays for, with the fee and a rise of 1 %', () => {
    // 500 / (100 × 1.001 × 1.01) = 4.9455…
    expect(assess('100', { freeCash: new Money(500) })).toBe('4.945');
  });

  it('is not reduced where everything may be spent and nothing binds', () => {
    const everything = { limits: { positionFraction: new Money(1) }, freeCash: new Money(20_000) };
    const assessment = assessEntry('BTC/USDT', '100', context(everything));
    expect(assessment).toEqual({ status: 'allowed', sizeBase: new Money(100), reductions: [] });
  });

  it('is no more than the venue takes in one order', () => {
    expect(assess('100', { maxCost: new Money('512.34') })).toBe('5.123');
    expect(assess('100', { maxSize: new Money('4.0001') })).toBe('4');
    const limited = assessEntry('BTC/USDT', '100', context({ maxCost: new Money(500) }));
    expect(limited).toMatchObject({
      sizeBase: new Money(5),
      reductions: ['10 % of the equity is 1000.00 USDT', "the venue's maximum order: 500 USDT"],
    });
    expect(assess('100', { maxCost: new Money(10_000), maxSize: new Money(100) })).toBe('10');
  });

  it('says what reduced it', () => {
    const assessment = assessEntry('BTC/USDT', '333', context());
    expect(assessment).toMatchObject({
      reductions: ['10 % of the equity is 1000.00 USDT', 'in steps of 0.001'],
    });
  });
});

describe('no entry', () => {
  it.each([
    ['while the symbol is held', { hasPosition: true }, 'BTC/USDT is already held'],
    ['without cash', { freeCash: new Money('4.5') }, 'not enough cash: 4.50 USDT free'],
    ['with claimed cash', { freeCash: new Money(-3) }, 'not enough cash: -3.00 USDT free'],
    [
      "below the venue's minimum",
      { equity: new Money(42) },
      "below the venue's minimum order: 4.20 of 5 USDT",
    ],
    [
      'below one step',
      { sizeStep: new Money(100) },
      "below the venue's minimum order: less than one step of 100",
    ],
    ['without equity', { equity: new Money(0), minCost: undefined }, /less than one step/],
  ] as const)('%s', (_, changes, reason) => {
    expect(assess('100', changes)).toMatch(reason);
  });

  it('is kept from a venue without a minimum only by its step', () => {
    expect(assess('100', { equity: new Money('1.5'), minCost: undefined })).toBe('0.001');
  });
});

function trade(closedAt: number, resultPct: number, isStop = false): ClosedTrade {
  return { symbol: 'BTC/USDT', closedAt, isStop, resultPct };
}

const before = (bars: number): number => CLOSE - bars * HOUR;

interface Row {
  readonly fact: string;
  readonly changes: Changes;
  /** The size, or why not. */
  readonly answer: string | RegExp;
}

function check(rows: readonly Row[]): void {
  it.each(rows)('$fact', ({ changes, answer }) => {
    const seen = assess('100', changes);
    if (typeof answer === 'string') expect(seen).toBe(answer);
    else expect(seen).toMatch(answer);
  });
}

describe('limits on positions', () => {
  const exposed = { limits: { maxExposurePct: 50 } };
  const capital = { limits: { capital: new Money(1_500) } };
  check([
    {
      fact: 'one more than there are',
      changes: { limits: { maxOpenPositions: 5 }, openPositions: 4 },
      answer: '10',
    },
    {
      fact: 'as many as there may be',
      changes: { limits: { maxOpenPositions: 5 }, openPositions: 5 },
      answer: '5 positions are open: MAX_OPEN_POSITIONS=5',
    },
    {
      fact: 'exposure below its limit',
      changes: { ...exposed, exposure: new Money(4_000) },
      answer: '10',
    },
    {
      fact: 'exposure near its limit',
      changes: { ...exposed, exposure: new Money(4_600) },
      answer: '4',
    },
    {
      fact: 'exposure above its limit, after prices rose',
      changes: { ...exposed, exposure: new Money(5_001) },
      answer: '0.00 USDT are left of MAX_EXPOSURE_PCT=50',
    },
    {
      fact: 'capital that is left',
      changes: { ...capital, usedCapital: new Money(1_000) },
      answer: '5',
    },
    {
      fact: 'no capital that is left',
      changes: { ...capital, usedCapital: new Money(1_500) },
      answer: '0.00 USDT are left of CAPITAL=1500',
    },
  ]);
});

describe('pauses', () => {
  const guard = { limits: { stopGuard: { limit: 3, bars: 24 } } };
  const losing = { limits: { losingSymbol: { limit: -5, bars: 168 } } };
  const stopTimes = (...bars: number[]): number[] => bars.map(before);
  check([
    {
      fact: 'the second candle after an exit',
      changes: { limits: { cooldownBars: 2 }, lastExit: trade(before(2), 1) },
      answer: 'BTC/USDT was sold within 2 bars: COOLDOWN_BARS',
    },
    {
      fact: 'the third candle after an exit',
      changes: { limits: { cooldownBars: 2 }, lastExit: trade(before(2) - 1, 1) },
      answer: '10',
    },
    {
      fact: 'the second candle after a stop',
      changes: { limits: { stopCooldownBars: 2 }, lastStop: trade(before(2), -3, true) },
      answer: 'BTC/USDT was stopped out within 2 bars: STOP_COOLDOWN_BARS',
    },
    {
      fact: 'no stop at all',
      changes: { limits: { stopCooldownBars: 2 }, lastExit: trade(before(1), 1) },
      answer: '10',
    },
    { fact: 'two stops', changes: { ...guard, stopTimes: stopTimes(5, 1) }, answer: '10' },
    {
      fact: 'three stops within the bars',
      changes: { ...guard, stopTimes: stopTimes(24, 10, 1) },
      answer: '3 stops within 24 bars: STOP_GUARD pauses entries for as many',
    },
    {
      fact: 'three stops that lie apart',
      changes: { ...guard, stopTimes: stopTimes(30, 10, 1) },
      answer: '10',
    },
    {
      fact: 'three stops as many bars ago',
      changes: { ...guard, stopTimes: stopTimes(40, 30, 24) },
      answer: /STOP_GUARD/,
    },
    {
      fact: 'three stops longer ago',
      changes: { ...guard, stopTimes: stopTimes(40, 30, 25) },
      answer: '10',
    },
    {
      fact: 'a later stop does not hide the three before it',
      changes: { ...guard, stopTimes: stopTimes(47, 30, 24, 2) },
      answer: /STOP_GUARD/,
    },
    {
      fact: 'losses of the symbol that add up',
      changes: { ...losing, results: [trade(before(100), -3), trade(before(1), -2)] },
      answer: 'BTC/USDT lost -5.00 % in 2 trades within 168 bars: LOSING_SYMBOL pauses it',
    },
    {
      fact: 'losses that a gain makes good',
      changes: {
        ...losing,
        results: [trade(before(100), -4), trade(before(50), 3), trade(before(1), -2)],
      },
      answer: '10',
    },
    {
      fact: 'a gain after the limit was reached does not end the pause',
      changes: { ...losing, results: [trade(before(100), -6), trade(before(1), 9)] },
      answer: /LOSING_SYMBOL/,
    },
    {
      fact: 'losses that lie apart',
      changes: { ...losing, results: [trade(before(170), -3), trade(before(1), -3)] },
      answer: '10',
    },
  ]);
});

describe('losses of the books', () => {
  const daily = { limits: { dailyLossPct: 3 } };
  const drawdown = { limits: { maxDrawdownPct: 15 } };
  check([
    {
      fact: 'a smaller loss of the day',
      changes: { ...daily, dayStart: new Money(10_300) },
      answer: '10',
    },
    {
      fact: 'the loss of the day',
      changes: { ...daily, dayStart: new Money(10_310) },
      answer: 'the day has lost 3.01 %: DAILY_LOSS_PCT=3',
    },
    { fact: 'a day without a value', changes: daily, answer: '10' },
    { fact: 'a smaller drawdown', changes: { ...drawdown, peak: new Money(11_764) }, answer: '10' },
    {
      fact: 'the drawdown',
      changes: { ...drawdown, peak: new Money(11_765) },
      answer: 'drawdown of 15.00 %: MAX_DRAWDOWN_PCT=15',
    },
  ]);
});

describe('the size by', () => {
  const byVolatility = {
    limits: { positionSizing: 'volatility', volatilityTargetPct: 0.5 },
  } as const;
  const byKelly = { limits: { positionSizing: 'kelly', kellyFraction: 0.25 } } as const;
  check([
    {
      // 0.5 % of 10,000 is 50, which 10 % of volatility makes of 500.
      fact: 'volatility',
      changes: { ...byVolatility, dailyVolatility: 0.1 },
      answer: '5',
    },
    {
      fact: 'low volatility is the fraction',
      changes: { ...byVolatility, dailyVolatility: 0.01 },
      answer: '10',
    },
    { fact: 'an unknown volatility is none', changes: byVolatility, answer: /too few candles/ },
    {
      // A quarter of 0.002 ÷ 0.01 is 5 % of 10,000.
      fact: 'the Kelly share',
      changes: { ...byKelly, model: { netMove: 0.002, variance: 0.01 } },
      answer: '5',
    },
    {
      fact: 'a large Kelly share is the fraction',
      changes: { ...byKelly, model: { netMove: 0.02, variance: 0.01 } },
      answer: '10',
    },
    {
      fact: 'a move below its costs is none',
      changes: { ...byKelly, model: { netMove: -0.001, variance: 0.01 } },
      answer: /does not pay for its costs/,
    },
    {
      fact: 'an unknown variance is none',
      changes: { ...byKelly, model: { netMove: 0.002, variance: undefined } },
      answer: /variance of BTC\/USDT is not known/,
    },
    {
      fact: 'Kelly of a fallback is none',
      changes: byKelly,
      answer: /the fallback expects no move/,
    },
  ]);
});

const amount = fc.integer({ min: 0, max: 10 ** 9 }).map((units) => new Money(units).div(1_000));

it('an entry never exceeds a limit, for any amounts', () => {
  fc.assert(
    fc.property(
      fc.record({ equity: amount, freeCash: amount, price: amount, step: amount, part: amount }),
      ({ equity, freeCash, price, step, part }) => {
        fc.pre(price.gt(0) && step.gt(0) && part.gt(0));
        const limits = context({
          equity,
          freeCash,
          sizeStep: step,
          limits: { positionFraction: Money.min(part, 1) },
        });
        const assessment = assessEntry('BTC/USDT', price.toString(), limits);
        if (assessment.status === 'vetoed') return;
        const cost = assessment.sizeBase.times(price);
        expect(cost.times('1.001').lte(freeCash)).toBe(true);
        // The quotients before the last rounding carry 40 digits.
        expect(cost.lte(equity.times(limits.limits.positionFraction).times('1.000000000001'))).toBe(
          true,
        );
        expect(assessment.sizeBase.mod(step).isZero()).toBe(true);
        expect(cost.gte(5)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});
