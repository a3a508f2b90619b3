import { ulid } from 'ulid';
import type { DayScore, Trial } from '../../src/domain/experiment.js';
import { seededRandom } from '../../src/lib/seeded-random.js';
import type { Stores } from '../../src/storage/stores.js';
import { gaussian } from '../gaussian.js';
import { START_MS } from '../storage/rows.js';

const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];
const SEEDS = [42, 43];
const DAYS = 27;
const [ROWS, DIRECTION_ROWS] = [24, 16];

/**
 * Stores an experiment whose jobs are all scored, as its jobs store it.
 * @param variants their gains over the control, a row; the first is the control
 * @returns its id
 */
export async function storeExperiment(
  { experiments }: Stores,
  {
    name,
    variants,
  }: { readonly name: string; readonly variants: Readonly<Record<string, number>> },
): Promise<string> {
  const uid = ulid(START_MS);
  const random = seededRandom('5'.repeat(32));
  const names = Object.keys(variants);
  await experiments.insert({
    ...{ uid, venue: 'binance', name, bot: 'catboost', symbols: SYMBOLS, timeframes: ['1h'] },
    variants: names.map((one, at) => ({
      name: one,
      settings: at === 0 ? {} : { CATBOOST_DEPTH: String(9 - at) },
    })),
    ...{ seeds: SEEDS, sessionUid: ulid(START_MS), cutAt: START_MS, createdAt: START_MS },
  });
  for (const seed of SEEDS) {
    for (const variant of names) {
      const trial: Trial = {
        ...{ uid: ulid(START_MS), experimentUid: uid, purpose: 'experiment', variant, seed },
        ...{ cutAt: START_MS, options: {} },
      };
      await experiments.insertTrial(trial);
      for (const symbol of SYMBOLS) {
        const gain = variants[variant] ?? 0;
        await experiments.insertScore({
          ...{ jobUid: ulid(START_MS), experimentUid: uid, trialUid: trial.uid, symbol },
          ...{ timeframe: '1h', rowsHash: `rows of ${symbol}`, scoredAt: START_MS },
          days: Array.from({ length: DAYS }, (_, day) =>
            aDay(19_700 + day, gain + 0.008 * gaussian(random)),
          ),
        });
      }
    }
  }
  return uid;
}

function aDay(day: number, gain: number): DayScore {
  return {
    ...{ day, rows: ROWS, priorLoss: ROWS * 1.08, loss: ROWS * (1.08 - gain) },
    ...{ directionRows: DIRECTION_ROWS, directionPriorLoss: DIRECTION_ROWS * 0.69 },
    ...{ directionLoss: DIRECTION_ROWS * (0.69 - gain), directionHits: 8 },
  };
}
