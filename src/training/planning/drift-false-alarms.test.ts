import { describe, expect, it } from 'vitest';
import { aModelSignal } from '../../../test/storage/rows.js';
import { BarState, type CandleColumns } from '../../domain/candle-columns.js';
import { CATALOGUE } from '../../features/catalogue.js';
import { computeFeatureMatrix } from '../../features/feature-matrix.js';
import { seededRandom, type Random } from '../../lib/seeded-random.js';
import type { ResolvedSignal } from '../../signals/signal-stores.js';
import { compareRows } from '../evaluation/measure-drift.js';
import { scoreClassifier } from '../evaluation/score-classifier.js';
import { judgeDrift, scoreSignals } from './drift-watch.js';

/** The defaults of the settings. */
const LIMITS = { psi: 0.25, minSignals: 100 };
const NO_SIGNALS = { liveSignals: 0, liveSkill: undefined, testSkillLower: undefined };
const NO_FEATURES = { medianPsi: undefined, usualPsi: undefined, worst: [], bars: 0 };
/** Enough for a bound that is only compared with. */
const BOOTSTRAP = { blockRows: 24, resamples: 200 };
/** One check in a hundred. */
const MOST_ALARMS = 0.01;

const SLOW_MS = 240_000;
const FIRST_INDEX = 128 * 3_700;
const DEPTH_BARS = 768;
const FEATURES = CATALOGUE.map(({ name }) => name).filter((_, at) => at % 24 === 0);

describe('drift on a market that stays the same', () => {
  it(
    'is seen by the features in one check of a hundred at most',
    () => {
      const seeds = 100;
      let alarms = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        const compared = compareStretches(seed, { trainBars: 1_500, newBars: 300 });
        if (judgeDrift({ ...NO_SIGNALS, ...compared }, LIMITS).isDrifted) alarms += 1;
      }
      expect(alarms / seeds).toBeLessThanOrEqual(MOST_ALARMS);
    },
    SLOW_MS,
  );

  it(
    'is seen by the features in most checks once it rises by half a usual move each bar',
    () => {
      const seeds = 30;
      let alarms = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        const compared = compareStretches(seed, { trainBars: 1_500, newBars: 300, trend: 0.5 });
        if (judgeDrift({ ...NO_SIGNALS, ...compared }, LIMITS).isDrifted) alarms += 1;
      }
      expect(alarms / seeds).toBeGreaterThan(0.5);
    },
    SLOW_MS,
  );

  it(
    'is seen by the signals in one check of a hundred at most',
    () => {
      const seeds = 200;
      let alarms = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        const random = seededOf(seed);
        const { rows, labels } = predictions(random, 650);
        const known = { probabilities: rows.flat(), labels, prior: PRIOR };
        const test = scoreClassifier(known, hexOf(seed), BOOTSTRAP);
        const live = scoreSignals(signalsOf(predictions(random, 150)), PRIOR);
        const measured = { ...NO_FEATURES, ...live, testSkillLower: test.skill.lower };
        if (judgeDrift(measured, LIMITS).isDrifted) alarms += 1;
      }
      expect(alarms / seeds).toBeLessThanOrEqual(MOST_ALARMS);
    },
    SLOW_MS,
  );

  it('is seen by the signals once a model is sure of the contrary of what comes', () => {
    const { rows, labels } = predictions(seededOf(1), 150);
    const contrary = rows.map(([sell, hold, buy], at): Row => {
      return labels[at] === 0 ? [0.1, 0.2, 0.7] : [buy, hold, sell];
    });
    const live = scoreSignals(signalsOf({ rows: contrary, labels }), PRIOR);
    const measured = { ...NO_FEATURES, ...live, testSkillLower: -0.01 };
    expect(judgeDrift(measured, LIMITS).isDrifted).toBe(true);
  });
});

function hexOf(seed: number): string {
  return seed.toString(16).padStart(8, '0').repeat(4);
}

function seededOf(seed: number): Random {
  return seededRandom(hexOf(seed));
}

/** Box and Muller. */
function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Features of a market with the clustered volatility of hourly candles, GARCH(1, 1), old bars against new ones. */
function compareStretches(
  seed: number,
  { trainBars, newBars, trend = 0 }: { trainBars: number; newBars: number; trend?: number },
): ReturnType<typeof compareRows> {
  const series = clusteredMarket(seed, { bars: DEPTH_BARS + trainBars + newBars, newBars, trend });
  const from = FIRST_INDEX + DEPTH_BARS;
  const rowsOf = (fromIndex: number, toIndex: number) =>
    computeFeatureMatrix({ series, reference: undefined, features: FEATURES, fromIndex, toIndex });
  const before = rowsOf(from, from + trainBars);
  const after = rowsOf(from + trainBars, from + trainBars + newBars);
  return compareRows(before, after, FEATURES);
}

function clusteredMarket(
  seed: number,
  { bars, newBars, trend }: { bars: number; newBars: number; trend: number },
): CandleColumns {
  const random = seededOf(seed);
  const columns = Array.from({ length: 5 }, () => new Float64Array(bars));
  const [open, high, low, closes, volume] = columns as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [alpha, beta, mean] = [0.08, 0.9, 1e-4];
  let [variance, last, close] = [mean, 0, 100];
  for (let bar = 0; bar < bars; bar++) {
    variance = mean * (1 - alpha - beta) + alpha * last * last + beta * variance;
    last = Math.sqrt(variance) * gaussian(random);
    const move = bar < bars - newBars ? last : last + trend * Math.sqrt(mean);
    open[bar] = close;
    close *= Math.exp(move);
    closes[bar] = close;
    high[bar] = Math.max(open[bar] ?? 0, close) * (1 + 0.5 * Math.sqrt(variance) * random());
    low[bar] = Math.min(open[bar] ?? 0, close) / (1 + 0.5 * Math.sqrt(variance) * random());
    volume[bar] = 10 + 5 * random() + 400 * Math.abs(move);
  }
  const state = new Uint8Array(bars).fill(BarState.stored);
  const grid = {
    timeframe: '1h',
    firstIndex: FIRST_INDEX,
    length: bars,
    firstBarIndex: undefined,
  } as const;
  return { ...grid, open, high, low, close: closes, volume, state };
}

type Row = readonly [sell: number, hold: number, buy: number];
const PRIOR: Row = [1 / 3, 1 / 3, 1 / 3];
const HORIZON_BARS = 4;

/**
 * A model that knows a little, and classes by terciles of the sum of the next four moves: neighbours share
 * most of their outcome.
 */
function predictions(random: Random, count: number): { rows: Row[]; labels: number[] } {
  const moves = Array.from({ length: count + HORIZON_BARS }, () => gaussian(random));
  const rows: Row[] = [];
  const labels: number[] = [];
  for (let at = 0; at < count; at++) {
    const sum = moves.slice(at, at + HORIZON_BARS).reduce((total, move) => total + move, 0);
    const score = sum / Math.sqrt(HORIZON_BARS);
    labels.push(score < -0.43 ? 0 : score > 0.43 ? 2 : 1);
    // It sees a tenth of what comes, and much noise.
    const tilt = 0.03 * score + 0.1 * gaussian(random);
    rows.push([1 / 3 - tilt / 3, 1 / 3, 1 / 3 + tilt / 3]);
  }
  return { rows, labels };
}

function signalsOf({
  rows,
  labels,
}: {
  rows: readonly Row[];
  labels: readonly number[];
}): ResolvedSignal[] {
  return rows.map((probabilities, at) => ({
    ...aModelSignal({ probabilities, candleOpenTime: 3_600_000 * at }),
    outcome: {
      signalUid: String(at),
      outcomeReturn: 0,
      outcomeClass: (['SELL', 'HOLD', 'BUY'] as const)[labels[at] ?? 0] ?? 'HOLD',
      resolvedAt: 0,
    },
  }));
}
