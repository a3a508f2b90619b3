import { describe, expect, it } from 'vitest';
import { buildQuote, buildRules } from '../../../test/trading/build-trading.js';
import { Money } from '../../domain/money.js';
import type { VenueRules } from '../../exchange/orders/order-venue.js';
import type { PlannedTerms } from '../broker/broker.js';
import { entryTerms, exitTerms, stopTerms, type TermsContext } from './order-terms.js';

const RULES: VenueRules = {
  symbol: 'BTC/USDT',
  base: 'BTC',
  quote: 'USDT',
  isTrading: true,
  sizeStep: new Money('0.001'),
  priceTick: new Money('0.05'),
  minSize: new Money('0.001'),
  maxSize: undefined,
  maxMarketSize: undefined,
  minCost: new Money(5),
  maxCost: undefined,
  pricePercent: {
    buy: { lowest: new Money('0.2'), highest: new Money('5') },
    sell: { lowest: new Money('0.2'), highest: new Money('5') },
  },
  stops: 'limit',
};
const ABILITIES = {
  iocLimit: true,
  marketPurchases: true,
  stops: 'limit',
  trialOrders: true,
  answersWithFills: true,
} as const;

function context(
  rules: Partial<VenueRules> = {},
  abilities: Partial<TermsContext['abilities']> = {},
): TermsContext {
  return {
    rules: { ...RULES, ...rules },
    abilities: { ...ABILITIES, ...abilities },
    live: {
      maxSlippagePct: 0.2,
      exitSlippagePct: 2,
      unknownOrderMs: 60_000,
      areStopsAtExchange: true,
      trading: buildRules(),
    },
  };
}

/** Bid 99.99, ask 100.01, last 100. */
function wish(side: 'buy' | 'sell', size: string) {
  return { symbol: 'BTC/USDT', side, sizeBase: new Money(size), quote: buildQuote() };
}

function shown(planned: PlannedTerms): string {
  if (planned.status === 'impossible') return planned.reason;
  const { kind, sizeBase, price, stopPrice } = planned.terms;
  return [kind, sizeBase, price, stopPrice].map((one) => one?.toString() ?? '-').join(' ');
}

describe('the terms of a live order', () => {
  it('cut the size and round the limit of a purchase down', () => {
    // 100.01 × 1.002 = 100.21002
    expect(shown(entryTerms(wish('buy', '1.2349'), context()))).toBe('limit-ioc 1.234 100.2 -');
  });

  it('never cost more than the exchange takes in one order', () => {
    const most = context({ maxCost: new Money(50) });
    // 50 / 100.2 = 0.4990…; 50 / 99.99 = 0.50005; 50 / 97.05 = 0.5151…
    expect(shown(entryTerms(wish('buy', '1.2349'), most))).toBe('limit-ioc 0.499 100.2 -');
    expect(shown(exitTerms(wish('sell', '1.2349'), 1, most))).toBe('limit-ioc 0.5 98 -');
    expect(shown(exitTerms(wish('sell', '1.2349'), 2, most))).toBe('market 0.5 - -');
    const stop = { ...wish('sell', '1.2349'), stopPrice: new Money('97.01') };
    expect(shown(stopTerms(stop, most))).toBe('stop 0.515 95.1 97.05');
  });

  it('keep a market order within its own largest size', () => {
    const most = context({ maxMarketSize: new Money('0.5005') });
    expect(shown(exitTerms(wish('sell', '1.2349'), 1, most))).toBe('limit-ioc 1.234 98 -');
    expect(shown(exitTerms(wish('sell', '1.2349'), 2, most))).toBe('market 0.5 - -');
    expect(shown(exitTerms(wish('sell', '0.2'), 2, most))).toBe('market 0.2 - -');
    const withoutIoc = { ...most, abilities: { ...most.abilities, iocLimit: false } };
    expect(shown(entryTerms(wish('buy', '1'), withoutIoc))).toBe('market 0.5 - -');
  });

  it('are those of a market order where the exchange fills no limit at once', () => {
    const planned = entryTerms(wish('buy', '1'), context({}, { iocLimit: false }));
    expect(shown(planned)).toBe('market 1 - -');
  });

  it.each([
    ['of less than the smallest size', '0.0009', {}, /below the smallest order/],
    ['of less than the smallest value', '0.04', {}, /4.00 USDT is below the smallest order/],
    // 0.052 × 0.999 is cut to 0.051; × 100.01 × 0.97 × 0.98 = 4.85
    ['that could not be sold at its stop', '0.052', {}, /at its stop it could not be sold/],
    ['of a symbol that is suspended', '1', { isTrading: false }, /does not trade/],
    [
      'above what the exchange takes',
      '1',
      {
        pricePercent: {
          ...RULES.pricePercent,
          buy: { lowest: new Money(0), highest: new Money(1) },
        },
      },
      /takes no purchase above 100/,
    ],
  ] as const)('refuse a purchase %s', (_, size, rules, reason) => {
    const planned = entryTerms(wish('buy', size), context(rules as Partial<VenueRules>));
    expect(shown(planned)).toMatch(reason);
  });

  it('round the limit of a sale up, and take any price from the second attempt on', () => {
    // 99.99 × 0.98 = 97.9902
    expect(shown(exitTerms(wish('sell', '1.2349'), 1, context()))).toBe('limit-ioc 1.234 98 -');
    expect(shown(exitTerms(wish('sell', '1.2349'), 2, context()))).toBe('market 1.234 - -');
  });

  it('trigger a stop no later than was decided, and limit it below', () => {
    const stop = { ...wish('sell', '1.2349'), stopPrice: new Money('97.01') };
    // 97.05 × 0.98 = 95.109
    expect(shown(stopTerms(stop, context()))).toBe('stop 1.234 95.1 97.05');
  });

  it.each([
    ['at the price already', '100', {}, /at the stop already/],
    ['where there are none', '97', { stops: 'none' }, /has no stops/],
    ['too small for its limit', '97', { minCost: new Money(1_000) }, /below the smallest order/],
    [
      'further away than the exchange takes',
      '97',
      {
        pricePercent: {
          ...RULES.pricePercent,
          sell: { lowest: new Money('0.96'), highest: new Money(2) },
        },
      },
      /so far below/,
    ],
  ] as const)('refuse a stop %s', (_, level, rules, reason) => {
    const stop = { ...wish('sell', '1'), stopPrice: new Money(level) };
    expect(shown(stopTerms(stop, context(rules as Partial<VenueRules>)))).toMatch(reason);
  });
});
