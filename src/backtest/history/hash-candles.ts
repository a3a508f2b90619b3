import { createHash } from 'node:crypto';
import type { BarSpan, SymbolHistory } from './market-history.js';

/** SHA-256 over the candles of all symbols, or over those inside the span. */
export function hashCandles(symbols: readonly SymbolHistory[], span?: BarSpan): string {
  const digest = createHash('sha256');
  for (const { instrument, columns } of symbols) {
    const { firstIndex, length, open, high, low, close, volume, state } = columns;
    const from = Math.max(0, (span?.firstIndex ?? firstIndex) - firstIndex);
    const to = Math.min(length, (span?.lastIndex ?? Infinity) - firstIndex + 1);
    digest.update(`${instrument.symbol} ${firstIndex + from}\n`);
    for (const column of [open, high, low, close, volume, state]) {
      const { buffer, byteOffset, byteLength } = column.subarray(from, to);
      digest.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }
  return digest.digest('hex');
}
