import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Money } from '../domain/money.js';
import { assessEntry } from './assess-entry.js';
import { NO_LIMITS } from '../../test/trading/risk-limits.js';
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
  const assessment = assessEntry('BTC/USDT', new Money(price), context(changes));
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
    const assessment = assessEntry('BTC/USDT', new Money(100), context(everything));
    expect(assessment).toEqual({ status: 'allowed', sizeBase: new Money(100), reductions: [] });
  });

  it('says what reduced it', () => {
    const assessment = assessEntry('BTC/USDT', new Money(333), context());
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
        const assessment = assessEntry('BTC/USDT', price, limits);
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
