import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { computeFeatureRow, createFeatureWorkspace } from '../src/features/feature-matrix.js';
import { createOnnxSession } from '../src/models/onnx-session.js';
import {
  withGeneratedPair,
  type Fitted,
  type FitRequest,
  type FitPipeline,
} from './fit-pipeline.js';
import type { Benchmark } from './harness/benchmark.js';
import { median } from './harness/statistics.js';

const HORIZON_BARS = 4;
const ROWS = 1_433;
const FEATURES = 190;
const TREES = 200;
const RUNS = 7;

/** P3: one model by a warm trainer, from candles in memory to its first prediction. */
export const oneModel: Benchmark = {
  name: 'one-model',
  bar: 'P3',
  title: `one model of ${ROWS} rows × ${FEATURES} features and ${TREES} trees, features to served model`,
  run: () =>
    withGeneratedPair(async ({ pipeline, pair, reference, source }) => {
      const params = { iterations: TREES, earlyStoppingRounds: TREES };
      const wanted = { pair, reference, params, bars: ROWS + HORIZON_BARS };
      // Warms the trainer, and finds the features of the catalogue that sanitising keeps.
      const { summary } = await pipeline.fit(wanted);
      return measure(pipeline, { ...wanted, features: summary.names.slice(0, FEATURES) }, source);
    }),
};

async function measure(pipeline: FitPipeline, request: FitRequest, source: string) {
  const wholeMs: number[] = [];
  const fitMs: number[] = [];
  let served = '';
  for (let run = 0; run < RUNS; run++) {
    const startedAt = performance.now();
    const fitted = await pipeline.fit(request);
    await serve(fitted);
    wholeMs.push(performance.now() - startedAt);
    const { durations_ms: took, features, tree_count: trees } = fitted.trained.manifest;
    fitMs.push((took['fit'] ?? NaN) + (took['refit'] ?? NaN));
    served = `${fitted.summary.samples} rows, ${features.length} features, ${trees} trees served`;
    await pipeline.discard(fitted);
  }
  const seconds = median(wholeMs) / 1000;
  const baseline = median(fitMs) / 1000;
  return {
    figures: [
      {
        name: 'candles to first prediction',
        value: seconds,
        unit: 's',
        baseline,
        bar: { atMost: 1.2 },
      },
    ],
    notes: [
      `${source}; ${served}; median of ${RUNS}; features, labels, fit, judging of both models, refit, ONNX, load`,
      'the baseline is fit and refit alone; early stopping is off, and the refit takes the best number of trees',
    ],
  };
}

/** The first prediction of the model that would serve. */
async function serve({ series, reference, trained }: Fitted): Promise<void> {
  const { features } = trained.manifest;
  const onnx = await readFile(path.join(trained.outputDir, 'model.onnx'));
  const session = await createOnnxSession(onnx, features.length);
  const index = series.firstIndex + series.length - 1;
  const workspace = createFeatureWorkspace();
  await session.run(computeFeatureRow({ series, reference, index, features, workspace }).values, 1);
  await session.release();
}
