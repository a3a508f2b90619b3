import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gaussian } from '../../../test/gaussian.js';
import { seededRandom, type Random } from '../../lib/seeded-random.js';
import { annualOf, sharpeOf, sortinoOf } from './performance.js';
import { testRandomEntries } from './random-entries.js';
import { bootstrapInterval } from './stationary-bootstrap.js';
import { mean } from './statistics.js';

function randomOf(seed: string): Random {
  return seededRandom(createHash('sha256').update(seed).digest('hex'));
}

/** Returns whose neighbours depend on each other, with a known mean. */
function autoregressive(random: Random, { days, phi, centre }: Record<string, number>): number[] {
  let state = 0;
  return Array.from({ length: days ?? 0 }, () => {
    state = (phi ?? 0) * state + DAY_VOLATILITY * gaussian(random);
    return (centre ?? 0) + state;
  });
}

const SIMULATIONS = 400;
const CENTRE = 0.001;
const DAY_VOLATILITY = 0.02;

/** What the figures of a year would be if they were known: of normal returns with that mean and deviation. */
function truthOf(phi: number): Readonly<Record<'mean' | 'annual' | 'sharpe' | 'sortino', number>> {
  const deviation = DAY_VOLATILITY / Math.sqrt(1 - phi ** 2);
  const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  let [logReturn, downside] = [0, 0];
  const step = 0.001;
  for (let z = -8; z <= 8; z += step) {
    const value = CENTRE + deviation * z;
    logReturn += Math.log(1 + value) * density(z) * step;
    downside += Math.min(value, 0) ** 2 * density(z) * step;
  }
  return {
    mean: CENTRE,
    annual: Math.exp(365 * logReturn) - 1,
    sharpe: (CENTRE / deviation) * Math.sqrt(365),
    sortino: (CENTRE / Math.sqrt(downside)) * Math.sqrt(365),
  };
}

const FIGURES = { mean, annual: annualOf, sharpe: sharpeOf, sortino: sortinoOf } as const;

describe('intervals hold the truth in 95 of 100 simulated years, within two', () => {
  it.each([
    ['the mean', 'mean', 'independent', 0],
    ['the mean', 'mean', 'dependent', 0.2],
    ['the annual return', 'annual', 'independent', 0],
    ['the annual return', 'annual', 'dependent', 0.2],
    ['the Sharpe ratio', 'sharpe', 'independent', 0],
    ['the Sharpe ratio', 'sharpe', 'dependent', 0.2],
    ['the Sortino ratio', 'sortino', 'independent', 0],
    ['the Sortino ratio', 'sortino', 'dependent', 0.2],
  ] as const)('those of %s (%s) of %s returns', (_, name, __, phi) => {
    const random = randomOf(`coverage ${name} ${phi}`);
    const truth = truthOf(phi)[name];
    const options = { resamples: 300, meanBlockDays: 10 };
    let covered = 0;
    for (let run = 0; run < SIMULATIONS; run++) {
      const returns = autoregressive(random, { days: 365, phi, centre: CENTRE });
      const interval = bootstrapInterval(returns, FIGURES[name], random, options);
      if (interval !== undefined && interval.lower <= truth && interval.upper >= truth) covered++;
    }
    expect(Math.abs(covered / SIMULATIONS - 0.95)).toBeLessThanOrEqual(0.02);
  });
});

it('the interval of a Sharpe ratio has its estimate inside and is the same for the same seed', () => {
  const returns = autoregressive(randomOf('returns'), { days: 365, phi: 0, centre: 0.002 });
  const [one, other] = [1, 2].map(() => bootstrapInterval(returns, sharpeOf, randomOf('seed')));
  expect(one).toEqual(other);
  const estimate = sharpeOf(returns) ?? NaN;
  expect(one?.lower).toBeLessThan(estimate);
  expect(one?.upper).toBeGreaterThan(estimate);
});

it('a series of one day has no interval', () => {
  expect(bootstrapInterval([0.1], mean, randomOf('seed'))).toBeUndefined();
});

/** A market that rises every hundredth bar and stands still in between. */
const open = Array.from({ length: 5000 }, (_, bar) => 100 * 1.01 ** Math.floor(bar / 100));
const prices = new Map([['A/B', { open, costFraction: 0.002 }]]);

it('entries that always catch the rise are told from chance', () => {
  const trades = Array.from({ length: 20 }, () => ({
    symbol: 'A/B',
    holdingBars: 5,
    pnlFraction: 0.008,
  }));
  const test = testRandomEntries(trades, prices, randomOf('skill'));
  expect(test?.pValue).toBeLessThan(0.01);
  expect(test?.ownMean).toBeCloseTo(0.008, 12);
});

it('entries at random have p-values that are spread evenly', () => {
  const random = randomOf('chance');
  const pValues = Array.from({ length: 100 }, () => {
    const trades = Array.from({ length: 30 }, () => {
      const at = Math.floor(random() * 4950);
      const pnlFraction = (open[at + 50] ?? 0) / (open[at] ?? 1) - 1 - 0.002;
      return { symbol: 'A/B', holdingBars: 50, pnlFraction };
    });
    return testRandomEntries(trades, prices, random)?.pValue ?? NaN;
  });
  expect(mean(pValues)).toBeGreaterThan(0.4);
  expect(mean(pValues)).toBeLessThan(0.65);
  expect(pValues.filter((value) => value < 0.05).length).toBeLessThanOrEqual(12);
});

it('trades that no bar of the span can hold are left out', () => {
  const trades = [{ symbol: 'A/B', holdingBars: 5000, pnlFraction: 1 }];
  expect(testRandomEntries(trades, prices, randomOf('seed'))).toBeUndefined();
});
