import { plantedCandles } from './planted-candles.js';
import { HOUR_MS, LAST_OPEN_TIME, type TrainingContext } from './training-context.js';

/** Until `LAST_OPEN_TIME`: what the features reach back, and more rows than a training needs. */
const USUAL_BARS = 1_300;

/** Stores for each symbol a market of its own, the same one however late it ends. */
export async function storeMarkets(
  context: TrainingContext,
  symbols: readonly string[],
  { bars = USUAL_BARS, lastOpenTime = LAST_OPEN_TIME } = {},
): Promise<void> {
  const newer = (lastOpenTime - LAST_OPEN_TIME) / HOUR_MS;
  for (const [index, symbol] of symbols.entries()) {
    const walk = { lastOpenTime, seed: index + 1, momentum: 0.8 };
    await context.store(plantedCandles({ bars: bars + newer, ...walk }), symbol);
  }
}
