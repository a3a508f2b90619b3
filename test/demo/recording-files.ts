import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Candle } from '../../src/domain/candle.js';

const HEADER = 'timestamp_ms,open,high,low,close,volume';

/** Writes `<folder>/<name>` as a recording, packed where the name ends in `.gz`. */
export function writeRecording(folder: string, name: string, candles: readonly Candle[]): void {
  const rows = candles.map(({ openTime, open, high, low, close, volume }) =>
    [openTime, open, high, low, close, volume].join(','),
  );
  writeRows(folder, name, rows);
}

export function writeRows(folder: string, name: string, rows: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const text = `${[HEADER, ...rows].join('\n')}\n`;
  writeFileSync(path.join(folder, name), name.endsWith('.gz') ? gzipSync(text) : text);
}

/**
 * A made-up series without randomness: bar i opens at 100 + i, rises by 3 when i is even and falls by
 * 3 when it is odd, with wicks of 1 above and 2 below, and trades 10 + i.
 */
export function steppedCandles(options: {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly count: number;
}): Candle[] {
  return Array.from({ length: options.count }, (_, i) => {
    const open = 100 + i;
    const close = i % 2 === 0 ? open + 3 : open - 3;
    return {
      openTime: options.fromMs + i * options.stepMs,
      open,
      high: Math.max(open, close) + 1,
      low: Math.min(open, close) - 2,
      close,
      volume: 10 + i,
    };
  });
}
