import type { Benchmark } from './harness/benchmark.js';
import { loadMarkets } from './markets.js';
import { openTrainingSite } from './training-site.js';
import { FitPipeline } from './fit-pipeline.js';

const PAIRS = 20;
const BAR_PAIRS = 100;
/** Hours between two increments, as scheduled by default. */
const NEW_BARS = 6;

/** P2: increments of serving models on the newest candles, from the queue to the verdict. */
export const incremental: Benchmark = {
  name: 'incremental',
  bar: 'P2',
  title: 'incremental update of 20 symbols, end to end',
  async run() {
    const markets = loadMarkets(PAIRS);
    const pipeline = await FitPipeline.open();
    try {
      const site = await openTrainingSite(markets, {
        folder: pipeline.folder,
        heldBackBars: 2 * NEW_BARS,
        changes: { promotionGate: 'parity' },
      });
      await site.trainAll('manual');
      const seconds: number[] = [];
      for (let round = 0; round < 2; round++) {
        await site.moveOn(NEW_BARS);
        seconds.push(await site.trainAll('incremental'));
      }
      const records = await site.records();
      await site.close();
      const continued = records.filter(({ config }) => config['increments'] === 2);
      const differences = records.map(
        ({ config }) =>
          (config['parent'] as { skillDifference: number } | undefined)?.skillDifference ?? 0,
      );
      const best = Math.min(...seconds);
      return {
        figures: [
          {
            name: 'for 100 symbols, the quicker of two rounds',
            value: (BAR_PAIRS / PAIRS) * best,
            unit: 's',
            bar: { atMost: 30 },
          },
          { name: 'a symbol', value: (1000 * best) / PAIRS, unit: 'ms' },
          {
            name: 'models continued twice',
            value: continued.length,
            unit: '',
            bar: { atLeast: PAIRS },
          },
          {
            name: 'mean skill of an increment less its parent’s, on the same test rows',
            value: differences.reduce((sum, value) => sum + value, 0) / differences.length,
            unit: 'nat',
          },
        ],
        notes: [
          `${markets.source}; SQLite, one trainer process, as the daemon trains; 100 symbols by 5 × 20`,
          `${NEW_BARS} new candles a round; promoted by \`parity\`, so that every symbol is continued twice`,
        ],
      };
    } finally {
      await pipeline.close();
    }
  },
};
