import { computeFeatureMatrix, createFeatureWorkspace } from '../src/features/feature-matrix.js';
import { columnsOf } from './fit-pipeline.js';
import type { Benchmark } from './harness/benchmark.js';
import { median, percentile, timeRuns } from './harness/statistics.js';
import { loadGenerated } from './markets.js';

const ROWS = 6000;
const DEPTH_BARS = 660;

/** P5: the feature matrix that training computes for one pair. */
export const featureMatrix: Benchmark = {
  name: 'feature-matrix',
  bar: 'P5',
  title: 'feature matrix of 6,000 candles, the whole catalogue',
  async run() {
    const { pairs, source } = loadGenerated({ count: 2, seed: '1', bars: ROWS + DEPTH_BARS });
    const [reference, series] = pairs.map(columnsOf);
    if (reference === undefined || series === undefined) throw new Error('no market');
    const toIndex = series.firstIndex + series.length;
    const request = { series, reference, fromIndex: toIndex - ROWS, toIndex };
    const workspace = createFeatureWorkspace();
    let columns = 0;
    const work = (): void => {
      const matrix = computeFeatureMatrix({ ...request, workspace });
      columns = matrix.names.length;
    };
    const times = await timeRuns(work, { runs: 25, warmups: 3 });
    return {
      figures: [
        {
          name: 'one matrix, median',
          value: median(times.wallMs),
          unit: 'ms',
          bar: { atMost: 60 },
        },
        { name: 'one matrix, quickest', value: percentile(times.wallMs, 0), unit: 'ms' },
        { name: 'processor time of one matrix', value: times.processorMs, unit: 'ms' },
        { name: 'features', value: columns, unit: '' },
      ],
      notes: [`${source}; ${times.wallMs.length} runs after 3 to warm up, one thread`],
    };
  },
};
