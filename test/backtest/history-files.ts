import { barAt } from '../../src/backtest/engine/bar-prices.js';
import type { MarketHistory } from '../../src/backtest/history/market-history.js';
import type { Candle } from '../../src/domain/candle.js';
import { writeRecording } from '../demo/recording-files.js';

/** Writes the candles of a history as files that `--data` reads. */
export function writeHistory(folder: string, { symbols }: MarketHistory): void {
  for (const { instrument, columns } of symbols) {
    const rows: Candle[] = [];
    for (let at = 0; at < columns.length; at++) {
      const bar = barAt(columns, columns.firstIndex + at);
      if (bar !== undefined) rows.push(bar);
    }
    writeRecording(folder, `${instrument.base}_${instrument.quote}-1h.csv`, rows);
  }
}
