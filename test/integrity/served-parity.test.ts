import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FitPipeline } from '../../bench/fit-pipeline.js';
import { loadGenerated, loadRecorded, type Markets } from '../../bench/markets.js';
import { compareServed } from '../../bench/parity.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';

const BARS = 2160;
const LIMIT_MS = 180_000;

const recorded = loadRecorded(2);
const MARKETS: readonly (readonly [string, Markets | undefined])[] = [
  ['a generated market', loadGenerated({ count: 2, seed: 'parity' })],
  ['recorded candles (EVENKEEL_TEST_DATA names their folder)', recorded],
];

describe.skipIf(!HAS_PYTHON)('CatBoost, ONNX and the served answer (needs npm run setup)', () => {
  let pipeline: FitPipeline;
  beforeAll(async () => {
    pipeline = await FitPipeline.open();
  });
  afterAll(() => pipeline.close());

  describe.each(MARKETS)('on %s', (_, markets) => {
    it.skipIf(markets === undefined)(
      'agree on every candle of the test part',
      async () => {
        const [reference, pair] = markets?.pairs ?? [];
        if (reference === undefined || pair === undefined) throw new Error('no market');
        const fitted = await pipeline.fit({ pair, reference, bars: BARS });
        const { judgedParity, refittedParity } = fitted.judgement;
        const served = await compareServed(fitted, reference.symbol);
        const testRows = fitted.summary.split.test.to - fitted.summary.split.test.from;
        expect(served.rows + served.unanswered).toBe(testRows);
        expect(served.rows).toBeGreaterThan(0.9 * testRows);
        for (const parity of [judgedParity, refittedParity, served]) {
          expect(parity.maxDifference).toBeLessThanOrEqual(1e-5);
          expect(parity.classFlips).toBe(0);
        }
      },
      LIMIT_MS,
    );
  });
});
