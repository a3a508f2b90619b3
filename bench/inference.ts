import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { barOpenTime } from '../src/domain/timeframe.js';
import { featureHash } from '../src/features/feature-hash.js';
import { computeFeatureRow, createFeatureWorkspace } from '../src/features/feature-matrix.js';
import { SystemClock } from '../src/lib/clock.js';
import { createOnnxSession } from '../src/models/onnx-session.js';
import { Predictor } from '../src/models/predictor.js';
import type { ServingModel } from '../src/models/serving-model.js';
import { modelRecord } from '../test/training/training-builders.js';
import { withGeneratedPair, type Fitted } from './fit-pipeline.js';
import type { Benchmark, BenchmarkResult } from './harness/benchmark.js';
import { median, percentile, timeRuns } from './harness/statistics.js';
import type { PairCandles } from './markets.js';

const RUNS = { runs: 2000, warmups: 300 };
const MAX_FILE_BYTES = 20_000_000;

/** P7: one row through a served model, measured in the worker and from the daemon. */
export const inference: Benchmark = {
  name: 'inference',
  bar: 'P7',
  title: 'inference of one row',
  run: () =>
    withGeneratedPair(async ({ pipeline, pair, reference, source }) => {
      const fitted = await pipeline.fit({ pair, reference });
      return measure(fitted, { reference, source });
    }),
};

interface Surroundings {
  readonly reference: PairCandles;
  readonly source: string;
}

async function measure(
  fitted: Fitted,
  { reference, source }: Surroundings,
): Promise<BenchmarkResult> {
  const { features, tree_count: trees } = fitted.trained.manifest;
  const index = fitted.series.firstIndex + fitted.series.length - 1;
  const workspace = createFeatureWorkspace();
  const row = () => computeFeatureRow({ ...fitted, index, features, workspace });
  const onnx = path.join(fitted.trained.outputDir, 'model.onnx');
  const session = await createOnnxSession(await readFile(onnx), features.length);
  const { values } = row();
  const onTheSpot = await timeRuns(() => session.run(values, 1), RUNS);
  await session.release();
  const rows = await timeRuns(row, RUNS);

  const predictor = new Predictor({ clock: new SystemClock(), logger: SILENT_LOGGER });
  predictor.start();
  const model = toServingModel(fitted, reference.symbol);
  const candleOpenTime = barOpenTime(index, '1h');
  const request = { model, series: fitted.series, reference: fitted.reference, candleOpenTime };
  const answer = await predictor.predict(request);
  if (answer.status !== 'predicted') throw new Error(answer.detail);
  const roundTrips = await timeRuns(() => predictor.predict(request), RUNS);
  await predictor.stop();
  const rest = median(roundTrips.wallMs) - median(rows.wallMs);
  return {
    figures: [
      {
        name: 'inference alone, median',
        value: median(onTheSpot.wallMs),
        unit: 'ms',
        bar: { atMost: 0.02 },
      },
      {
        name: 'round trip from the daemon, less the feature row',
        value: rest,
        unit: 'ms',
        bar: { atMost: 0.3 },
      },
      {
        name: 'round trip from the daemon, feature row included',
        value: median(roundTrips.wallMs),
        unit: 'ms',
      },
      { name: 'the same, p99', value: percentile(roundTrips.wallMs, 0.99), unit: 'ms' },
      { name: 'fastest round trip', value: percentile(roundTrips.wallMs, 0), unit: 'ms' },
      { name: 'the feature row alone', value: median(rows.wallMs), unit: 'ms' },
    ],
    notes: [
      `${source}; a model of ${features.length} features and ${trees} trees, ${RUNS.runs} runs`,
    ],
  };
}

export function toServingModel(fitted: Fitted, referenceSymbol: string): ServingModel {
  const { manifest, outputDir } = fitted.trained;
  const { features, files, feature_ranges: ranges } = manifest;
  const record = modelRecord({ symbol: fitted.symbol, uid: `bench-${fitted.symbol}` });
  const file = files['model.onnx'];
  if (file === undefined) throw new Error('the manifest names no model.onnx');
  return {
    key: record,
    record,
    specification: {
      modelUid: record.uid,
      onnx: { path: path.join(outputDir, 'model.onnx'), ...file },
      maxFileBytes: MAX_FILE_BYTES,
      features,
      featureRanges: {
        lowest: Float32Array.from(ranges, ([lowest]) => lowest),
        highest: Float32Array.from(ranges, ([, highest]) => highest),
      },
      featureHash: featureHash(features, referenceSymbol),
      referenceSymbol,
      task: 'classifier',
      windowRows: 1,
      returnScale: undefined,
      items: undefined,
      classWeights: undefined,
      classMeanReturns: fitted.summary.classMeanReturns,
    },
  };
}
