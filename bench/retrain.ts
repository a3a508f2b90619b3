import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fitSeconds } from './fit-seconds.js';
import type { Benchmark } from './harness/benchmark.js';
import { loadMarkets } from './markets.js';
import { openTrainingSite } from './training-site.js';

const PAIRS = 20;
const BAR_PAIRS = 100;

/** P1: training jobs from the queue to the verdict, compared with the fits alone of the same run. */
export const retrain: Benchmark = {
  name: 'retrain',
  bar: 'P1',
  title: 'full retrain of 20 symbols × 6 months, end to end',
  async run() {
    const markets = loadMarkets(PAIRS);
    const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-retrain-'));
    try {
      const site = await openTrainingSite(markets, { folder });
      const cold = await site.trainAll('manual');
      const reused = await site.trainAll('manual');
      const bare = fitSeconds(await site.records(), (await site.baseModels()).slice(0, 1));
      await site.close();
      const hundred = BAR_PAIRS / PAIRS;
      return {
        figures: [
          { name: 'selection reused, 20 symbols', value: reused, unit: 's', baseline: bare },
          {
            name: 'the same in terms of the bare fits and refits',
            value: reused / bare,
            unit: '×',
            bar: { atMost: 1.15 },
          },
          {
            name: 'selection reused, for 100 symbols',
            value: hundred * reused,
            unit: 's',
            bar: { atMost: 150 },
          },
          {
            name: 'selection cold, for 100 symbols',
            value: hundred * cold,
            unit: 's',
            bar: { atMost: 360 },
          },
        ],
        notes: [
          `${markets.source}; SQLite, one trainer process, as the daemon trains; 100 symbols by 5 × 20`,
          'the baseline is what the trainer spent in fits and refits of the second session',
        ],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
