import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { barIndex, barOpenTime } from '../src/domain/timeframe.js';
import { SystemClock } from '../src/lib/clock.js';
import { Predictor } from '../src/models/predictor.js';
import { argmaxOf } from '../src/training/evaluation/classification.js';
import { FitPipeline, type Fitted } from './fit-pipeline.js';
import type { Benchmark } from './harness/benchmark.js';
import { toServingModel } from './inference.js';
import { loadMarkets } from './markets.js';

const PAIRS = 20;
const CLASSES = 3;
const HOUR_MS = 3_600_000;

/** How far served probabilities differ from CatBoost's own on the same candles. */
export interface ServedParity {
  readonly rows: number;
  readonly maxDifference: number;
  readonly classFlips: number;
  /** Rows for which the predictor gave no prediction, such as novel ones. */
  readonly unanswered: number;
}

/** S3: probabilities of CatBoost in Python, of its ONNX model, and of the daemon's predictor. */
export const parity: Benchmark = {
  name: 'parity',
  bar: 'S3',
  title: 'CatBoost, its ONNX model and the served prediction agree',
  async run() {
    const markets = loadMarkets(PAIRS);
    const [reference] = markets.pairs;
    if (reference === undefined) throw new Error('no market');
    const onnx: { rows: number; maxDifference: number; classFlips: number }[] = [];
    const served: ServedParity[] = [];
    const pipeline = await FitPipeline.open();
    try {
      for (const pair of markets.pairs) {
        const fitted = await pipeline.fit({ pair, reference });
        onnx.push(fitted.judgement.judgedParity, fitted.judgement.refittedParity);
        served.push(await compareServed(fitted, reference.symbol));
        await pipeline.discard(fitted);
      }
    } finally {
      await pipeline.close();
    }
    const sum = (values: readonly number[]): number =>
      values.reduce((one, other) => one + other, 0);
    const worst = (values: readonly { maxDifference: number }[]): number =>
      Math.max(...values.map(({ maxDifference }) => maxDifference));
    const flips = sum([...onnx, ...served].map(({ classFlips }) => classFlips));
    return {
      figures: [
        {
          name: 'ONNX and CatBoost, largest |Δp|',
          value: worst(onnx),
          unit: '',
          bar: { atMost: 1e-5 },
        },
        {
          name: 'served and CatBoost, largest |Δp|',
          value: worst(served),
          unit: '',
          bar: { atMost: 1e-5 },
        },
        { name: 'class flips', value: flips, unit: '', bar: { atMost: 0 } },
        { name: 'rows of ONNX compared', value: sum(onnx.map(({ rows }) => rows)), unit: '' },
        { name: 'rows served', value: sum(served.map(({ rows }) => rows)), unit: '' },
        {
          name: 'rows not answered (novel)',
          value: sum(served.map(({ unanswered }) => unanswered)),
          unit: '',
        },
      ],
      notes: [
        `${markets.source}; all test rows; judged and refitted models as ONNX, the refitted one served`,
        'a served row is computed from candles in the worker thread, not read from the feature file',
      ],
    };
  },
};

/** Predicts every candle of the test part with the daemon's predictor. */
export async function compareServed(
  fitted: Fitted,
  referenceSymbol: string,
): Promise<ServedParity> {
  const { series, reference, trained, summary } = fitted;
  const bytes = await readFile(path.join(trained.outputDir, 'refit-test.f32'));
  const expected = new Float32Array(new Uint8Array(bytes).buffer);
  const model = toServingModel(fitted, referenceSymbol);
  const predictor = new Predictor({ clock: new SystemClock(), logger: SILENT_LOGGER });
  predictor.start();
  const result = { rows: 0, maxDifference: 0, classFlips: 0, unanswered: 0 };
  try {
    const testRows = summary.split.test.to - summary.split.test.from;
    const lastIndex = barIndex(summary.dataEnd - HOUR_MS, '1h') - 4;
    for (let row = 0; row < testRows; row++) {
      const candleOpenTime = barOpenTime(lastIndex - testRows + 1 + row, '1h');
      const answer = await predictor.predict({ model, series, reference, candleOpenTime });
      if (answer.status === 'unavailable') {
        if (answer.reason !== 'novel') throw new Error(answer.detail);
        result.unanswered++;
        continue;
      }
      result.rows++;
      for (let at = 0; at < CLASSES; at++) {
        const difference = Math.abs(
          (answer.probabilities[at] ?? NaN) - (expected[row * CLASSES + at] ?? NaN),
        );
        result.maxDifference = Math.max(result.maxDifference, difference);
      }
      if (argmaxOf(answer.probabilities, 0) !== argmaxOf(expected, row)) result.classFlips++;
    }
  } finally {
    await predictor.stop();
  }
  return result;
}
