import { expect, it } from 'vitest';
import { deflatedSharpe, expectedBestSharpe, probabilisticSharpe } from './deflated-sharpe.js';

// Bailey and López de Prado (2014), "The Deflated Sharpe Ratio", numerical example: 100 trials with a variance of ½ of
// their annualised ratios, five years of daily returns (250 a year), skewness −3, kurtosis 10, annualised ratio 2.5.
const VARIANCE = 0.5 / 250;
const SAMPLE = { sharpe: 2.5 / Math.sqrt(250), periods: 1250, skewness: -3, kurtosis: 10 };

it('the expected best of 100 runs without skill is the one of the paper', () => {
  expect(expectedBestSharpe(100, VARIANCE)).toBeCloseTo(0.1132, 4);
});

it('the deflated Sharpe ratio of the example is 0.90, so that it is not significant at 95 %', () => {
  const expected = expectedBestSharpe(100, VARIANCE);
  expect(probabilisticSharpe(SAMPLE, expected)).toBeCloseTo(0.9004, 4);
});

it('the same result would be significant had only 46 runs been made', () => {
  const probability = probabilisticSharpe(SAMPLE, expectedBestSharpe(46, VARIANCE));
  expect(probability).toBeCloseTo(0.9505, 4);
});

it('one run alone is deflated by nothing', () => {
  const returns = Array.from({ length: 100 }, (_, day) => 0.001 + 0.01 * Math.sin(day));
  const alone = deflatedSharpe(returns, []);
  expect(alone).toMatchObject({ expectedBest: 0, runs: 1 });
  const among = deflatedSharpe(returns, [-1, 0, 1, 2]);
  expect(among?.probability).toBeLessThan(alone?.probability ?? 0);
  expect(among?.runs).toBe(5);
});

it('returns that do not vary have no Sharpe ratio to deflate', () => {
  expect(deflatedSharpe([0, 0, 0, 0], [])).toBeUndefined();
});
