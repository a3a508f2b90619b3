import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bootstrapInterval } from '../src/backtest/figures/stationary-bootstrap.js';
import { seededRandom } from '../src/lib/seeded-random.js';
import { findNearest, thin } from '../src/lookalikes/index/find-nearest.js';
import { compareOutcomes, forwardReturn, OUTCOME_BARS } from '../src/lookalikes/index/outcomes.js';
import { findStored } from '../src/lookalikes/index/window-rows.js';
import { EMBEDDING_BARS } from '../src/lookalikes/transform/embed-windows.js';
import type { Benchmark, BenchmarkResult, Figure } from './harness/benchmark.js';
import { mean, shareOf } from './harness/statistics.js';
import { loadMarkets } from './markets.js';
import { hoursOf, writeWindows, type WindowSeries } from './window-site.js';

const PAIRS = 24;
const COUNT = 20;
/** A question a day, at the same hour for all pairs: outcomes of 24 hours do not overlap. */
const EVERY_BARS = 24;
/** Bars of history before the first question. */
const HISTORY_BARS = 2000;
/** The base rate counts as much as the twenty look-alikes: their bare share would lose by its noise alone. */
const BASE_WEIGHT = COUNT;

/** One question: what was forecast, and what followed. */
interface Answer {
  readonly day: number;
  readonly pair: string;
  readonly horizon: number;
  /** Squared error of the base rate less that of the look-alikes; above 0 these knew more. */
  readonly brierGain: number;
  /** 1 where only the look-alikes' side was right, -1 where only the base rate's was. */
  readonly hitGain: number;
}

/** Whether what followed look-alikes says more about the next hours than the base rate does. */
export const lookalikeValue: Benchmark = {
  name: 'lookalike-value',
  bar: 'L2',
  title: 'what followed look-alikes against the base rate, 24 pairs',
  run: () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-bench-lookalikes-'));
    try {
      return Promise.resolve(measure(folder));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function measure(folder: string): BenchmarkResult {
  const { pairs, source } = loadMarkets(PAIRS);
  const reference = hoursOf(pairs[0]?.candles ?? []);
  const all = pairs.map((pair) => writeWindows(folder, pair, reference));
  const figures: Figure[] = [];
  for (const scope of ['symbol', 'all'] as const) {
    const answers = all.flatMap((own) => askAll(own, scope === 'all' ? all : [own]));
    for (const horizon of OUTCOME_BARS) {
      const own = answers.filter((one) => one.horizon === horizon);
      figures.push(...figuresOf(`scope ${scope}, ${horizon} h`, own));
    }
  }
  return {
    figures,
    notes: [
      `${source}; a question a day and pair after ${HISTORY_BARS} hours of history, ${COUNT} look-alikes each`,
      'paired differences; 95 % intervals by the stationary bootstrap over days, all pairs of a day together',
      `Brier gain: look-alikes and base rate weighted ${COUNT} to ${BASE_WEIGHT} against the base rate alone, in 10⁻⁴`,
    ],
  };
}

function askAll(own: WindowSeries, among: readonly WindowSeries[]): Answer[] {
  const { firstIndex, length, symbol } = own.rows;
  const answers: Answer[] = [];
  const first = Math.ceil((firstIndex + HISTORY_BARS) / EVERY_BARS) * EVERY_BARS;
  for (let index = first; index < firstIndex + length - EVERY_BARS; index += EVERY_BARS) {
    const query = findStored(own.rows, index);
    if (query === undefined) continue;
    const lastIndex = index - EMBEDDING_BARS;
    const rows = among.map((one) => one.rows);
    const nearest = thin(findNearest(rows, { query, lastIndex, count: 3 * COUNT }), COUNT);
    const returns = nearest.map((one) => {
      const of = rows.find((other) => other.symbol === one.symbol) ?? own.rows;
      return OUTCOME_BARS.map((bars) => forwardReturn(of, one.index, bars));
    });
    for (const { bars, lookalikes, baseRate } of compareOutcomes(returns, rows, lastIndex)) {
      const outcome = forwardReturn(own.rows, index, bars);
      if (!Number.isFinite(outcome) || lookalikes.windows === 0) continue;
      const isUp = outcome > 0 ? 1 : 0;
      const weight = BASE_WEIGHT / (BASE_WEIGHT + lookalikes.windows);
      const mixed = weight * baseRate.shareUp + (1 - weight) * lookalikes.shareUp;
      const hit = (median: number): number => (median > 0 === isUp > 0 ? 1 : 0);
      answers.push({
        day: index / EVERY_BARS,
        pair: symbol,
        horizon: bars,
        brierGain: (baseRate.shareUp - isUp) ** 2 - (mixed - isUp) ** 2,
        hitGain: hit(lookalikes.median) - hit(baseRate.median),
      });
    }
  }
  return answers;
}

function figuresOf(name: string, answers: readonly Answer[]): readonly Figure[] {
  const days = [...new Set(answers.map(({ day }) => day))].sort((one, other) => one - other);
  const pairs = [...new Set(answers.map(({ pair }) => pair))];
  const figureOf = (
    title: string,
    valueOf: (answer: Answer) => number,
    unit: string,
  ): readonly Figure[] => {
    const daily = days.map((day) => mean(answers.filter((one) => one.day === day).map(valueOf)));
    const interval = bootstrapInterval(daily, mean, seededRandom('3c'.repeat(16)));
    const gains = pairs.map((pair) =>
      mean(answers.filter((one) => one.pair === pair).map(valueOf)),
    );
    return [
      { name: `${name}: ${title}`, value: mean(daily), unit },
      { name: '  lower', value: interval?.lower ?? NaN, unit },
      { name: '  upper', value: interval?.upper ?? NaN, unit },
      { name: '  pairs above 0', value: 100 * shareOf(gains, (gain) => gain > 0), unit: '%' },
    ];
  };
  return [
    ...figureOf('Brier gain', ({ brierGain }) => 10_000 * brierGain, '10⁻⁴'),
    ...figureOf('right sides gained', ({ hitGain }) => 100 * hitGain, 'points'),
    { name: '  questions', value: answers.length, unit: '' },
  ];
}
