import { createHash, type Hash } from 'node:crypto';
import type { CandleColumns } from '../../domain/candle-columns.js';
import type { SymbolHistory } from '../history/market-history.js';

/**
 * SHA-256 over the candles from one bar up to each of several others: equal exactly where all symbols have the same
 * candles up to there, whatever comes after.
 *
 * @param startIndex number of the first bar that counts
 * @param ends numbers of bars, ascending; the candles before each of them count
 * @returns for each end
 */
export function dataDigests(
  symbols: readonly SymbolHistory[],
  startIndex: number,
  ends: readonly number[],
): readonly string[] {
  const digest = createHash('sha256');
  let from = startIndex;
  return ends.map((to) => {
    for (const { instrument, columns } of symbols) {
      digest.update(`${instrument.symbol} ${firstBarBefore(columns, to)} ${from}\n`);
      addBars(digest, columns, { from, to });
    }
    from = Math.max(from, to);
    return digest.copy().digest('hex');
  });
}

/** That a market begins is known once it has begun. */
function firstBarBefore({ firstBarIndex }: CandleColumns, to: number): string {
  return firstBarIndex === undefined || firstBarIndex >= to ? '-' : String(firstBarIndex);
}

function addBars(
  digest: Hash,
  columns: CandleColumns,
  { from, to }: { readonly from: number; readonly to: number },
): void {
  const { firstIndex, length, open, high, low, close, volume, state } = columns;
  const first = Math.min(length, Math.max(0, from - firstIndex));
  const end = Math.min(length, Math.max(first, to - firstIndex));
  digest.update(`${first + firstIndex} ${end - first}\n`);
  for (const column of [open, high, low, close, volume, state]) {
    const part = column.subarray(first, end);
    digest.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
}
