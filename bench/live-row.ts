import { CATALOGUE } from '../src/features/catalogue.js';
import { computeFeatureRow, createFeatureWorkspace } from '../src/features/feature-matrix.js';
import { columnsOf } from './fit-pipeline.js';
import type { Benchmark } from './harness/benchmark.js';
import { median, percentile, timeRuns, type RunTimes } from './harness/statistics.js';
import { loadGenerated } from './markets.js';

const BARS = 1400;
const ROWS = 512;
/** How many a model has by default. */
const MODEL_FEATURES = 120;

/** P6: the row of a candle that has just closed, for every position of a bar in its block. */
export const liveRow: Benchmark = {
  name: 'live-row',
  bar: 'P6',
  title: 'feature row of one closed candle',
  async run() {
    const { pairs, source } = loadGenerated({ count: 2, seed: '1', bars: BARS });
    const [reference, series] = pairs.map(columnsOf);
    if (reference === undefined || series === undefined) throw new Error('no market');
    const workspace = createFeatureWorkspace();
    const all = CATALOGUE.map(({ name }) => name);
    const some = all.filter((_, at) => at % Math.floor(all.length / MODEL_FEATURES) === 0);
    const timesOf = (features: readonly string[]): Promise<RunTimes> => {
      let index = series.firstIndex + series.length - ROWS;
      const lastIndex = series.firstIndex + series.length - 1;
      const work = (): void => {
        computeFeatureRow({ series, reference, index, features, workspace });
        index = index === lastIndex ? lastIndex - ROWS + 1 : index + 1;
      };
      return timeRuns(work, { runs: 2 * ROWS, warmups: ROWS });
    };
    const whole = await timesOf(all);
    const model = await timesOf(some.slice(0, MODEL_FEATURES));
    return {
      figures: [
        {
          name: 'the whole catalogue, median',
          value: median(whole.wallMs),
          unit: 'ms',
          bar: { atMost: 0.5 },
        },
        { name: 'the whole catalogue, p99', value: percentile(whole.wallMs, 0.99), unit: 'ms' },
        { name: 'the whole catalogue, processor time', value: whole.processorMs, unit: 'ms' },
        {
          name: `${MODEL_FEATURES} features of a model, median`,
          value: median(model.wallMs),
          unit: 'ms',
        },
      ],
      notes: [
        `${source}; ${all.length} features, ${whole.wallMs.length} rows over all places in a block`,
      ],
    };
  },
};
