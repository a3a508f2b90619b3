import { describe, expect, it } from 'vitest';
import { gaussian } from '../../../test/gaussian.js';
import { seededRandom } from '../../lib/seeded-random.js';
import { expectedBestSharpe } from '../figures/deflated-sharpe.js';
import { sharpeOf } from '../figures/performance.js';
import type { BacktestResult } from '../result/to-result.js';
import { parseSweeps, toGrid } from './grid.js';
import { sweepHtml } from './sweep-html.js';
import { luckInWords, SweepCollector } from './sweep-summary.js';

const DAY_MS = 86_400_000;

describe('the grid of a sweep', () => {
  it('has every combination once, the last setting changing fastest', () => {
    expect(toGrid(parseSweeps(['A=1,2,2', 'B=x,y']))).toEqual([
      { A: '1', B: 'x' },
      { A: '1', B: 'y' },
      { A: '2', B: 'x' },
      { A: '2', B: 'y' },
    ]);
  });

  it.each([
    [['A'], /expected KEY=a,b,c/],
    [['A=1,,2'], /expected KEY=a,b,c/],
    [['=1'], /expected KEY=a,b,c/],
    [['A=1', 'A=2'], /--sweep A is given twice/],
    [['A', 'B', 'C', 'D'].map((name) => `${name}=1,2,3,4,5,6`), /makes 1296 runs; at most 1000/],
  ])('refuses %j', (texts, message) => {
    expect(() => parseSweeps(texts)).toThrow(message);
  });
});

/** What a sweep reads of a run whose daily returns are these. */
function resultOf(returns: readonly number[]): BacktestResult {
  let value = 1;
  const equity = returns.map((change) => (value *= 1 + change));
  const at = returns.map((_, day) => (day + 1) * DAY_MS - 1);
  const drawdown = { depth: 0.1 };
  const performance = {
    totalReturn: value - 1,
    annualReturn: 0,
    sharpe: sharpeOf(returns),
    drawdown,
  };
  return {
    ...{ curve: { at, equity }, startEquity: 1, trades: { trades: 7 }, performance },
  } as unknown as BacktestResult;
}

function sweepOf(runs: number, seed: string, skill = 0): SweepCollector {
  const random = seededRandom(seed.padStart(32, '7'));
  const collector = new SweepCollector();
  for (let run = 0; run < runs; run++) {
    const returns = Array.from(
      { length: 365 },
      () => 0.01 * gaussian(random) + (run === 0 ? skill : 0),
    );
    collector.add(`r${run}`, { A: String(run) }, resultOf(returns));
  }
  return collector;
}

describe('the best run of a sweep', () => {
  it('without skill is about what luck is expected to give', () => {
    let difference = 0;
    const sweeps = 40;
    for (let sweep = 0; sweep < sweeps; sweep++) {
      const { best, expected_best_sharpe: expected } = sweepOf(30, `a${sweep}`).summary();
      difference += ((best?.sharpe ?? NaN) - (expected ?? NaN)) / sweeps;
    }
    // A year of daily returns has a Sharpe ratio of 0 ± 1; the best of 30 is about 2.04.
    expect(Math.abs(difference)).toBeLessThan(0.2);
    expect(expectedBestSharpe(30, 1)).toBeCloseTo(2.06, 1);
  });

  it('with skill stands out, and the words say so', () => {
    const summary = sweepOf(12, 'b', 0.004).summary();
    expect(summary.best?.id).toBe('r0');
    expect(summary.probability).toBeGreaterThan(0.95);
    expect(luckInWords(summary)).toMatch(/^The best of 12 runs has a Sharpe ratio of \d+\.\d\d; /);
    expect(sweepOf(12, 'b').summary().probability).toBeLessThan(0.95);
  });

  it('is marked on the heat map, which needs no script', () => {
    const collector = sweepOf(3, 'c');
    const page = sweepHtml({
      ...{ title: 'Sweep <x>', swept: parseSweeps(['A=0,1,2']), css: '' },
      summary: collector.summary(),
    });
    expect(page.match(/class="best"/g)).toHaveLength(2);
    expect(page).toContain('Sweep &lt;x&gt;');
    expect(page).not.toContain('<script');
    for (const { sharpe } of collector.summary().runs) expect(page).toContain(sharpe?.toFixed(2));
  });
});
