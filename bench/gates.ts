import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { argmaxOf } from '../src/training/evaluation/classification.js';
import { BUY } from '../src/training/evaluation/losses.js';
import { FitPipeline, type Fitted, type FitRequest } from './fit-pipeline.js';
import type { Benchmark } from './harness/benchmark.js';
import { mean } from './harness/statistics.js';
import { loadGenerated, YEAR_HALF_BARS } from './markets.js';
import { randomWalk, type WalkKind } from './random-walks.js';

const SEEDS = 40;
const PATTERN_SEEDS = 20;
/** What the features look back on before the first row, and a few bars more. */
export const FEATURE_DEPTH_BARS = 660;
const BARS = YEAR_HALF_BARS + FEATURE_DEPTH_BARS;
const HORIZON_BARS = 4;
/** Fees of two orders and half a spread each, as in the default settings and on a liquid pair. */
const ROUND_TRIP_COST = 0.0022;

/** The share of seeds that may pass by chance: 5 % plus two standard errors. */
export function chanceBound(seeds: number): number {
  return 0.05 + 2 * Math.sqrt((0.05 * 0.95) / seeds);
}

/** Verdicts of the gates on models of markets whose pattern is known. */
export interface GateTally {
  readonly models: number;
  readonly baselinePassed: number;
  readonly strictPassed: number;
  readonly meanDirectionSkill: number;
  /** Mean forward log return of the test rows predicted BUY, less costs, over all models; NaN without any. */
  readonly meanNetBuyReturn: number;
}

/** S4: models of random walks, which have no direction to learn. */
export const walks: Benchmark = {
  name: 'walks',
  bar: 'S4',
  title: 'random walks that pass the gates (takes a quarter of an hour)',
  async run() {
    const kinds: readonly WalkKind[] = ['iid', 'clustered'];
    const tallies: GateTally[] = [];
    for (const kind of kinds) tallies.push(await tally(walksOf(kind, SEEDS)));
    return {
      figures: tallies.flatMap(({ baselinePassed, strictPassed, meanNetBuyReturn }, at) => [
        {
          name: `${kinds[at] ?? ''}: pass strict`,
          value: strictPassed / SEEDS,
          unit: '',
          bar: { atMost: chanceBound(SEEDS) },
        },
        { name: `${kinds[at] ?? ''}: pass baseline`, value: baselinePassed / SEEDS, unit: '' },
        {
          name: `${kinds[at] ?? ''}: net return of a BUY`,
          value: 1e4 * meanNetBuyReturn,
          unit: 'bp',
          bar: { atMost: 0 },
        },
      ]),
      notes: [`${SEEDS} seeds each, six months of hours, default settings`],
    };
  },
};

/** S5: the generated market with its pattern, and the same market without it. */
export const pattern: Benchmark = {
  name: 'pattern',
  bar: 'S5',
  title: 'a planted pattern is found, and not found once removed',
  async run() {
    const planted = await tally(marketsOf(true, PATTERN_SEEDS));
    const bare = await tally(marketsOf(false, PATTERN_SEEDS));
    const of = (passed: number): number => passed / PATTERN_SEEDS;
    return {
      figures: [
        {
          name: 'planted: pass baseline',
          value: of(planted.baselinePassed),
          unit: '',
          bar: { atLeast: 0.95 },
        },
        { name: 'planted: pass strict', value: of(planted.strictPassed), unit: '' },
        { name: 'planted: mean direction skill', value: planted.meanDirectionSkill, unit: 'nat' },
        {
          name: 'removed: pass strict',
          value: of(bare.strictPassed),
          unit: '',
          bar: { atMost: chanceBound(PATTERN_SEEDS) },
        },
        { name: 'removed: pass baseline', value: of(bare.baselinePassed), unit: '' },
        {
          name: 'removed: mean direction skill',
          value: bare.meanDirectionSkill,
          unit: 'nat',
          bar: { atMost: 0 },
        },
      ],
      notes: [
        `generated ETH/USDT with BTC/USDT as reference, ${PATTERN_SEEDS} seeds, six months of hours`,
      ],
    };
  },
};

/** How a model is fitted; `bars` counts what its features look back on as well. */
type FitChanges = Partial<Omit<FitRequest, 'pair' | 'reference'>>;

/** Walks of one kind, numbered from 1. */
export function* walksOf(
  kind: WalkKind,
  count: number,
  { bars = BARS, ...fit }: FitChanges = {},
): Generator<FitRequest> {
  for (let seed = 1; seed <= count; seed++) {
    const pair = randomWalk({ kind, seed, bars });
    yield { ...fit, pair, reference: pair, bars: bars - FEATURE_DEPTH_BARS };
  }
}

/** The second pair of generated markets, numbered from 1, with the first one as its reference. */
export function* marketsOf(
  hasPattern: boolean,
  count: number,
  { bars = BARS, ...fit }: FitChanges = {},
): Generator<FitRequest> {
  for (let seed = 1; seed <= count; seed++) {
    const { pairs } = loadGenerated({ count: 2, seed: `integrity-${seed}`, hasPattern, bars });
    const [reference, pair] = pairs;
    if (pair !== undefined) yield { ...fit, pair, reference, bars: bars - FEATURE_DEPTH_BARS };
  }
}

/** Trains a model on each market and counts the verdicts. */
export async function tally(requests: Iterable<FitRequest>): Promise<GateTally> {
  const pipeline = await FitPipeline.open();
  const fits: { baseline: boolean; strict: boolean; directionSkill: number }[] = [];
  const buys: number[] = [];
  try {
    for (const request of requests) {
      const fitted = await pipeline.fit(request);
      fits.push({
        baseline: fitted.passes('baseline'),
        strict: fitted.passes('strict'),
        directionSkill: fitted.judgement.score.directionSkill.estimate,
      });
      buys.push(...(await netBuyReturns(fitted)));
      await pipeline.discard(fitted);
    }
  } finally {
    await pipeline.close();
  }
  return {
    models: fits.length,
    baselinePassed: fits.filter(({ baseline }) => baseline).length,
    strictPassed: fits.filter(({ strict }) => strict).length,
    meanDirectionSkill: mean(fits.map(({ directionSkill }) => directionSkill)),
    meanNetBuyReturn: mean(buys),
  };
}

/** The test rows that the judged model predicts BUY. These markets have no gaps, so rows follow bars. */
async function netBuyReturns({ trained, series, summary }: Fitted): Promise<readonly number[]> {
  const bytes = await readFile(path.join(trained.outputDir, 'judged-test.f32'));
  const probabilities = new Float32Array(new Uint8Array(bytes).buffer);
  const rows = summary.split.test.to - summary.split.test.from;
  const first = series.length - HORIZON_BARS - rows;
  const returns: number[] = [];
  for (let row = 0; row < rows; row++) {
    if (argmaxOf(probabilities, row) !== BUY) continue;
    const from = series.close[first + row] ?? NaN;
    const to = series.close[first + row + HORIZON_BARS] ?? NaN;
    returns.push(Math.log(to / from) - ROUND_TRIP_COST);
  }
  return returns;
}
